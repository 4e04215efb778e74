// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/each_way.h>
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
    return fit > 0 && stream.lost >= fit && stream.expected <= whole + whole / 20;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(evidence, 0, [](const BoundStream &bound) {
        return outage(*bound.stream) ? static_cast<double>(bound.stream->maxGap.count()) : 0.0;
    });
    if (bad.empty())
        return;
    std::string list;
    for (const auto *each : bad)
        list += fmt::format("{} {} no packet of {} [{}] came, though it sent: {} of its numbers "
                            "are missing in all",
                            list.empty() ? "For" : ". And for", lasting(each->stream->maxGap),
                            each->stream->source.text(), list.empty() ? 1 : 2, each->stream->lost);
    auto &f = out.add("rtp-burst", Severity::Warning, gradeOfMedia(evidence), list + ".");
    f.impact = fmt::format("The {} miss{} whole words.", hearers(bad), bad.size() > 1 ? "" : "es");
    f.evidence = places(bad, "an outage");
    f.fixes = fixesOfLoss("Look for what happened then: a handover, a route that changed, a line "
                          "that was full.");
}

} // namespace

extern const Rule rtp_burst;
const Rule rtp_burst{"rtp-burst",
                     "An outage in the audio",
                     Severity::Warning,
                     "RFC 3611 section 4.7.2",
                     "200",
                     R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 300
* 8.10 bob>alice rtp 250 sequence=350
 35.00 tick
)",
                     R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 300
  8.10 bob>alice rtp 250 sequence=300
 35.00 tick
)",
                     check};

} // namespace diagnosis::rules
