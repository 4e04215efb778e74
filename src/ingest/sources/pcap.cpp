// SPDX-License-Identifier: Apache-2.0
// The classic capture format: one header, then records. Both byte orders, microseconds and
// nanoseconds.
#include <ingest/source.h>

#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/decoder.h>
#include <ingest/mapping.h>

namespace ingest::sources {
namespace {

using decode::Order;

constexpr std::size_t kFileHeader = 24;

struct Format {
    Order order;
    bool nanoseconds = false;
    std::size_t recordHeader = 16;
};

std::optional<Format> formatOf(std::string_view bytes)
{
    for (const bool big : {false, true}) {
        const Order order{big};
        switch (order.u32(bytes, 0)) {
        case 0xA1B2C3D4:
            return Format{order, false, 16};
        case 0xA1B23C4D:
            return Format{order, true, 16};
        case 0xA1B2CD34: // a variant with a longer record header
            return Format{order, false, 24};
        default:
            break;
        }
    }
    return std::nullopt;
}

int recognises(std::string_view firstBytes)
{
    return formatOf(firstBytes) ? 100 : 0;
}

/// One record; false: the rest of the file is not readable.
bool readRecord(std::string_view &rest, const Format &format, std::uint32_t linkType,
                decode::Decoder &decoder, std::string &damage)
{
    if (rest.size() < format.recordHeader) {
        damage = "the file ends in the middle of a record's header";
        return false;
    }
    const std::uint32_t captured = format.order.u32(rest, 8);
    const std::uint32_t original = format.order.u32(rest, 12);
    if (captured > rest.size() - format.recordHeader) {
        damage = fmt::format("a record claims {} bytes where {} are left", captured,
                             rest.size() - format.recordHeader);
        return false;
    }
    if (captured == 0 && original == 0) { // a crash, or somebody who cut the file, left zeros
        damage = "a record is empty";
        return false;
    }
    const std::uint64_t fraction = format.order.u32(rest, 4);
    const auto time =
        decode::clampedTime(format.order.u32(rest, 0), fraction * (format.nanoseconds ? 1 : 1000));
    decoder.frame(time, linkType, rest.substr(format.recordHeader, captured),
                  original > captured ? original - captured : 0);
    rest.remove_prefix(format.recordHeader + captured);
    return true;
}

base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    const auto format = formatOf(bytes.text());
    if (!format || bytes.size() < kFileHeader)
        return base::fail(base::ErrorCode::BadInput,
                          "The file ends within its header: there are no packets to show.");
    Outcome outcome;
    outcome.progress.totalBytes = bytes.size();
    decode::Decoder decoder(bytes.owner(), sink, outcome, cancel);
    const std::uint32_t linkType =
        format->order.u32(bytes.text(), 20) & 0xFFFFU; // the upper half tells of the FCS
    decoder.announce(linkType);
    std::string_view rest = bytes.text().substr(kFileHeader);
    std::uint64_t records = 0;
    std::string damage;
    while (!rest.empty() && !decoder.stop(bytes.size() - rest.size())) {
        if (!readRecord(rest, *format, linkType, decoder, damage)) {
            outcome.truncated = true;
            break;
        }
        ++records;
    }
    if (outcome.truncated && sink.flaw)
        sink.flaw(
            fmt::format("The file is damaged behind packet {}: {}. What came before is shown.",
                        records, damage));
    decoder.finish(bytes.size() - rest.size());
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

extern const Source pcap;
const Source pcap{"pcap", "libpcap capture", "*.pcap *.cap *.dmp", recognises, read, readBytes};

} // namespace ingest::sources
