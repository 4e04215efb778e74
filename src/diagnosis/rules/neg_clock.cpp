// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <diagnosis/facts.h>
#include <diagnosis/payloads.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr double kFarOff = 50'000; // parts per million: no crystal is that bad
constexpr std::uint64_t kEnough = 500;
constexpr auto kPause = std::chrono::milliseconds(200); // a sender that rests may stop its clock

/// A stream of one payload type, without a pause or a new beginning, whose clock can be measured.
bool steady(const rtp::Stream &stream)
{
    return stream.clock != 0 && stream.skew && stream.packets >= kEnough &&
           stream.payloadTypes[stream.payloadType & 0x7FU] == stream.packets &&
           stream.sequenceResets == 0 && stream.maxGap < kPause &&
           stream.lost * 100 < stream.packets;
}

/// The time that most packets say they take, against what they take: a sender whose timestamps
/// jump once has the right clock.
bool paceDiffers(const rtp::Stream &stream)
{
    if (stream.ptime.count() <= 0 || stream.expected < 2)
        return false;
    const double every =
        base::toSeconds(stream.last - stream.first) / static_cast<double>(stream.expected - 1);
    return every > 0 && std::abs(base::toSeconds(stream.ptime) / every - 1) > kFarOff / 1e6;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (!steady(stream) || std::abs(*stream.skew) < kFarOff || !paceDiffers(stream))
            continue;
        const auto types = payloadsBefore(evidence, bound, evidence.now);
        if (types.empty() || types.front().codec.empty())
            continue; // its clock is a guess
        const auto wanted = wantedBefore(evidence, bound, evidence.now);
        const double runs = stream.clock * (1 - *stream.skew / 1e6);
        auto &f = out.add(
            "neg-clock", Severity::Error, Grade::Seen,
            fmt::format("The timestamps of {} run at {:.0f} Hz [1], where payload type {} ({}) has "
                        "a clock of {} Hz [2].",
                        stream.source.text(), runs, stream.payloadType, shown(types.front().codec),
                        stream.clock));
        f.impact = fmt::format("The {} hears gaps or cut speech: its jitter buffer plays the "
                               "packets too fast or too slowly.",
                               bound.towardsCaller ? "caller" : "callee");
        f.evidence = {at(stream, "timestamps against arrival times"),
                      at(wanted.row, "the clock that was agreed on")};
        f.fixes = {{"Count timestamps in the codec's RTP clock (8000 Hz for G.722, 48000 Hz for "
                    "Opus, whatever they sample at), or mend the rtpmap.",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_clock;
const Rule neg_clock{"neg-clock",
                     "Timestamps on another clock than agreed",
                     Severity::Error,
                     "RFC 3551 section 4.5, RFC 3550 section 5.1",
                     "200",
                     R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 1500
* 1.10 bob>alice rtp 1500 step=320
 35.00 tick
)",
                     R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 1500
  1.10 bob>alice rtp 1500
 35.00 tick
)",
                     check};

} // namespace diagnosis::rules
