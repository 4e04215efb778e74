// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The INVITE that was meant: of the same hop and number, and still unanswered then, as its server
/// showed by what it answered later.
const calls::Transaction *openInvite(const Evidence &evidence, const calls::Transaction &cancel)
{
    const calls::Transaction *found = nullptr;
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || invite.pair != cancel.pair || invite.inDialog ||
            !invite.request.valid() || invite.started > cancel.started)
            continue;
        const bool open = invite.finalResponse.valid() && invite.finished > cancel.finished;
        if (invite.branch == cancel.branch)
            return open ? &invite : nullptr;
        found = open ? &invite : found;
    }
    return found;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &cancel : evidence.call.transactions) {
        if (cancel.method != sip::Method::Cancel || cancel.finalStatus != 481 ||
            !cancel.request.valid() || !cancel.finalResponse.valid())
            continue;
        const auto *const invite = openInvite(evidence, cancel);
        if (invite == nullptr)
            continue;
        const bool other = invite->branch != cancel.branch;
        auto &f = out.add(
            "tx-cancel-481", Severity::Warning, Grade::Seen,
            fmt::format("{} answered the CANCEL [2] with 481 [3] while the INVITE [1] was still "
                        "open there, as its {} shows [4]{}.",
                        sender(evidence, cancel.finalResponse), codeText(invite->finalStatus),
                        other ? ": the CANCEL has another branch than the INVITE"
                        : invite->cseq != cancel.cseq
                            ? fmt::format(": the CANCEL has the CSeq number {} and the INVITE {}",
                                          cancel.cseq, invite->cseq)
                            : std::string()));
        f.impact = "The callee goes on ringing after the caller hung up.";
        f.evidence = {at(evidence, invite->request, sip::HeaderId::Via, "the INVITE's branch"),
                      at(evidence, cancel.request, sip::HeaderId::Via, "the CANCEL's"),
                      at(cancel.finalResponse, "no such transaction"),
                      at(invite->finalResponse, "it was there")};
        f.fixes = {{"Send CANCEL with the top Via, branch and all, the Request-URI, To, From, "
                    "Call-ID, CSeq number and Route of the INVITE.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_cancel_481;
const Rule tx_cancel_481{"tx-cancel-481",
                         "CANCEL that finds no call",
                         Severity::Warning,
                         "RFC 3261 sections 9.1 and 9.2",
                         "481",
                         R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
* 3.00 alice>bob CANCEL branch=wrong
* 3.01 bob>alice 481 for=CANCEL
  9.00 bob>alice 486 tag=b for=INVITE
  9.01 alice>bob ACK tag=b
)",
                         R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
  2.99 bob>alice 486 tag=b for=INVITE
  3.00 alice>bob CANCEL
  3.01 bob>alice 481 for=CANCEL
  3.02 alice>bob ACK tag=b
)",
                         check};

} // namespace diagnosis::rules
