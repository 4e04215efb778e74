// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.finalStatus != 408 || t.method == sip::Method::Invite ||
            t.method == sip::Method::Ack || !t.request.valid() || !t.finalResponse.valid())
            continue;
        auto &f = out.add("tx-non-invite-408", Severity::Info, Grade::Seen,
                          fmt::format("{} answered the {} [1] with 408 after {} [2], which is sent "
                                      "to an INVITE only.",
                                      sender(evidence, t.finalResponse), methodOf(evidence, t),
                                      toldSpan(t.started, t.finished)));
        f.impact = "It comes when the sender has given up by its own timer, and says no more than "
                   "that: somebody further on was silent.";
        f.evidence = {at(t.request, "the request"), at(t.finalResponse, "too late to help")};
        f.fixes = {{"Do not answer 408 to anything but INVITE; look for who was silent behind.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_non_invite_408;
const Rule tx_non_invite_408{"tx-non-invite-408",
                             "408 to a request that nobody waits for",
                             Severity::Info,
                             "RFC 4320 section 4.1",
                             "408",
                             R"(
  answered
  9.00 alice>bob OPTIONS tag=b
*40.00 bob>alice 408 for=OPTIONS
)",
                             R"(
  answered
  9.00 alice>bob OPTIONS tag=b
  9.10 bob>alice 200 for=OPTIONS
)",
                             check};

} // namespace diagnosis::rules
