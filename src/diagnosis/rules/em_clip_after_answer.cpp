// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/rule.h>
#include <diagnosis/suppression.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLong = std::chrono::milliseconds(500);
constexpr auto kWords = std::chrono::seconds(1); // more than anybody waits before speaking

/// When its first packet behind `when` came, to the millisecond; unknown: none did.
base::Instant firstAfter(const rtp::Stream &stream, base::Instant when)
{
    if (stream.first > when)
        return stream.first;
    const auto before = stream.arrivedBefore(when);
    auto low = when, high = stream.last + std::chrono::milliseconds(1);
    if (stream.arrivedBefore(high) <= before)
        return {};
    while (high - low > std::chrono::milliseconds(1)) {
        const auto middle = low + (high - low) / 2;
        (stream.arrivedBefore(middle) > before ? high : low) = middle;
    }
    return high;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (!call.answered.known() || call.winner >= call.earlyDialogs.size())
        return;
    const BoundStream *first = nullptr;
    base::Instant sound;
    for (const auto &bound : evidence.streams) {
        const auto came =
            bound.towardsCaller ? firstAfter(*bound.stream, call.answered) : base::Instant{};
        if (came.known() && (first == nullptr || came < sound)) {
            first = &bound;
            sound = came;
        }
    }
    if (first == nullptr || first->earlyDialog != call.winner)
        return;
    const auto late = sound - call.answered;
    if (late < kLong || maySuppress(evidence, *first)) // who listens first sends nothing
        return;
    for (const Described &each : descriptions(evidence, call.winner))
        if (each.from > call.answered && each.from < sound)
            return; // it came by a later exchange
    auto &f = out.add(
        "em-clip-after-answer", late >= kWords ? Severity::Warning : Severity::Info, Grade::Seen,
        fmt::format("The call was answered [1] and the first sound towards the caller "
                    "came {} later [2]{}.",
                    lasting(late), first->early ? ", where early media had come before" : ""));
    f.impact = "The callee's first words are lost.";
    f.evidence = {at(call.earlyDialogs[call.winner].answer, "the answer"),
                  at(*first->stream, "the first sound")};
    f.fixes = {{first->early ? "Let the media go on over the answer: what changes over from the "
                               "early media to the callee must not wait for the ACK."
                             : "Set the media up before the answer, by a 183 with a description.",
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
