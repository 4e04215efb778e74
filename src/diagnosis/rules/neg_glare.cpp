// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// There is no session yet that both sides could change.
void tellInitial(const Evidence &evidence, const calls::Transaction &t, Findings &out)
{
    auto &f =
        out.add("neg-glare", Severity::Info, Grade::Seen,
                fmt::format("{} refused the first INVITE [1] with 491 [2], which is meant for "
                            "a change within a dialog that crosses another.",
                            sender(evidence, t.finalResponse)));
    f.impact = "The call is not set up. Often a B2BUA hands on what its other side said to a "
               "change of its own.";
    f.evidence = {at(t.request, "the first INVITE"), at(t.finalResponse, "the refusal")};
    f.fixes = {{"Answer a first INVITE with the reason for which the call cannot be: 480, 486 or "
                "488.",
                "callee's user agent", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.finalStatus != 491 || !t.request.valid() || !t.finalResponse.valid())
            continue;
        if (!t.inDialog && t.method == sip::Method::Invite) {
            tellInitial(evidence, t, out);
            return;
        }
        auto &f = out.add("neg-glare", Severity::Info, Grade::Seen,
                          fmt::format("{} refused the {} [1] with 491 [2]: an offer of its own was "
                                      "under way.",
                                      sender(evidence, t.finalResponse), methodOf(evidence, t)));
        f.impact =
            "The change comes a little later: the owner of the Call-ID tries again after 2.1 "
            "to 4 s, the other side within 2 s.";
        f.evidence = {at(t.request, "one offer"), at(t.finalResponse, "another was pending")};
        f.fixes = {{"Nothing, if it is rare; try again after the time that RFC 3261 gives.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_glare;
const Rule neg_glare{"neg-glare",
                     "Both sides changed the session at once",
                     Severity::Info,
                     "RFC 3261 section 14.1",
                     "491",
                     R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
* 9.05 bob>alice 491 tag=b
* 9.10 alice>bob ACK tag=b cseq=2
)",
                     R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
  9.05 bob>alice 200 answer
  9.10 alice>bob ACK tag=b cseq=2
)",
                     check};

} // namespace diagnosis::rules
