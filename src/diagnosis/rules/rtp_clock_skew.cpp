// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/each_way.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr double kMuch = 200;     // parts per million; a crystal keeps 100
constexpr double kSeconds = 0.06; // adrift in all: what a jitter buffer holds

double driftOf(const BoundStream &bound)
{
    const auto &stream = *bound.stream;
    if (!steady(stream) || runsOnAnotherClock(stream) || std::abs(*stream.skew) < kMuch)
        return 0;
    const double adrift =
        std::abs(*stream.skew) * 1e-6 * base::toSeconds(stream.last - stream.first);
    return adrift < kSeconds ? 0 : std::abs(*stream.skew);
}

/// Both sides drift alike: then it is the clock that stamped the packets.
bool captureDrifts(const std::vector<const BoundStream *> &bad)
{
    return bad.size() == 2 && *bad[0]->stream->skew * *bad[1]->stream->skew > 0 &&
           std::abs(*bad[0]->stream->skew - *bad[1]->stream->skew) <
               std::abs(*bad[0]->stream->skew) / 4;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(evidence, 0, driftOf);
    if (bad.empty() || captureDrifts(bad))
        return;
    const auto &stream = *bad.front()->stream;
    const double skew = *stream.skew;
    auto &f = out.add("rtp-clock-skew", Severity::Warning, Grade::Likely,
                      fmt::format("The clock of {} [1] runs {:.0f} ppm too {}: {} adrift in {}.",
                                  stream.source.text(), std::abs(skew), skew > 0 ? "slow" : "fast",
                                  lasting(base::Duration(static_cast<std::int64_t>(
                                      std::abs(skew) * 1e-6 *
                                      static_cast<double>((stream.last - stream.first).count())))),
                                  lasting(stream.last - stream.first)));
    f.impact =
        fmt::format("The jitter buffer of the {} runs {} again and again: a click or a gap "
                    "each time; fax and modems fail.",
                    bad.front()->towardsCaller ? "caller" : "callee", skew > 0 ? "empty" : "over");
    f.evidence = {at(stream, "its timestamps against the time of arrival")};
    f.fixes = {{"Give the gateway a good clock: synchronise it with the network it belongs to "
                "(a digital trunk), or look at the timer of a virtual machine.",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule rtp_clock_skew;
const Rule rtp_clock_skew{"rtp-clock-skew",
                          "A sender's clock that drifts",
                          Severity::Warning,
                          "RFC 3550 section 6.4.1",
                          "200",
                          R"(
  answered
  1.10 alice>bob rtp 1500
* 1.10 bob>alice rtp 1500 step=161
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
