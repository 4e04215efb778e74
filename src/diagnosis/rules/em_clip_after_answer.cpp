// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLong = std::chrono::milliseconds(500);
constexpr auto kWords = std::chrono::seconds(1); // more than anybody waits before speaking

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (!call.answered.known() || call.winner >= call.earlyDialogs.size())
        return;
    const BoundStream *first = nullptr;
    for (const auto &bound : evidence.streams) {
        if (!bound.towardsCaller)
            continue;
        if (bound.early)
            return; // the path stood before
        if (first == nullptr || bound.stream->first < first->stream->first)
            first = &bound;
    }
    if (first == nullptr || first->earlyDialog != call.winner)
        return;
    const auto late = first->stream->first - call.answered;
    if (late < kLong)
        return;
    auto &f = out.add(
        "em-clip-after-answer", late >= kWords ? Severity::Warning : Severity::Info, Grade::Seen,
        fmt::format("The call was answered [1] and the first sound towards the caller "
                    "came {} later [2].",
                    lasting(late)));
    f.impact = "The callee's first words are lost.";
    f.evidence = {at(call.earlyDialogs[call.winner].answer, "the answer"),
                  at(*first->stream, "the first sound")};
    f.fixes = {{"Set the media up before the answer, by a 183 with a description.",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule em_clip_after_answer;
const Rule em_clip_after_answer{"em-clip-after-answer",
                                "The first words were lost",
                                Severity::Warning,
                                "RFC 3960 section 3.1",
                                "200",
                                R"(
  answered
  1.06 alice>bob rtp 300
* 2.50 bob>alice rtp 200
)",
                                R"(
  answered
  1.06 alice>bob rtp 300
  1.10 bob>alice rtp 200
)",
                                check};

} // namespace diagnosis::rules
