// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const offer : laterOffers(evidence)) {
        const auto &t = *offer;
        const auto *const audio = sdpOf(evidence, t.request).audio();
        if (audio == nullptr || audio->port == 0)
            continue;
        if (audio->connection != "0.0.0.0" && audio->connection != "::")
            continue;
        auto &f = out.add("neg-hold-c0", Severity::Info, Grade::Seen,
                          fmt::format("{} holds the call by the address {} [1].",
                                      sender(evidence, t.request), shown(audio->connection)));
        f.impact = "No RTCP and no music on hold can pass, and some peers do not take it for hold.";
        f.evidence = {at(evidence, t.request, audio->line, "held by address")};
        f.fixes = {{"Hold by a=sendonly or a=inactive and keep the address.",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_hold_c0;
const Rule neg_hold_c0{"neg-hold-c0",
                       "Hold in the old way",
                       Severity::Info,
                       "RFC 3264 section 8.4",
                       "200",
                       R"(
  answered
* 9.00 alice>bob INVITE tag=b cseq=2 sdp=0@0.0.0.0:4000
* 9.05 bob>alice 200 answer
* 9.10 alice>bob ACK tag=b cseq=2
)",
                       R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 sdp=0/sendonly
  9.05 bob>alice 200 sdp=0/recvonly
  9.10 alice>bob ACK tag=b cseq=2
)",
                       check};

} // namespace diagnosis::rules
