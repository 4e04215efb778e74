// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <diagnosis/facts.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 100;
constexpr auto kLongest = std::chrono::milliseconds(120);
constexpr double kHeader = 12; // of RTP, without contributors and extensions
constexpr double kApart = 0.2; // that much more or less than the time a packet stands for

/// Bytes for each millisecond of the codecs that have one of them always (RFC 3551 section 4.5) and
/// a clock that counts them.
double bytesPerMillisecond(std::uint8_t payloadType)
{
    constexpr std::uint8_t kPcmu = 0, kPcma = 8, kG722 = 9;
    return payloadType == kPcmu || payloadType == kPcma || payloadType == kG722 ? 8 : 0;
}

/// Only of one type, in the clear, and not of a type that some description gives another meaning.
bool measurable(const Evidence &evidence, const rtp::Stream &stream)
{
    if (stream.packets < kEnough || stream.closed + stream.opened + stream.refused != 0 ||
        stream.payloadTypes[stream.payloadType & 0x7FU] != stream.packets ||
        stream.ptime.count() <= 0 || paceDiffers(stream) || // neg-clock
        bytesPerMillisecond(stream.payloadType) <= 0)
        return false;
    for (const auto &entry : evidence.call.rows) {
        if (!evidence.trace.row(entry.row).hasSdp)
            continue;
        for (const auto &media : sdpOf(evidence, entry.row).media) {
            const auto *const format = media.format(stream.payloadType);
            if (media.protocol.find("SAVP") != std::string_view::npos ||
                (format != nullptr && format->mapped && stream.clock != 8000))
                return false;
        }
    }
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (!measurable(evidence, stream) || stream.ptime > kLongest)
            continue; // pauses that are not sent look like very long packets
        const double size =
            static_cast<double>(stream.bytes) / static_cast<double>(stream.packets) - kHeader;
        const auto time = std::chrono::duration<double, std::milli>(stream.ptime).count();
        const double should = time * bytesPerMillisecond(stream.payloadType);
        if (std::abs(size - should) <= kApart * should)
            continue;
        auto &f = out.add(
            "rtp-size", Severity::Warning, Grade::Seen,
            fmt::format("The packets of {} [1] hold {:.0f} bytes of payload type {}, but by their "
                        "timestamps each stands for {:.0f} ms, which takes {:.0f}.",
                        stream.source.text(), size, stream.payloadType, time, should));
        f.impact = fmt::format("The {} hears gaps, noise or the wrong speed: time and sound do not "
                               "fit together.",
                               bound.towardsCaller ? "caller" : "callee");
        f.evidence = {at(stream, "size against time")};
        f.fixes = {
            {"Count timestamps by the samples in each packet; if the payload is encrypted or "
             "of another codec, the description has to say so.",
             "sender of the media", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rtp_size;
const Rule rtp_size{"rtp-size",
                    "Packets of the wrong size",
                    Severity::Warning,
                    "RFC 3551 section 4.5.14, RFC 3550 section 5.1",
                    "200",
                    R"(
  answered
  1.10 alice>bob rtp 300
* 1.10 bob>alice rtp 300 size=80
 20.00 tick
)",
                    R"(
  answered
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 300 size=240 step=240 every=30
 20.00 tick
)",
                    check};

} // namespace diagnosis::rules
