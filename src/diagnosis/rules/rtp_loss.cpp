// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/each_way.h>
#include <diagnosis/missing.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr double kMuch = 0.01, kTooMuch = 0.05;

/// Whether there is anything to tell: a pause counts for the sender here.
double lossOf(const rtp::Stream &stream)
{
    return stream.expected == 0
               ? 0
               : static_cast<double>(missing(stream)) / static_cast<double>(stream.expected);
}

/// What is told, as the ladder has it.
double shareLost(const rtp::Stream &stream)
{
    return static_cast<double>(stream.lost) / static_cast<double>(stream.expected);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(evidence, kMuch,
                                  [](const BoundStream &bound) { return lossOf(*bound.stream); });
    if (bad.empty())
        return;
    std::string list;
    for (const auto *each : bad)
        list += fmt::format("{}{} of {} that {} sent ({:.1f} %) [{}]", list.empty() ? "" : ", and ",
                            each->stream->lost, count(each->stream->expected, "packet"),
                            each->stream->source.text(), shareLost(*each->stream) * 100,
                            list.empty() ? 1 : 2);
    const bool tooMuch = shareLost(*bad.front()->stream) > kTooMuch;
    auto &f = out.add("rtp-loss", tooMuch ? Severity::Error : Severity::Warning,
                      gradeOfMedia(evidence), fmt::format("Missing here: {}.", list));
    f.impact = fmt::format("The {} hear{} gaps{}.", hearers(bad), verbEnding(bad),
                           !tooMuch         ? ""
                           : bad.size() > 1 ? ", and words are hardly understood"
                                            : " and hardly understands");
    f.evidence = places(bad, "numbers that are missing");
    f.fixes = fixesOfLoss("Look for a full line, Wi-Fi or a policer between the sender and here; "
                          "give voice its own queue (DSCP EF).");
}

} // namespace

extern const Rule rtp_loss;
const Rule rtp_loss{"rtp-loss",
                    "Packets of the audio are missing",
                    Severity::Error,
                    "RFC 3550 appendix A.3",
                    "200",
                    R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 100
* 3.30 bob>alice rtp 90 sequence=110
* 5.30 bob>alice rtp 90 sequence=210
* 7.30 bob>alice rtp 90 sequence=310
* 9.30 bob>alice rtp 90 sequence=410
 35.00 tick
)",
                    R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 100
  3.30 bob>alice rtp 90 sequence=100
  5.30 bob>alice rtp 90 sequence=190
  7.30 bob>alice rtp 90 sequence=280
  9.30 bob>alice rtp 90 sequence=370
 35.00 tick
)",
                    check};

} // namespace diagnosis::rules
