// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostDialogs = 16; // that are looked at

/// A 199, or a failure of its own, closed the dialog (RFC 6228).
bool closed(const Evidence &evidence, const calls::EarlyDialog &dialog)
{
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (trace::isMessage(row.kind) && row.method == sip::Method::Invite &&
            (row.status == 199 || row.status >= 300) &&
            evidence.trace.tag(row.toTag) == dialog.toTag)
            return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.winner >= call.earlyDialogs.size() || call.earlyDialogs.size() < 2)
        return;
    const auto &winner = call.earlyDialogs[call.winner];
    std::vector<const calls::EarlyDialog *> open;
    std::size_t read = 0;
    for (const auto &dialog : call.earlyDialogs)
        if (++read <= kMostDialogs && &dialog != &winner && !dialog.answer.valid() &&
            dialog.alerting && !closed(evidence, dialog)) // one that never rang is no branch
            open.push_back(&dialog);
    if (open.empty() || !winner.answer.valid())
        return;
    auto &f =
        out.add("dlg-two-early-one-answer", Severity::Info, Grade::Seen,
                fmt::format("{} answered [1] while {} never told to be over [2].",
                            sender(evidence, winner.answer),
                            open.size() == 1
                                ? "one branch that had rung too was"
                                : fmt::format("{} branches that had rung too were", open.size())));
    f.impact = "None for this call: the answer ends the others. A caller that keeps state or media "
               "for each branch must drop it by itself.";
    f.evidence = {at(winner.answer, "the answer"),
                  at(open.front()->provisionals.front(), "still early")};
    f.fixes = {
        {"Nothing has to be done; a proxy may send 199 for branches that are over (RFC 6228).",
         "operator", Action::None}};
}

} // namespace

extern const Rule dlg_two_early_one_answer;
const Rule dlg_two_early_one_answer{"dlg-two-early-one-answer",
                                    "One branch answered, the others just end",
                                    Severity::Info,
                                    "RFC 3261 section 13.2.2.4, RFC 6228",
                                    "199",
                                    R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 180 tag=b
* 0.11 proxy>alice 180 tag=c
  2.00 proxy>alice 200 tag=b answer
  2.01 alice>proxy ACK tag=b
)",
                                    R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 180 tag=b
  0.11 proxy>alice 180 tag=c
* 1.00 proxy>alice 199 tag=c
  2.00 proxy>alice 200 tag=b answer
  2.01 alice>proxy ACK tag=b
)",
                                    check};

} // namespace diagnosis::rules
