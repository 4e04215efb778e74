// SPDX-License-Identifier: Apache-2.0
// The block format "pcapng": sections of either byte order, several interfaces, unknown blocks
// passed over.
#include <ingest/source.h>

#include <algorithm>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/decoder.h>
#include <ingest/decode/recorded.h>
#include <ingest/mapping.h>

namespace ingest::sources {
namespace {

using decode::Order;

constexpr std::uint32_t kSection = 0x0A0D0D0A, kInterface = 1, kOldPacket = 2, kSimplePacket = 3,
                        kStatistics = 5, kPacket = 6;
constexpr std::uint32_t kOrderMagic = 0x1A2B3C4D;
constexpr std::size_t kFrame = 12; // type, length, and the length again at the end

struct Interface {
    std::uint32_t linkType = 0, snapLength = 0;
    std::uint64_t unitsPerSecond = 1'000'000;
    std::int64_t offset = 0; // seconds
    std::uint64_t dropped = 0, droppedBySystem = 0;
};

std::optional<Order> orderOf(std::string_view block)
{
    for (const bool big : {false, true}) {
        if (Order{big}.u32(block, 8) == kOrderMagic)
            return Order{big};
    }
    return std::nullopt;
}

/// Options are (code, length, value padded to four); `visit` sees each, and what is cut is left
/// out.
template <class Visit> void options(std::string_view bytes, Order order, Visit visit)
{
    while (bytes.size() >= 4) {
        const std::uint16_t code = order.u16(bytes, 0);
        const std::size_t length = order.u16(bytes, 2);
        if (code == 0 || length > bytes.size() - 4)
            return;
        visit(code, bytes.substr(4, length));
        bytes.remove_prefix(std::min(bytes.size(), 4 + (length + 3) / 4 * 4));
    }
}

/// if_tsresol: a power of ten, or of two when the highest bit is set. 0: beyond what 64 bits hold.
std::uint64_t unitsPerSecond(std::uint8_t resolution)
{
    const unsigned exponent = resolution & 0x7FU;
    if ((resolution & 0x80U) != 0)
        return exponent < 64 ? 1ULL << exponent : 0;
    if (exponent > 19)
        return 0;
    std::uint64_t units = 1;
    for (unsigned i = 0; i < exponent; ++i)
        units *= 10;
    return units;
}

/// `part` of `units` as a part of 10^9, without leaving 64 bits.
std::uint64_t nanoseconds(std::uint64_t part, std::uint64_t units)
{
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    return units <= 16 * kNanoseconds ? part * kNanoseconds / units : part / (units / kNanoseconds);
}

class Reader
{
public:
    Reader(const base::Blob &bytes, const Sink &sink, Outcome &outcome,
           const std::atomic<bool> &cancel)
        : m_owner(bytes.owner()), m_rest(bytes.text()), m_total(bytes.size()), m_sink(sink),
          m_outcome(outcome), m_decoder(bytes.owner(), sink, outcome, cancel)
    {
    }

    void run()
    {
        while (!m_rest.empty() && !m_decoder.stop(m_total - m_rest.size())) {
            if (!block()) {
                m_outcome.truncated = true;
                break;
            }
            ++m_blocks;
        }
        tell();
        m_decoder.finish(m_total - m_rest.size());
    }

private:
    bool block();
    bool section(std::string_view bytes);
    void interface(std::string_view body);
    void packet(std::string_view body);
    void oldPacket(std::string_view body);
    void simplePacket(std::string_view body);
    void statistics(std::string_view body);
    void countLosses();
    void frame(std::uint32_t interfaceId, std::uint64_t stamp, std::uint32_t captured,
               std::uint32_t original, std::string_view data);
    void recorded(std::uint32_t interfaceId, std::string_view data, std::uint32_t captured);
    void tell();
    std::uint64_t number64(std::string_view bytes) const
    {
        const std::uint64_t first = m_order.u32(bytes, 0), second = m_order.u32(bytes, 4);
        return m_order.big ? first << 32U | second : second << 32U | first;
    }

    std::shared_ptr<const void> m_owner;
    std::string_view m_rest;
    std::uint64_t m_total;
    const Sink &m_sink;
    Outcome &m_outcome;
    decode::Decoder m_decoder;
    decode::Recorded m_recorded;
    Order m_order;
    std::vector<Interface>
        m_interfaces; // of the section under way; never more than the file has blocks
    base::Instant m_last;
    std::uint64_t m_blocks = 0, m_badLengths = 0, m_badPackets = 0, m_badClocks = 0,
                  m_lostByCapture = 0;
    std::string m_damage;
};

bool Reader::section(std::string_view bytes)
{
    const auto order = orderOf(bytes);
    if (!order) {
        m_damage = "a section does not tell its byte order";
        return false;
    }
    m_order = *order;
    countLosses();
    m_interfaces.clear();
    m_recorded.begin();
    return true;
}

/// False: the rest of the file is not readable.
bool Reader::block()
{
    if (m_rest.size() < kFrame) {
        m_damage = "the file ends in the middle of a block's header";
        return false;
    }
    // A section's type reads the same in both orders; it must be known before the length can be
    // read.
    if (decode::be32(m_rest, 0) == kSection && !section(m_rest))
        return false;
    const std::uint32_t type = m_order.u32(m_rest, 0);
    const std::uint32_t length = m_order.u32(m_rest, 4);
    if (length < kFrame || length % 4 != 0) {
        m_damage = fmt::format("a block claims {} bytes, which no block can have", length);
        return false;
    }
    if (length > m_rest.size()) {
        m_damage = fmt::format("a block claims {} bytes where {} are left", length, m_rest.size());
        return false;
    }
    if (m_order.u32(m_rest, length - 4) != length)
        ++m_badLengths;
    const std::string_view body = m_rest.substr(8, length - kFrame);
    switch (type) {
    case kInterface:
        interface(body);
        break;
    case kPacket:
        packet(body);
        break;
    case kOldPacket:
        oldPacket(body);
        break;
    case kSimplePacket:
        simplePacket(body);
        break;
    case kStatistics:
        statistics(body);
        break;
    default:
        break; // passed over
    }
    m_rest.remove_prefix(length);
    return true;
}

void Reader::interface(std::string_view body)
{
    constexpr std::uint16_t kResolution = 9, kOffset = 14;
    Interface out;
    std::string_view comment;
    out.linkType = m_order.u16(body, 0);
    out.snapLength = m_order.u32(body, 4);
    if (body.size() >= 8) {
        options(body.substr(8), m_order, [&](std::uint16_t code, std::string_view value) {
            if (code == kResolution && value.size() == 1) {
                const std::uint64_t units = unitsPerSecond(decode::u8(value, 0));
                if (units == 0)
                    ++m_badClocks;
                else
                    out.unitsPerSecond = units;
            } else if (code == kOffset && value.size() == 8) {
                out.offset = static_cast<std::int64_t>(number64(value));
            } else if (code == 1) {
                comment = value;
            }
        });
    }
    m_recorded.interface(comment);
    m_decoder.announce(out.linkType);
    m_interfaces.push_back(out);
}

void Reader::frame(std::uint32_t interfaceId, std::uint64_t stamp, std::uint32_t captured,
                   std::uint32_t original, std::string_view data)
{
    if (interfaceId >= m_interfaces.size() || captured > data.size()) {
        ++m_badPackets;
        return;
    }
    const Interface &from = m_interfaces[interfaceId];
    const std::uint64_t whole = stamp / from.unitsPerSecond;
    const std::uint64_t fraction = nanoseconds(stamp % from.unitsPerSecond, from.unitsPerSecond);
    constexpr std::uint64_t kFar = 1ULL << 62U;
    constexpr std::int64_t kFarOffset = 1LL << 61;
    const std::int64_t offset = std::clamp(from.offset, -kFarOffset, kFarOffset);
    m_last =
        decode::clampedTime(static_cast<std::int64_t>(std::min(whole, kFar)) + offset, fraction);
    if (m_recorded.knows(interfaceId)) {
        recorded(interfaceId, data, captured);
        return;
    }
    m_decoder.frame(m_last, from.linkType, data.substr(0, captured),
                    original > captured ? original - captured : 0);
}

/// A packet of a session file of ours.
void Reader::recorded(std::uint32_t interfaceId, std::string_view data, std::uint32_t captured)
{
    constexpr std::uint16_t kComment = 1, kFlags = 2;
    decode::Recorded::Frame frame;
    frame.interface = interfaceId;
    frame.linkType = m_interfaces[interfaceId].linkType;
    frame.time = m_last;
    frame.bytes = base::Blob::view(m_owner, data.substr(0, captured));
    const std::size_t padded = (std::size_t{captured} + 3) / 4 * 4;
    options(data.substr(std::min(data.size(), padded)), m_order,
            [&](std::uint16_t code, std::string_view value) {
                if (code == kFlags)
                    frame.flags = m_order.u32(value, 0);
                else if (code == kComment)
                    frame.comment = value;
            });
    auto packet = m_recorded.read(frame);
    if (!packet)
        ++m_badPackets;
    else if (!record::isNaming(*packet))
        m_decoder.handOn(std::move(*packet));
    else if (m_sink.endName)
        m_sink.endName(packet->source, packet->payload.text());
}

void Reader::packet(std::string_view body)
{
    const std::uint64_t stamp =
        static_cast<std::uint64_t>(m_order.u32(body, 4)) << 32U | m_order.u32(body, 8);
    frame(m_order.u32(body, 0), stamp, m_order.u32(body, 12), m_order.u32(body, 16),
          body.substr(std::min<std::size_t>(body.size(), 20)));
}

void Reader::oldPacket(std::string_view body)
{
    const std::uint64_t stamp =
        static_cast<std::uint64_t>(m_order.u32(body, 4)) << 32U | m_order.u32(body, 8);
    frame(m_order.u16(body, 0), stamp, m_order.u32(body, 12), m_order.u32(body, 16),
          body.substr(std::min<std::size_t>(body.size(), 20)));
}

/// Has no time of its own; the last one known keeps it in its place.
void Reader::simplePacket(std::string_view body)
{
    if (m_interfaces.empty() || body.size() < 4) {
        ++m_badPackets;
        return;
    }
    const Interface &from = m_interfaces.front();
    const std::uint32_t original = m_order.u32(body, 0);
    const std::string_view data = body.substr(4);
    auto captured = static_cast<std::uint32_t>(std::min<std::size_t>(original, data.size()));
    if (from.snapLength != 0)
        captured = std::min(captured, from.snapLength);
    m_decoder.frame(m_last, from.linkType, data.substr(0, captured), original - captured);
}

/// Counts since the capture began, so the last block of an interface holds them all.
void Reader::statistics(std::string_view body)
{
    constexpr std::uint16_t kDropped = 5, kDroppedBySystem = 7;
    const std::uint32_t id = m_order.u32(body, 0);
    if (body.size() < 12 || id >= m_interfaces.size())
        return;
    Interface &of = m_interfaces[id];
    options(body.substr(12), m_order, [&](std::uint16_t code, std::string_view value) {
        if (value.size() != 8)
            return;
        if (code == kDropped)
            of.dropped = number64(value);
        else if (code == kDroppedBySystem)
            of.droppedBySystem = number64(value);
    });
}

void Reader::countLosses()
{
    for (const Interface &of : m_interfaces)
        m_lostByCapture += of.dropped + of.droppedBySystem;
}

void Reader::tell()
{
    countLosses();
    if (!m_sink.flaw)
        return;
    if (m_outcome.truncated)
        m_sink.flaw(
            fmt::format("The file is damaged behind block {}: {}. What came before is shown.",
                        m_blocks, m_damage));
    if (m_badLengths != 0)
        m_sink.flaw(fmt::format("{} blocks give their length differently at their two ends.",
                                m_badLengths));
    if (m_badPackets != 0)
        m_sink.flaw(fmt::format(
            "{} packets name an interface that is not described, or are longer than their "
            "block, and were left out.",
            m_badPackets));
    if (m_badClocks != 0)
        m_sink.flaw(fmt::format(
            "{} interfaces count time in units too small to be true; microseconds are assumed.",
            m_badClocks));
    if (m_lostByCapture != 0)
        m_sink.flaw(
            fmt::format("The program that captured this lost {} packets.", m_lostByCapture));
}

int recognises(std::string_view firstBytes)
{
    return firstBytes.size() >= kFrame && decode::be32(firstBytes, 0) == kSection &&
                   orderOf(firstBytes)
               ? 100
               : 0;
}

base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    if (recognises(bytes.text()) == 0)
        return base::fail(base::ErrorCode::BadInput,
                          "The file does not begin as a pcapng capture does.");
    Outcome outcome;
    outcome.progress.totalBytes = bytes.size();
    Reader(bytes, sink, outcome, cancel).run();
    return outcome;
}

base::Result<Outcome> read(std::string_view path, const Sink &sink, const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(std::string(path));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return readBytes(*bytes, sink, cancel);
}

} // namespace

extern const Source pcapng;
const Source pcapng{"pcapng", "pcapng capture", "*.pcapng *.ntar", recognises, read, readBytes};

} // namespace ingest::sources
