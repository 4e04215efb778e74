// SPDX-License-Identifier: Apache-2.0
// The classic capture format: one header, then records. Both byte orders, microseconds and
// nanoseconds, the variants with longer headers. A damaged record is passed over.
#include <ingest/source.h>

#include <algorithm>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/clock_step.h>
#include <ingest/decode/damage.h>
#include <ingest/decode/decoder.h>
#include <ingest/decode/time_order.h>
#include <ingest/mapping.h>

namespace ingest::sources {
namespace {

using decode::Order;

struct Format {
    Order order;
    bool nanoseconds = false;
    bool swapped = false, maybeSwapped = false; // lengths in the order of old versions
    std::size_t fileHeader = 24, recordHeader = 16;
    std::uint32_t linkType = 0, snapLength = 0;
};

/// The link types of AIX are numbers of interfaces (RFC 1573), and it counts nanoseconds; nothing
/// but an old version and such a number tells its files.
void adaptToAix(Format &format)
{
    switch (format.linkType) {
    case 6:
        format.linkType = 1;
        break;
    case 15:
        format.linkType = 10;
        break;
    case 24:
        format.linkType = 0;
        break;
    default:
        return;
    }
    format.nanoseconds = true;
}

std::optional<Format> formatOf(std::string_view bytes)
{
    for (const bool big : {false, true}) {
        Format out;
        out.order = Order{big};
        switch (out.order.u32(bytes, 0)) {
        case 0xA1B2C3D4:
            break;
        case 0xA1B23C4D:
            out.nanoseconds = true;
            break;
        case 0xA1B2CD34: // interface, protocol and direction behind each record's lengths
            out.recordHeader = 24;
            break;
        case 0x1C0001AC: // a traffic generator's: the size of all records ends the header
            out.nanoseconds = true;
            [[fallthrough]];
        case 0x1C0001AB:
            out.fileHeader = 28;
            break;
        default:
            continue;
        }
        out.snapLength = out.order.u32(bytes, 16);
        out.linkType = out.order.u32(bytes, 20) & 0xFFFFU; // the upper half tells of the FCS
        const std::uint16_t major = out.order.u16(bytes, 4), minor = out.order.u16(bytes, 6);
        out.swapped = (major == 2 && minor < 3) || major == 543;
        out.maybeSwapped = major == 2 && minor == 3;
        if (major == 2 && minor == 2)
            adaptToAix(out);
        return out;
    }
    return std::nullopt;
}

/// Whether records with headers of that size follow each other, as far as the bytes go.
bool chains(std::string_view bytes, const Format &format, std::size_t header)
{
    constexpr std::uint32_t kUsual = 262144;
    std::size_t at = format.fileHeader;
    for (int records = 0; records < 3 && at < bytes.size(); ++records) {
        if (bytes.size() - at < header)
            return header == 16; // cut off, or not all of it is there yet: no sign of another
        const std::uint32_t captured = format.order.u32(bytes, at + 8);
        if (captured == 0 || captured > kUsual || captured > format.order.u32(bytes, at + 12) ||
            format.order.u32(bytes, at + 4) >= 1'000'000)
            return false;
        at += header + captured;
    }
    return true;
}

/// With what the first records tell: a tracer's files (Nokia's) have four more bytes in each and
/// nothing in their header that says so.
std::optional<Format> formatIn(std::string_view bytes)
{
    constexpr std::size_t kUsual = 16, kTracer = 20;
    auto out = formatOf(bytes);
    if (out && out->recordHeader == kUsual && !out->nanoseconds && !out->swapped &&
        !out->maybeSwapped && !chains(bytes, *out, kUsual) && chains(bytes, *out, kTracer))
        out->recordHeader = kTracer;
    return out;
}

int recognises(std::string_view firstBytes)
{
    return formatOf(firstBytes) ? 100 : 0;
}

struct Record {
    std::uint32_t seconds = 0, fraction = 0, captured = 0, original = 0;
};

class Reader
{
public:
    Reader(Input &input, const Format &format, const Sink &sink, Outcome &outcome,
           const std::atomic<bool> &cancel)
        : m_input(input), m_format(format), m_cancel(cancel),
          m_decoder(input.owner(), sink, outcome, cancel), m_damage(sink, outcome, "packet")
    {
        m_decoder.announce(format.linkType);
        input.consume(format.fileHeader);
    }

    void run()
    {
        while (!m_decoder.stop(m_input.bytesRead()) && m_input.ensure(1)) {
            if (!record() && !m_cancel && !resume())
                break;
        }
        if (m_cancel) // what is half there is not waited for
            m_damage.forget();
        m_damage.tell(m_input.trouble());
        m_decoder.finish(m_input.bytesRead());
    }

private:
    bool record();
    bool all(std::size_t size, bool likely);
    bool resume();
    Record recordAt(std::size_t at) const;
    bool plausible(const Record &record, std::uint32_t near) const;
    bool chained(std::size_t at);

    Input &m_input;
    Format m_format;
    const std::atomic<bool> &m_cancel;
    decode::Decoder m_decoder;
    decode::Damage m_damage;
    std::uint32_t m_seconds = 0; // of the record before
};

Record Reader::recordAt(std::size_t at) const
{
    const std::string_view rest = m_input.rest();
    const Order order = m_format.order;
    Record out{order.u32(rest, at), order.u32(rest, at + 4), order.u32(rest, at + 8),
               order.u32(rest, at + 12)};
    // Version 2.3 was written both ways; more captured than there was cannot be.
    if (m_format.swapped || (m_format.maybeSwapped && out.captured > out.original))
        std::swap(out.captured, out.original);
    return out;
}

/// False: the rest is not readable from here on, `m_damage` says why.
bool Reader::record()
{
    constexpr std::uint32_t kLongest = 64U << 20U; // no network has packets of this size
    if (!all(m_format.recordHeader, true))
        return m_damage.found("the file ends in the middle of a record's header");
    const Record record = recordAt(0);
    const std::size_t header = m_format.recordHeader;
    if (record.captured == 0 && record.original == 0) // a crash, or somebody cut the file
        return m_damage.found("a record is empty");
    if (record.captured > std::max(kLongest, std::min(m_format.snapLength, 4 * kLongest)))
        return m_damage.found(
            fmt::format("a record claims {} bytes, which no packet has", record.captured));
    const bool likely = plausible(record, m_seconds != 0 ? m_seconds : record.seconds);
    if (!all(header + record.captured, likely))
        return m_damage.found(fmt::format("a record claims {} bytes where {} are left",
                                          record.captured, m_input.rest().size() - header));
    m_input.expect(header + record.captured);
    const std::uint64_t fraction = record.fraction;
    m_decoder.over(m_input.owner());
    m_decoder.frame(
        {decode::clampedTime(record.seconds, fraction * (m_format.nanoseconds ? 1 : 1000)),
         m_format.linkType, m_input.rest().substr(header, record.captured),
         record.original > record.captured ? record.original - record.captured : 0});
    m_seconds = record.seconds;
    m_input.consume(header + record.captured);
    m_damage.wellRead();
    return true;
}

/// Waits for so many bytes, for those of an unlikely record not for ever.
bool Reader::all(std::size_t size, bool likely)
{
    if (m_input.ensureSoon(size))
        return true;
    if (!m_input.grows() || !likely || m_cancel)
        return false;
    m_damage.waiting(m_input.rest().size(), size);
    return m_input.ensure(size);
}

/// What a record looks like that was written within a day of `near`.
bool Reader::plausible(const Record &record, std::uint32_t near) const
{
    constexpr std::uint32_t kDay = 86400, kUsualSnapLength = 262144;
    const std::uint32_t apart =
        record.seconds > near ? record.seconds - near : near - record.seconds;
    const std::uint32_t most = m_format.snapLength != 0 && m_format.snapLength < kUsualSnapLength
                                   ? m_format.snapLength
                                   : kUsualSnapLength;
    return apart <= kDay &&
           record.fraction < (m_format.nanoseconds ? 1'000'000'000U : 1'000'000U) &&
           record.captured != 0 && record.captured <= most && record.original >= record.captured &&
           record.original <= 16 * kUsualSnapLength;
}

/// Whether a record begins there, and another, or the end of the file, follows it.
bool Reader::chained(std::size_t at)
{
    const std::size_t header = m_format.recordHeader;
    const Record first = recordAt(at);
    if (!plausible(first, m_seconds != 0 ? m_seconds : first.seconds))
        return false;
    const std::size_t next = at + header + first.captured;
    if (!m_input.ensureSoon(next + (m_input.grows() ? 0 : header)) ||
        m_input.rest().size() < next + header)
        return m_input.rest().size() == next;
    return plausible(recordAt(next), first.seconds);
}

/// Looks for the next record behind the damage; false: there is none.
bool Reader::resume()
{
    return m_damage.resume(
        m_input, m_format.recordHeader, [this](std::size_t at) { return chained(at); },
        [this] { return m_decoder.stop(m_input.bytesRead()); });
}

base::Instant timeAt(std::string_view text, const Format &format, std::size_t at)
{
    const std::uint64_t fraction = format.order.u32(text, at + 4);
    return decode::clampedTime(format.order.u32(text, at),
                               fraction * (format.nanoseconds ? 1 : 1000));
}

/// Where the records end that can be walked over.
std::size_t walk(std::string_view text, const Format &format, decode::TimeOrder &order)
{
    std::size_t at = format.fileHeader;
    while (at < text.size() && text.size() - at >= format.recordHeader) {
        const std::size_t captured = format.order.u32(text, at + 8);
        if (captured == 0 || captured > text.size() - at - format.recordHeader)
            break;
        order.add(timeAt(text, format, at), at, format.recordHeader + captured);
        at += format.recordHeader + captured;
    }
    return std::min(at, text.size());
}

/// The file with its records in order of time, up to where it is damaged; nullopt: they are.
std::optional<base::Blob> inOrder(const base::Blob &bytes)
{
    const std::string_view text = bytes.text();
    const auto format = formatIn(text);
    if (!format || format->swapped || format->maybeSwapped || text.size() < format->fileHeader)
        return std::nullopt;
    decode::TimeOrder looked(false);
    walk(text, *format, looked);
    if (!looked.needed())
        return std::nullopt;
    decode::TimeOrder order(true);
    const std::size_t end = walk(text, *format, order);
    return order.sorted(std::string(text.substr(0, format->fileHeader)), text, text.substr(end));
}

/// Of the last record: the first place near the end from which records chain up to it. Not known:
/// there is none, as in a file that is cut.
base::Instant lastIn(std::string_view text, const Format &format)
{
    constexpr std::size_t kNear = 512U << 10U;
    constexpr std::uint32_t kUsual = 262144;
    const std::size_t header = format.recordHeader;
    std::size_t from =
        text.size() > format.fileHeader + kNear ? text.size() - kNear : format.fileHeader;
    for (; text.size() - from >= header; ++from) {
        std::size_t at = from, last = from;
        while (text.size() - at >= header) {
            const std::uint32_t captured = format.order.u32(text, at + 8);
            if (captured == 0 || captured > kUsual || captured > format.order.u32(text, at + 12) ||
                format.order.u32(text, at + 4) >= 1'000'000'000 ||
                captured > text.size() - at - header)
                break;
            last = at;
            at += header + captured;
        }
        if (at == text.size() && at != from)
            return timeAt(text, format, last);
    }
    return {};
}

std::optional<Extent> extent(std::string_view bytes, bool whole)
{
    const auto format = formatIn(bytes);
    if (!format || format->swapped || format->maybeSwapped ||
        bytes.size() < format->fileHeader + format->recordHeader)
        return std::nullopt;
    return Extent{format->linkType, timeAt(bytes, *format, format->fileHeader),
                  whole ? lastIn(bytes, *format) : base::Instant{}};
}

base::Result<Outcome> readInput(Input &input, const Sink &sink, const std::atomic<bool> &cancel)
{
    constexpr std::size_t kHeader = 24;
    const bool whole = input.ensure(kHeader);
    const auto format = formatIn(input.rest());
    if (!format || !whole || !input.ensure(format->fileHeader))
        return base::fail(base::ErrorCode::BadInput,
                          "The file ends within its header: there are no packets to show.");
    Outcome outcome;
    outcome.progress.totalBytes = input.bytesTotal();
    Reader(input, *format, sink, outcome, cancel).run();
    return outcome;
}

base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    return decode::readOrdered(bytes, inOrder(bytes), sink,
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

extern const Source pcap;
const Source pcap{"pcap",
                  "libpcap capture",
                  "*.pcap *.cap *.dmp",
                  recognises,
                  read,
                  readBytes,
                  nullptr,
                  readInput,
                  extent};

} // namespace ingest::sources
