// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(32); // 64*T1
constexpr auto kRounded = std::chrono::seconds(1);   // our timer began before the 200 came

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &cancel : evidence.call.transactions) {
        if (cancel.method != sip::Method::Cancel || cancel.finalStatus / 100 != 2)
            continue;
        const auto invite = std::find_if(evidence.call.transactions.begin(),
                                         evidence.call.transactions.end(), [&](const auto &t) {
                                             return t.method == sip::Method::Invite &&
                                                    t.pair == cancel.pair &&
                                                    t.branch == cancel.branch;
                                         });
        if (invite == evidence.call.transactions.end() || invite->finalResponse.valid() ||
            invite->ack.valid()) // acknowledged: only not captured
            continue;
        // A call of ours is given up at the same time; before that something else ended it.
        const bool given = invite->localFailure.valid();
        const auto until = given ? evidence.time(invite->localFailure) : evidence.now;
        if (until - cancel.finished < kPatience - (given ? kRounded : base::Duration{0})) {
            if (!given)
                out.recheckAt(cancel.finished + kPatience);
            continue;
        }
        auto &f = out.add("em-487-missing", Severity::Warning, Grade::Likely,
                          fmt::format("{} confirmed the CANCEL [1] and never ended the INVITE: no "
                                      "487 came in {}.",
                                      sender(evidence, cancel.finalResponse),
                                      lasting(until - cancel.finished)));
        f.impact = "The caller gives up by its own timer; the callee's phone may go on ringing.";
        f.evidence = {at(cancel.finalResponse, "the CANCEL was taken")};
        f.fixes = {{"Answer the INVITE with 487 when its CANCEL is taken.", "gateway or SBC",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_487_missing;
const Rule em_487_missing{"em-487-missing",
                          "A cancelled call that never ends",
                          Severity::Warning,
                          "RFC 3261 section 9.2",
                          "487",
                          R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
* 3.05 bob>alice 200 tag=b for=CANCEL
  40.00 tick
)",
                          R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
  3.05 bob>alice 200 tag=b for=CANCEL
* 3.06 bob>alice 487 tag=b for=INVITE
  3.10 alice>bob ACK tag=b
  40.00 tick
)",
                          check,
                          Reads::Messages,
                          Argues::FromAbsence};

} // namespace diagnosis::rules
