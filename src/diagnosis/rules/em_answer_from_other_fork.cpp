// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/ears.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// What a caller that follows RFC 3960 played when the answer came; nullptr: no branch's media.
const EarSwitch *playedAt(const std::vector<EarSwitch> &switches, base::Instant answered)
{
    const EarSwitch *last = nullptr;
    for (const auto &each : switches)
        if (each.at < answered)
            last = &each;
    return last != nullptr && last->what == Hears::EarlyMedia ? last : nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.earlyDialogs.size() < 2 || call.winner >= call.earlyDialogs.size() ||
        evidence.streams.empty() || !call.answered.known())
        return;
    const auto &winner = call.earlyDialogs[call.winner];
    const auto switches = hearBy(EarPolicy::Rfc3960, earEvents(evidence), evidence.now);
    const auto *const played = playedAt(switches, call.answered);
    if (played == nullptr || played->dialog == call.winner || !winner.answer.valid() ||
        played->dialog >= call.earlyDialogs.size() || !played->stream.valid())
        return;
    const auto &other = call.earlyDialogs[played->dialog];
    if (other.toTag.empty() || winner.toTag.empty())
        return;             // dlg-tag-missing: who is who cannot be told
    const bool inReliable = // RFC 3262 section 5: then the 200 has none
        std::any_of(winner.reliables.begin(), winner.reliables.end(),
                    [](const calls::ReliableResponse &each) { return each.hasSdp; });
    const bool untold = !winner.answerSdp.valid() && !inReliable;
    auto &f = out.add(
        "em-answer-from-other-fork", untold ? Severity::Warning : Severity::Info, Grade::Seen,
        fmt::format("The branch with To-tag {} was heard before the answer [1], and the one with "
                    "To-tag {} answered [2]{}.",
                    shown(other.toTag), shown(winner.toTag),
                    untold ? " without a description" : ""));
    f.impact = untold ? "A caller may go on with the media of the branch that did not answer, or "
                        "with none."
                      : "What is heard changes its source with the answer: a short gap is usual, a "
                        "caller that stays with the old branch hears nothing.";
    f.evidence = {at(winner.answer, "the answer")};
    f.evidence.insert(f.evidence.begin(), [&] {
        EvidenceRef ref;
        ref.stream = played->stream;
        ref.note = "what was heard until then";
        return ref;
    }());
    f.fixes = {{"Take the media of the branch that answered at once, and drop the others (RFC 3261 "
                "section 13.2.2.4).",
                "caller's user agent", Action::None}};
    if (untold)
        f.fixes.push_back({"Put the answer into the 200.", "gateway or SBC", Action::None});
}

} // namespace

extern const Rule em_answer_from_other_fork;
const Rule em_answer_from_other_fork{"em-answer-from-other-fork",
                                     "Another branch answers than was heard",
                                     Severity::Warning,
                                     "RFC 3261 section 13.2.2.4",
                                     "183",
                                     R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.20 bob>alice rtp 80
  0.90 proxy>alice 180 tag=c
* 2.00 proxy>alice 200 tag=c
  2.01 alice>proxy ACK tag=c
  2.02 carol>alice rtp 100
)",
                                     R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.20 bob>alice rtp 80
  0.90 proxy>alice 180 tag=c
  2.00 proxy>alice 200 tag=b sdp=0@bob
  2.01 alice>proxy ACK tag=b
  2.02 bob>alice rtp 100 sequence=80
)",
                                     check};

} // namespace diagnosis::rules
