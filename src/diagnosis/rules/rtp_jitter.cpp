// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/each_way.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 250;
constexpr auto kMuch = std::chrono::milliseconds(30), kTooMuch = std::chrono::milliseconds(60);

/// Of a stream whose timestamps keep the pace of its packets: else the sender is odd, not the way.
bool measurable(const rtp::Stream &stream)
{
    return stream.packets >= kEnough && ofOneType(stream) && stream.sequenceResets == 0 &&
           !paceDiffers(stream);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(
        evidence, static_cast<double>(base::Duration(kMuch).count()), [](const BoundStream &bound) {
            return measurable(*bound.stream) ? static_cast<double>(bound.stream->meanJitter.count())
                                             : 0.0;
        });
    if (bad.empty())
        return;
    std::string list;
    for (const auto *each : bad)
        list += fmt::format("{}those of {} [{}] with {} of jitter on average, {} at worst",
                            list.empty() ? "" : ", and ", each->stream->source.text(),
                            list.empty() ? 1 : 2, lasting(each->stream->meanJitter),
                            lasting(each->stream->maxJitter));
    auto &f =
        out.add("rtp-jitter",
                bad.front()->stream->meanJitter > kTooMuch ? Severity::Error : Severity::Warning,
                gradeOfMedia(evidence), fmt::format("Packets arrive unevenly: {}.", list));
    f.impact = fmt::format("The {} hear{} gaps, or the words later than they are spoken: the "
                           "jitter buffer has to wait.",
                           hearers(bad), verbEnding(bad));
    f.evidence = places(bad, "jitter by RFC 3550");
    f.fixes = {{"Look for a line that is shared with bulk traffic, or Wi-Fi; give voice its own "
                "queue (DSCP EF).",
                "operator", Action::None}};
}

} // namespace

extern const Rule rtp_jitter;
const Rule rtp_jitter{"rtp-jitter",
                      "Packets arrive unevenly",
                      Severity::Error,
                      "RFC 3550 section 6.4.1",
                      "200",
                      R"(
  answered
  1.10 alice>bob rtp 600
* 1.10 bob>alice rtp 600 shaken=90
 35.00 tick
)",
                      R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 600 shaken=9
 35.00 tick
)",
                      check};

} // namespace diagnosis::rules
