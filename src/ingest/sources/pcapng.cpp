// SPDX-License-Identifier: Apache-2.0
// The block format "pcapng": sections of either byte order, several interfaces, unknown blocks
// passed over, damaged ones too.
#include <ingest/source.h>

#include <algorithm>
#include <base/counted.h>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/clock_step.h>
#include <ingest/decode/damage.h>
#include <ingest/decode/decoder.h>
#include <ingest/decode/ng_blocks.h>
#include <ingest/decode/ng_extent.h>
#include <ingest/decode/ng_order.h>
#include <ingest/decode/ng_secrets.h>
#include <ingest/decode/recorded.h>
#include <ingest/mapping.h>

namespace ingest::sources {
namespace {

using decode::NgInterface;
using decode::Order;

using decode::ngOrder;

constexpr std::uint32_t kSection = decode::kNgSection, kInterface = 1, kOldPacket = 2,
                        kSimplePacket = 3, kNames = 4, kStatistics = 5, kPacket = 6,
                        kSecrets = decode::kNgSecrets;
constexpr std::size_t kMostInterfaces = 65536;
constexpr std::size_t kFrame = 12; // type, length, and the length again at the end

bool isKnown(std::uint32_t type)
{
    return type == kSection || (type >= kInterface && type <= kPacket) || type == kSecrets ||
           type == 9 || type == 0x0BAD || type == 0x40000BAD; // a journal's entry, a vendor's
}

class Reader
{
public:
    Reader(Input &input, const Sink &sink, Outcome &outcome, const std::atomic<bool> &cancel)
        : m_input(input), m_sink(sink), m_cancel(cancel),
          m_decoder(input.owner(), sink, outcome, cancel), m_damage(sink, outcome, "block"),
          m_secrets(input, m_decoder, m_order, cancel)
    {
    }

    void run()
    {
        while (!m_decoder.stop(m_input.bytesRead()) && m_input.ensure(1)) {
            if (!block() && !m_cancel && !resume())
                break;
        }
        if (m_cancel) // what is half there is not waited for
            m_damage.forget();
        m_damage.tell(m_input.trouble());
        tell();
        m_decoder.finish(m_input.bytesRead());
        if (m_sink.flaw && m_decoder.leftClosed() && m_secrets.late())
            m_sink.flaw("Decryption secrets came when TLS connections had begun, too late to open "
                        "them. Open the file again, unpacked and complete, to have all of them at "
                        "the beginning.");
    }

private:
    bool block();
    bool all(std::size_t size, bool known);
    bool resume();
    std::uint32_t soundBlock(std::size_t at);
    bool followed(std::uint32_t length);
    bool section(std::string_view bytes);
    void take(std::uint32_t type, std::string_view body);
    void interface(std::string_view body);
    void packet(std::string_view body);
    void oldPacket(std::string_view body);
    void simplePacket(std::string_view body);
    void statistics(std::string_view body);
    void names(std::string_view body);
    void countLosses();
    void frame(std::uint32_t interfaceId, std::uint64_t stamp, std::uint32_t captured,
               std::uint32_t original, std::string_view data);
    void recorded(std::uint32_t interfaceId, std::string_view data, std::uint32_t captured);
    void tell();
    Input &m_input;
    const Sink &m_sink;
    const std::atomic<bool> &m_cancel;
    decode::Decoder m_decoder;
    decode::Recorded m_recorded;
    decode::Damage m_damage;
    Order m_order;
    decode::NgSecrets m_secrets;
    std::vector<NgInterface> m_interfaces; // of the section under way
    base::Instant m_last;
    std::uint64_t m_badLengths = 0, m_badPackets = 0, m_badClocks = 0, m_lostByCapture = 0;
};

bool Reader::section(std::string_view bytes)
{
    const auto order = ngOrder(bytes);
    if (!order)
        return m_damage.found("a section does not tell its byte order");
    m_order = *order;
    countLosses();
    m_interfaces.clear();
    m_recorded.begin();
    return true;
}

/// False: the rest is not readable from here on, `m_damage` says why.
bool Reader::block()
{
    constexpr std::uint32_t kLongest = 128U << 20U;
    if (!all(kFrame, true))
        return m_damage.found("the file ends in the middle of a block's header");
    // A section's type reads the same in both orders; it must be known before the length can be
    // read.
    if (decode::be32(m_input.rest(), 0) == kSection && !section(m_input.rest()))
        return false;
    const std::uint32_t type = m_order.u32(m_input.rest(), 0);
    const std::uint32_t length = m_order.u32(m_input.rest(), 4);
    if (length < kFrame || length % 4 != 0 || length > kLongest)
        return m_damage.found(
            fmt::format("a block claims {} bytes, which no block can have", length));
    if (!all(length, isKnown(type)))
        return m_damage.found(fmt::format("a block claims {} bytes where {} are left", length,
                                          m_input.rest().size()));
    if (m_order.u32(m_input.rest(), length - 4) != length) {
        if (!followed(length))
            return m_damage.found("a block gives its length differently at its two ends");
        ++m_badLengths;
    }
    m_input.expect(length);
    m_decoder.over(m_input.owner());
    take(type, m_input.rest().substr(8, length - kFrame));
    m_input.consume(length);
    m_damage.wellRead();
    return true;
}

/// Waits for so many bytes, for those of a block that nobody knows not for ever.
bool Reader::all(std::size_t size, bool known)
{
    if (m_input.ensureSoon(size))
        return true;
    if (!m_input.grows() || !known || m_cancel)
        return false;
    m_damage.waiting(m_input.rest().size(), size);
    return m_input.ensure(size);
}

void Reader::take(std::uint32_t type, std::string_view body)
{
    switch (type) {
    case kInterface:
        return interface(body);
    case kPacket:
        return packet(body);
    case kOldPacket:
        return oldPacket(body);
    case kSimplePacket:
        return simplePacket(body);
    case kStatistics:
        return statistics(body);
    case kNames:
        return names(body);
    case kSecrets:
        return m_secrets.take(body);
    case kSection:
        if (body.size() > 16)
            m_decoder.remark(decode::ngComments(body.substr(16), m_order));
        return;
    default:
        return; // passed over
    }
}

/// Whether what stands behind a block of that length is one, or the end.
bool Reader::followed(std::uint32_t length)
{
    if (!m_input.ensureSoon(std::size_t{length} + kFrame))
        return m_input.rest().size() == length;
    return soundBlock(length) != 0 || isKnown(m_order.u32(m_input.rest(), length));
}

/// The length of the block there if its two ends agree, 0 otherwise.
std::uint32_t Reader::soundBlock(std::size_t at)
{
    constexpr std::uint32_t kUsual = 1U << 20U;
    if (!m_input.ensureSoon(at + kFrame))
        return 0;
    Order order = m_order;
    if (decode::be32(m_input.rest(), at) == kSection)
        order = ngOrder(m_input.rest().substr(at)).value_or(order);
    const std::uint32_t length = order.u32(m_input.rest(), at + 4);
    if (!isKnown(order.u32(m_input.rest(), at)) || length < kFrame || length % 4 != 0 ||
        length > kUsual || !m_input.ensureSoon(at + length))
        return 0;
    return order.u32(m_input.rest(), at + length - 4) == length ? length : 0;
}

/// Looks for the next block behind the damage; false: there is none.
bool Reader::resume()
{
    return m_damage.resume(
        m_input, kFrame, [this](std::size_t at) { return soundBlock(at) != 0; },
        [this] { return m_decoder.stop(m_input.bytesRead()); });
}

void Reader::interface(std::string_view body)
{
    const NgInterface out = decode::ngInterface(body, m_order);
    m_badClocks += out.badClock ? 1 : 0;
    m_decoder.announce(out.linkType);
    if (m_interfaces.size() >= kMostInterfaces)
        return;
    m_interfaces.push_back(out);
    std::string comment =
        body.size() > 8 ? decode::ngComments(body.substr(8), m_order) : std::string();
    if (!m_recorded.interface(comment))
        m_decoder.remark(std::move(comment));
}

void Reader::frame(std::uint32_t interfaceId, std::uint64_t stamp, std::uint32_t captured,
                   std::uint32_t original, std::string_view data)
{
    if (interfaceId >= m_interfaces.size() || captured > data.size()) {
        ++m_badPackets;
        return;
    }
    const NgInterface &from = m_interfaces[interfaceId];
    m_last = from.time(stamp);
    if (m_recorded.knows(interfaceId)) {
        recorded(interfaceId, data, captured);
        return;
    }
    if (const std::string_view options = decode::ngBehindData(data, captured); !options.empty())
        m_decoder.comment(decode::ngComments(options, m_order));
    m_decoder.frame({m_last, from.linkType, data.substr(0, captured),
                     original > captured ? original - captured : 0, interfaceId});
}

/// A packet of a session file of ours.
void Reader::recorded(std::uint32_t interfaceId, std::string_view data, std::uint32_t captured)
{
    constexpr std::uint16_t kFlags = 2;
    decode::Recorded::Frame frame;
    frame.interface = interfaceId;
    frame.linkType = m_interfaces[interfaceId].linkType;
    frame.time = m_last;
    frame.bytes = base::Blob::view(m_input.owner(), data.substr(0, captured));
    decode::ngOptions(decode::ngBehindData(data, captured), m_order,
                      [&](std::uint16_t code, std::string_view value) {
                          if (code == kFlags)
                              frame.flags = m_order.u32(value, 0);
                          else if (code == decode::kNgComment)
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
    const NgInterface &from = m_interfaces.front();
    const std::uint32_t original = m_order.u32(body, 0);
    const std::string_view data = body.substr(4);
    auto captured = static_cast<std::uint32_t>(std::min<std::size_t>(original, data.size()));
    if (from.snapLength != 0)
        captured = std::min(captured, from.snapLength);
    m_decoder.frame(
        {m_last, from.linkType, data.substr(0, captured), original - captured, 0, false});
}

/// Counts since the capture began, so the last block of an interface holds them all.
void Reader::statistics(std::string_view body)
{
    constexpr std::uint16_t kDropped = 5, kDroppedBySystem = 7;
    const std::uint32_t id = m_order.u32(body, 0);
    if (body.size() < 12 || id >= m_interfaces.size())
        return;
    NgInterface &of = m_interfaces[id];
    decode::ngOptions(body.substr(12), m_order, [&](std::uint16_t code, std::string_view value) {
        if (value.size() != 8)
            return;
        if (code == kDropped)
            of.dropped = decode::ngNumber(value, m_order);
        else if (code == kDroppedBySystem)
            of.droppedBySystem = decode::ngNumber(value, m_order);
    });
}

void Reader::names(std::string_view body)
{
    if (!m_sink.name)
        return;
    decode::ngNames(body, m_order, m_sink.name);
}

void Reader::countLosses()
{
    for (const NgInterface &of : m_interfaces)
        m_lostByCapture += of.dropped + of.droppedBySystem;
}

void Reader::tell()
{
    countLosses();
    if (!m_sink.flaw)
        return;
    if (m_badLengths != 0)
        m_sink.flaw(base::counted(m_badLengths,
                                  "block gives its length differently at its two ends.",
                                  "blocks give their length differently at their two ends."));
    if (m_badPackets != 0)
        m_sink.flaw(base::counted(m_badPackets,
                                  "packet names an interface that is not described, or is longer "
                                  "than its block, and was left out.",
                                  "packets name an interface that is not described, or are longer "
                                  "than their block, and were left out."));
    if (m_badClocks != 0)
        m_sink.flaw(base::counted(m_badClocks, "interface counts", "interfaces count") +
                    " time in units too small to be true; microseconds are assumed.");
    if (m_lostByCapture != 0)
        m_sink.flaw(fmt::format("The program that captured this lost {}.",
                                base::counted(m_lostByCapture, "packet")));
}

int recognises(std::string_view firstBytes)
{
    return firstBytes.size() >= kFrame && decode::be32(firstBytes, 0) == kSection &&
                   ngOrder(firstBytes)
               ? 100
               : 0;
}

base::Result<Outcome> readInput(Input &input, const Sink &sink, const std::atomic<bool> &cancel)
{
    if (!input.ensure(kFrame) || recognises(input.rest()) == 0)
        return base::fail(base::ErrorCode::BadInput,
                          "The file does not begin as a pcapng capture does.");
    Outcome outcome;
    outcome.progress.totalBytes = input.bytesTotal();
    Reader(input, sink, outcome, cancel).run();
    return outcome;
}

base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    return decode::readOrdered(bytes, decode::ngInOrder(bytes), sink,
                               [&](const base::Blob &file, const Sink &into) {
                                   BlobInput input(file);
                                   return readInput(input, into, cancel);
                               });
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
const Source pcapng{"pcapng",  "pcapng capture", "*.pcapng *.ntar", recognises,      read,
                    readBytes, nullptr,          readInput,         decode::ngExtent};

} // namespace ingest::sources
