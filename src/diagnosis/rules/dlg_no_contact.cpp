// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Where an ACK came all the same, some way was found to send it.
bool acknowledged(const calls::Call &call, const calls::Transaction &invite)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
        return t.method == sip::Method::Ack && t.cseq == invite.cseq;
    });
}

/// An empty one would be a flaw.
bool hasContact(const Evidence &evidence, trace::RowId answer)
{
    const bool there = evidence.mayHave(answer, sip::HeaderId::Contact);
    return there && (evidence.trace.row(answer).flawless ||
                     !evidence.message(answer).value(sip::HeaderId::Contact).empty());
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || invite.finalStatus / 100 != 2 ||
            !invite.finalResponse.valid() ||
            evidence.trace.row(invite.finalResponse).kind != trace::RowKind::Message ||
            hasContact(evidence, invite.finalResponse))
            continue;
        const bool found = acknowledged(evidence.call, invite);
        if (found && invite.inDialog)
            continue; // the target of the dialog is known from before
        auto &f =
            out.add("dlg-no-contact", found ? Severity::Warning : Severity::Error, Grade::Seen,
                    fmt::format("The 200 of {} [1] has no Contact{}.",
                                sender(evidence, invite.finalResponse),
                                found ? "; the ACK found some way all the same"
                                      : ", and no ACK for it is in this trace"));
        f.impact =
            found ? "Many callers cannot send ACK and BYE: the call ends after 32 s (64*T1)."
                  : "ACK and BYE have nowhere to go: the call ends after 32 s, or cannot be hung "
                    "up.";
        f.evidence = {at(invite.finalResponse, "no Contact")};
        f.fixes = {
            {"Put a Contact into every 2xx to INVITE.", "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_no_contact;
const Rule dlg_no_contact{"dlg-no-contact",
                          "No address to send the rest of the dialog to",
                          Severity::Error,
                          "RFC 3261 section 12.1.1",
                          "200",
                          R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 200 tag=b answer "Contact:"
  1.50 tick
)",
                          R"(
  answered
)",
                          check,
                          Reads::Messages,
                          Argues::FromAbsence};

} // namespace diagnosis::rules
