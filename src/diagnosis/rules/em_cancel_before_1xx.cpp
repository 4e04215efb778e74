// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/orphans.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// On the same hop: a CANCEL shares the branch of what it cancels.
const calls::Transaction *cancelled(const calls::Call &call, const calls::Transaction &cancel)
{
    for (const auto &transaction : call.transactions)
        if (transaction.method == sip::Method::Invite && transaction.pair == cancel.pair &&
            transaction.branch == cancel.branch)
            return &transaction;
    return nullptr;
}

/// Somebody further on had answered by then: what came back on this hop the capture may lack.
bool answeredBehind(const Evidence &evidence, const calls::Transaction &invite, base::Instant when)
{
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const calls::Transaction &t) {
                           return t.method == sip::Method::Invite && t.cseq == invite.cseq &&
                                  t.pair != invite.pair && !t.inDialog && !t.responses.empty() &&
                                  evidence.trace.row(t.responses.front()).status > 100 &&
                                  evidence.time(t.responses.front()) < when;
                       });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &cancel : evidence.call.transactions) {
        if (cancel.method != sip::Method::Cancel || !cancel.request.valid())
            continue;
        const auto *const invite = cancelled(evidence.call, cancel);
        if (invite == nullptr || !invite->request.valid())
            continue;
        const bool heard =
            std::any_of(invite->responses.begin(), invite->responses.end(),
                        [&](trace::RowId row) { return evidence.time(row) <= cancel.started; });
        // Responses of others in this direction prove that the capture sees them.
        const bool visible = !invite->responses.empty() || !cancel.responses.empty();
        // Responses under a wrong branch may have been taken: tx-orphan-response tells of them.
        const auto orphans = orphansOf(evidence, *invite);
        if (!orphans.empty() && evidence.time(orphans.front()) <= cancel.started)
            continue;
        if (heard || !visible || answeredBehind(evidence, *invite, cancel.started))
            continue;
        auto &f = out.add("em-cancel-before-1xx", Severity::Error, Grade::Seen,
                          fmt::format("{} sent CANCEL [2] {} after the INVITE [1], before any "
                                      "response to it.",
                                      sender(evidence, cancel.request),
                                      toldSpan(invite->started, cancel.started)));
        f.impact = "The CANCEL may overtake the INVITE: it is answered 481 and the phone rings on.";
        f.evidence = {at(invite->request, "the INVITE"), at(cancel.request, "too early")};
        f.fixes = {{"Hold the CANCEL back until the first provisional response.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_cancel_before_1xx;
const Rule em_cancel_before_1xx{"em-cancel-before-1xx",
                                "CANCEL before any response",
                                Severity::Error,
                                "RFC 3261 section 9.1",
                                "481",
                                R"(
  0.00 alice>bob INVITE offer
* 0.10 alice>bob CANCEL
* 0.20 bob>alice 481 tag=b for=CANCEL
)",
                                R"(
  0.00 alice>bob INVITE offer
* 0.05 bob>alice 100
  0.10 alice>bob CANCEL
  0.20 bob>alice 200 tag=b for=CANCEL
  0.21 bob>alice 487 tag=b for=INVITE
  0.25 alice>bob ACK tag=b
)",
                                check,
                                Reads::Messages,
                                Argues::FromAbsence};

} // namespace diagnosis::rules
