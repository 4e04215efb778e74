// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    for (const auto &cancel : call.transactions) {
        if (cancel.method != sip::Method::Cancel || !cancel.request.valid())
            continue;
        const auto invite =
            std::find_if(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
                return t.method == sip::Method::Invite && t.pair == cancel.pair &&
                       t.branch == cancel.branch;
            });
        if (invite == call.transactions.end() || invite->finalStatus / 100 != 2 ||
            invite->finished < cancel.started || call.bye.valid())
            continue;
        if (evidence.now - invite->finished < kPatience) {
            out.recheckAt(invite->finished + kPatience);
            continue;
        }
        auto &f =
            out.add("em-cancel-crossed-200", Severity::Error, Grade::Likely,
                    fmt::format("The call was cancelled [1] and answered {} later [2]; no BYE "
                                "ended it in {}.",
                                lasting(invite->finished - cancel.started),
                                lasting(evidence.now - invite->finished)));
        f.impact = "A ghost call: the callee is connected and billed, the caller has hung up.";
        f.evidence = {at(cancel.request, "the CANCEL"), at(invite->finalResponse, "the answer")};
        f.fixes = {
            {"Acknowledge the 200 and send BYE at once.", "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_cancel_crossed_200;
const Rule em_cancel_crossed_200{"em-cancel-crossed-200",
                                 "Cancelled and answered at the same moment",
                                 Severity::Error,
                                 "RFC 3261 sections 9.1 and 15",
                                 "487",
                                 R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
* 3.01 bob>alice 200 tag=b answer for=INVITE
  3.02 bob>alice 200 tag=b for=CANCEL
  3.05 alice>bob ACK tag=b
  9.00 tick
)",
                                 R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
  3.01 bob>alice 200 tag=b answer for=INVITE
  3.02 bob>alice 200 tag=b for=CANCEL
  3.05 alice>bob ACK tag=b
* 3.06 alice>bob BYE tag=b
* 3.10 bob>alice 200 tag=b for=BYE
  9.00 tick
)",
                                 check,
                                 Reads::Messages,
                                 Argues::FromAbsence};

} // namespace diagnosis::rules
