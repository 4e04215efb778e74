// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/pace.h>
#include <diagnosis/payloads.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (!runsOnAnotherClock(stream))
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
  answered
  1.10 alice>bob rtp 1500
* 1.10 bob>alice rtp 1500 step=320
 35.00 tick
)",
                     R"(
  answered
  1.10 alice>bob rtp 1500
  1.10 bob>alice rtp 1500
 35.00 tick
)",
                     check};

} // namespace diagnosis::rules
