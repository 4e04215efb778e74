// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/decoder.h>

#include <algorithm>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/link.h>

namespace ingest::decode {
namespace {

constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint64_t kProgressStep = 1U << 20U; // bytes

} // namespace

base::Instant clampedTime(std::int64_t seconds, std::uint64_t nanoseconds)
{
    constexpr std::int64_t kLatest = 4'000'000'000; // the year 2096
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    const std::int64_t within = std::clamp<std::int64_t>(seconds, 0, kLatest);
    return {within * static_cast<std::int64_t>(kNanoseconds) +
            static_cast<std::int64_t>(std::min(nanoseconds, kNanoseconds - 1))};
}

Decoder::Decoder(std::shared_ptr<const void> owner, const Sink &sink, Outcome &outcome,
                 const std::atomic<bool> &cancel)
    : m_owner(std::move(owner)), m_sink(sink), m_outcome(outcome), m_cancel(cancel),
      m_fragments([this](const IpPacket &packet, const base::Blob &begin, base::Instant time) {
          if (packet.protocol == kUdp)
              udp(packet, begin, time);
      }),
      m_layers([this](base::Packet packet) { emit(std::move(packet)); }),
      m_tcp([this](base::Packet packet) { m_layers.add(std::move(packet)); })
{
    m_layers.keys().add(m_sink.keyLog.text());
}

void Decoder::emit(base::Packet packet)
{
    if (m_refused)
        return;
    ++m_outcome.progress.packets;
    m_refused = !m_sink.emit(std::move(packet));
}

void Decoder::handOn(base::Packet packet)
{
    ++m_frames;
    m_time = packet.time;
    emit(std::move(packet));
}

void Decoder::announce(std::uint32_t linkType)
{
    if (!m_linkTypes.insert(linkType).second)
        return;
    std::string name = linkName(linkType);
    if (std::find(m_outcome.linkTypes.begin(), m_outcome.linkTypes.end(), name) ==
        m_outcome.linkTypes.end())
        m_outcome.linkTypes.push_back(std::move(name));
}

void Decoder::frame(base::Instant time, std::uint32_t linkType, std::string_view bytes,
                    std::uint32_t missing)
{
    ++m_frames;
    m_time = time;
    if (!linkSupported(linkType)) {
        ++m_foreignLink;
        return;
    }
    const auto inside = ipPacket(linkType, bytes);
    if (!inside)
        return;
    const auto packet = parseIp(*inside);
    if (!packet)
        return;
    if (packet->protocol != kTcp && packet->protocol != kUdp)
        return;
    if (packet->fragment) {
        if (auto whole = m_fragments.add(*packet, time))
            ip(*packet, *whole, 0);
        return;
    }
    // A frame may end in padding, so what the IP header says is missing counts, at most what the
    // file says.
    ip(*packet, base::Blob::view(m_owner, packet->payload), std::min(packet->missing, missing));
}

void Decoder::ip(const IpPacket &packet, base::Blob payload, std::uint32_t missing)
{
    if (packet.protocol == kUdp) {
        udp(packet, payload, m_time);
        return;
    }
    const auto segment = parseTcp(payload.text());
    if (!segment)
        return;
    const std::size_t header = payload.size() - segment->payload.size();
    m_tcp.add({packet.source, segment->sourcePort}, {packet.destination, segment->destinationPort},
              *segment, payload.part(header, segment->payload.size()), missing, m_time);
}

void Decoder::udp(const IpPacket &packet, const base::Blob &payload, base::Instant time)
{
    constexpr std::size_t kHeader = 8;
    const std::string_view bytes = payload.text();
    if (bytes.size() < kHeader)
        return;
    std::size_t length = be16(bytes, 4);
    if (length == 0) // segmentation offload, or a jumbogram (RFC 2675 section 4)
        length = bytes.size();
    if (length < kHeader)
        return;
    base::Packet out;
    out.time = time;
    out.kind = base::PacketKind::Datagram;
    out.transport = base::Transport::Udp;
    out.source = {packet.source, be16(bytes, 0)};
    out.destination = {packet.destination, be16(bytes, 2)};
    out.payload = payload.part(kHeader, std::min(length, bytes.size()) - kHeader);
    out.cut = length > bytes.size();
    emit(std::move(out));
}

bool Decoder::stop(std::uint64_t bytesRead)
{
    if (bytesRead - m_told >= kProgressStep)
        tellProgress(bytesRead);
    if (!m_refused && !m_cancel.load(std::memory_order_relaxed))
        return false;
    m_outcome.cancelled = true;
    return true;
}

void Decoder::tellProgress(std::uint64_t bytesRead)
{
    m_told = bytesRead;
    m_outcome.progress.bytes = bytesRead;
    if (m_sink.progress)
        m_sink.progress(m_outcome.progress);
}

void Decoder::tellLosses()
{
    if (!m_sink.flaw)
        return;
    if (m_foreignLink != 0)
        m_sink.flaw(fmt::format(
            "{} of {} frames come from a kind of network this program does not read and were "
            "left out.",
            m_foreignLink, m_frames));
    if (m_fragments.givenUp() != 0)
        m_sink.flaw(fmt::format("{} fragmented IP packets could not be put together.",
                                m_fragments.givenUp()));
    if (m_fragments.incomplete() != 0)
        m_sink.flaw(fmt::format("{} fragmented IP packets lack a piece; their beginnings are shown "
                                "where they are there.",
                                m_fragments.incomplete()));
    if (m_tcp.gaps() != 0)
        m_sink.flaw(
            fmt::format("The capture lacks bytes of TCP connections at {} places.", m_tcp.gaps()));
    if (m_tcp.evicted() != 0)
        m_sink.flaw(
            fmt::format("{} TCP connections were given up because too many were open at once.",
                        m_tcp.evicted()));
    for (std::string &sentence : m_layers.losses())
        m_sink.flaw(std::move(sentence));
}

void Decoder::finish(std::uint64_t bytesRead)
{
    m_fragments.finish();
    m_tcp.finish();
    m_layers.finish();
    tellLosses();
    tellProgress(bytesRead);
}

} // namespace ingest::decode
