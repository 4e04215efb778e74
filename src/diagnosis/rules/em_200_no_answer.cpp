// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// A reliable response with the answer, or its PRACK, may be missing from the capture alone.
bool mayHaveBeenReliable(const Evidence &evidence, const calls::Transaction &invite,
                         const calls::EarlyDialog &dialog)
{
    const bool prack =
        std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                    [](const auto &t) { return t.method == sip::Method::Prack; });
    return prack || (!ownCall(evidence) && !dialog.firstSdp.valid() &&
                     evidence.message(invite.request).lists(sip::HeaderId::Supported, "100rel"));
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
            !evidence.describesMedia(invite->request) ||
            mayHaveBeenReliable(evidence, *invite, dialog))
            continue;
        auto text = fmt::format("{} answered the offer [1] with a 200 without a description [2]",
                                sender(evidence, dialog.answer));
        text +=
            dialog.firstSdp.valid()
                ? fmt::format("; the one in its unreliable {} [3] is a preview, not the answer.",
                              codeText(evidence.trace.row(dialog.firstSdp).status))
                : std::string(", and no reliable response before it had one.");
        auto &f = out.add("em-200-no-answer", Severity::Error, Grade::Seen, std::move(text));
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
