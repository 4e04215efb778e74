// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/text_frames.h>

#include <base/counted.h>
#include <base/told_time.h>
#include <utility>

namespace ingest::text {
namespace {

constexpr std::size_t kMostKept = std::size_t{4} << 30U;
constexpr std::uint64_t kStep = 4U << 20U; // bytes between two words of progress
constexpr std::uint8_t kTcp = 6, kUdp = 17;

void put(std::string &out, std::uint32_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
}

void put(std::string &out, const base::Address &address, bool six)
{
    const auto *bytes = reinterpret_cast<const char *>(address.bytes.data());
    out.append(six ? std::string_view(bytes, 16) : std::string_view(bytes, 4));
}

std::string transportHeader(const Segment &segment)
{
    std::string out;
    put(out, segment.source.port, 2);
    put(out, segment.destination.port, 2);
    if (segment.tcp) {
        put(out, segment.sequence, 4);
        put(out, segment.acknowledged, 4);
        put(out, 0x50, 1); // 20 bytes of header
        put(out, segment.flags, 1);
        put(out, 0xFFFF, 2);
        put(out, 0, 4);
    } else {
        put(out, static_cast<std::uint32_t>(8 + segment.payload.size()), 2);
        put(out, 0, 2);
    }
    return out;
}

Sink innerOf(const Sink &sink)
{
    Sink out;
    out.flaw = sink.flaw;
    out.keyLog = sink.keyLog;
    return out;
}

} // namespace

std::string ipPacket(const Segment &segment)
{
    constexpr std::size_t kLargest = 65535;
    const bool six = segment.source.address.family == 6;
    if (!segment.source.known() ||
        segment.source.address.family != segment.destination.address.family)
        return {};
    const std::string transport = transportHeader(segment);
    const std::size_t length = transport.size() + segment.payload.size();
    if (length + (six ? 0 : 20) > kLargest)
        return {};
    std::string out;
    const std::uint8_t protocol = segment.tcp ? kTcp : kUdp;
    if (six) {
        put(out, 0x60000000, 4);
        put(out, static_cast<std::uint32_t>(length), 2);
        put(out, protocol, 1);
        put(out, 64, 1);
    } else {
        put(out, 0x4500, 2);
        put(out, static_cast<std::uint32_t>(length + 20), 2);
        put(out, segment.identification, 2);
        put(out, 0, 2);
        put(out, 64, 1);
        put(out, protocol, 1);
        put(out, 0, 2);
    }
    put(out, segment.source.address, six);
    put(out, segment.destination.address, six);
    return out.append(transport).append(segment.payload);
}

TextFrames::TextFrames(const Sink &sink, const std::atomic<bool> &cancel, std::uint64_t totalBytes)
    : m_sink(sink), m_cancel(cancel), m_arena(std::make_shared<Arena>(kMostKept)),
      m_emitter(sink, m_outcome), m_inner(innerOf(sink)),
      m_decoder(m_arena, m_inner, m_decoded, cancel)
{
    m_outcome.progress.totalBytes = totalBytes;
    m_inner.emit = [this](base::Packet packet) {
        m_emitter.emit(std::move(packet));
        return !m_emitter.refused();
    };
}

base::Blob TextFrames::keep(std::string bytes)
{
    std::string_view kept;
    if (!m_arena->keep(std::move(bytes), kept))
        ++m_refused;
    return base::Blob::view(m_arena, kept);
}

void TextFrames::frame(base::Instant time, std::uint32_t linkType, std::string bytes,
                       std::uint32_t missing)
{
    const base::Blob kept = keep(std::move(bytes));
    if (kept.empty())
        return;
    decode::Frame frame;
    frame.time = time;
    frame.stamped = base::hasClock(time);
    frame.linkType = linkType;
    frame.bytes = kept.text();
    frame.missing = missing;
    m_decoder.over(kept.owner());
    m_decoder.frame(frame);
}

void TextFrames::packet(base::Packet packet)
{
    packet.payload = keep(std::string(packet.payload.text()));
    if (!packet.payload.empty())
        m_emitter.emit(std::move(packet));
}

bool TextFrames::stop(std::uint64_t bytesRead)
{
    m_outcome.progress.bytes = bytesRead;
    if (bytesRead - m_told >= kStep) {
        m_told = bytesRead;
        if (m_sink.progress)
            m_sink.progress(m_outcome.progress);
    }
    if (!m_cancel.load(std::memory_order_relaxed) && !m_emitter.refused())
        return false;
    m_outcome.cancelled = true;
    return true;
}

void TextFrames::flaw(std::string sentence) const
{
    if (m_sink.flaw)
        m_sink.flaw(std::move(sentence));
}

Outcome TextFrames::finish()
{
    m_decoder.finish(m_outcome.progress.bytes);
    m_emitter.finish();
    m_outcome.duplicates = m_decoded.duplicates;
    m_outcome.cut = m_decoded.cut;
    if (m_refused != 0)
        flaw(base::counted(m_refused, "packet was", "packets were") +
             " left out: they hold more bytes than this program keeps. Cut the file into pieces.");
    if (m_sink.progress)
        m_sink.progress(m_outcome.progress);
    return std::move(m_outcome);
}

} // namespace ingest::text
