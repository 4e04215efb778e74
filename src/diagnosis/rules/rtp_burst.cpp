// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kGap = std::chrono::milliseconds(200);
constexpr std::uint64_t kEnough = 100;

/// The longest time without a packet, in which as many are missing as fit: an outage, no pause of
/// the sender.
bool outage(const rtp::Stream &stream)
{
    if (stream.packets < kEnough || stream.ptime.count() <= 0 || stream.maxGap < kGap ||
        stream.sequenceResets != 0)
        return false;
    const auto fit = static_cast<std::uint64_t>(stream.maxGap / stream.ptime) - 1;
    const auto whole = static_cast<std::uint64_t>((stream.last - stream.first) / stream.ptime) + 1;
    return stream.lost >= fit && stream.expected <= whole + whole / 20;
}

void check(const Evidence &evidence, Findings &out)
{
    const BoundStream *worst = nullptr;
    for (const auto &bound : evidence.streams)
        if (bound.certainty != Certainty::Guess && outage(*bound.stream) &&
            (worst == nullptr || bound.stream->maxGap > worst->stream->maxGap))
            worst = &bound;
    if (worst == nullptr)
        return;
    const auto &stream = *worst->stream;
    auto &f =
        out.add("rtp-burst", Severity::Warning, ownCall(evidence) ? Grade::Seen : Grade::Likely,
                fmt::format("For {} no packet of {} [1] came, though it sent: {} of its "
                            "numbers are missing in all.",
                            lasting(stream.maxGap), stream.source.text(), stream.lost));
    f.impact =
        fmt::format("The {} misses whole words.", worst->towardsCaller ? "caller" : "callee");
    f.evidence = {at(stream, "an outage")};
    f.fixes = {{"Look for what happened then: a handover, a route that changed, a line that was "
                "full.",
                "operator", Action::None},
               {"Make sure that the capture itself lost nothing: its own count of dropped packets.",
                "who captures", Action::None}};
}

} // namespace

extern const Rule rtp_burst;
const Rule rtp_burst{"rtp-burst",
                     "An outage in the audio",
                     Severity::Warning,
                     "RFC 3611 section 4.7.2",
                     "200",
                     R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 300
* 8.10 bob>alice rtp 250 sequence=350
 35.00 tick
)",
                     R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 300
  8.10 bob>alice rtp 250 sequence=300
 35.00 tick
)",
                     check};

} // namespace diagnosis::rules
