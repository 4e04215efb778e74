// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/reliability.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <optional>

namespace diagnosis::rules {
namespace {

/// PRACKs of another fork say nothing of this dialog.
bool prackSeen(const Evidence &evidence, trace::RowId answer)
{
    const auto tag = evidence.trace.row(answer).toTag;
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(), [&](const auto &each) {
        const auto &row = evidence.trace.row(each.row);
        return trace::isMessage(row.kind) && row.method == sip::Method::Prack && row.toTag == tag;
    });
}

/// How sure it is that no reliable response brought the answer: its PRACK, or both, may be missing
/// from the capture alone. nullopt: it looks like that.
std::optional<Grade> sureness(const Evidence &evidence, const calls::Transaction &invite,
                              const calls::EarlyDialog &dialog)
{
    if (prackSeen(evidence, dialog.answer))
        return std::nullopt;
    if (ownCall(evidence) || dialog.firstSdp.valid() || !allowsReliable(evidence, invite))
        return Grade::Seen;
    switch (numbersBehind(evidence, invite, dialog.answer)) {
    case Numbers::NoneBetween:
        return Grade::Seen;
    case Numbers::OneBetween:
        return std::nullopt;
    case Numbers::Untold:
        break;
    }
    // Whoever sends unreliable responses too is not known to send reliable ones.
    return !dialog.provisionals.empty() && dialog.reliables.empty() ? std::optional(Grade::Likely)
                                                                    : std::nullopt;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call)
        return;
    for (const auto &dialog : call.earlyDialogs) {
        if (!lacksSdp(evidence, dialog.answer))
            continue;
        const auto *const invite = transactionOf(call, dialog.answer);
        const bool reliable = std::any_of(dialog.reliables.begin(), dialog.reliables.end(),
                                          [](const auto &r) { return r.hasSdp; });
        if (invite == nullptr || !invite->request.valid() || reliable ||
            !evidence.describesMedia(invite->request))
            continue;
        const auto grade = sureness(evidence, *invite, dialog);
        if (!grade)
            continue;
        auto text = fmt::format("{} answered the offer [1] with a 200 without a description [2]",
                                sender(evidence, dialog.answer));
        text +=
            dialog.firstSdp.valid()
                ? fmt::format("; the one in its unreliable {} [3] is a preview, not the answer.",
                              codeText(evidence.trace.row(dialog.firstSdp).status))
                : std::string(", and no reliable response before it had one.");
        auto &f = out.add("em-200-no-answer", Severity::Error, *grade, std::move(text));
        f.impact = "Callers that keep to the rules end the call, the others keep the preview, if "
                   "they saw one.";
        f.evidence = {at(invite->request, "the offer"), at(dialog.answer, "the 200")};
        if (dialog.firstSdp.valid())
            f.evidence.push_back(at(dialog.firstSdp, "the preview"));
        f.fixes = {
            {"Repeat the description of the 18x in the 200.", "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_200_no_answer;
const Rule em_200_no_answer{"em-200-no-answer",
                            "Answered without an answer to the offer",
                            Severity::Error,
                            "RFC 3261 section 13.2.1",
                            "200",
                            R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
* 2.00 bob>alice 200 tag=b
  2.05 alice>bob ACK tag=b
)",
                            R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.30 alice>bob PRACK tag=b rack=1/1
  0.35 bob>alice 200 tag=b for=PRACK
  2.00 bob>alice 200 tag=b
  2.05 alice>bob ACK tag=b
)",
                            check,
                            Reads::Messages,
                            Argues::FromAbsence};

} // namespace diagnosis::rules
