// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Drafts of outbound before -05 said 410 for a flow that is gone. A user agent may say 410 as
/// well, so nobody may have rung, and the request must have named a flow.
void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.finalStatus != 410 || !transaction.request.valid() ||
            transaction.method == sip::Method::Register || wasProgressing(evidence, transaction))
            continue;
        const auto way = routed(evidence, transaction);
        if (!way || way->token.clear || !(way->token.ob || way->token.readable))
            continue;
        auto &f =
            out.add("flow-410-token", Severity::Warning, Grade::Likely,
                    fmt::format("{} answered 410 Gone [1] after {} to the {} whose Route names "
                                "{} [2]: edges older than RFC 5626 say so when that flow is "
                                "gone, where 430 is meant.",
                                sender(evidence, transaction.finalResponse),
                                lasting(transaction.finished - transaction.started),
                                methodOf(evidence, transaction),
                                tokenText(evidence, way->token, transaction.started)));
        f.impact = reachedLater(evidence, transaction) != nullptr
                       ? "None for the caller here, for another flow was tried and answered; most "
                         "proxies take 410 for the user agent's own answer."
                       : "The home proxy takes 410 for the user agent's own answer and tries none "
                         "of its other flows.";
        f.evidence = {at(transaction.finalResponse, "the refusal"),
                      at(evidence, transaction.request, way->token.value, "the flow token")};
        f.fixes = {{"Bring the edge to RFC 5626 (430; repro: OutboundVersion = 5626).",
                    "edge proxy", Action::None},
                   {"Treat 410 from an edge like 430: try the target's next flow.", "home proxy",
                    Action::None}};
        f.offers = flowOffers(evidence, transaction);
        return;
    }
}

} // namespace

extern const Rule flow_410_token;
const Rule flow_410_token{"flow-410-token",
                          "410 to a flow token: an edge of an old draft",
                          Severity::Warning,
                          "draft-ietf-sip-outbound-04",
                          "410",
                          R"(
  0.000 alice>home INVITE tcp offer
  0.002 home>edge INVITE tcp offer "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>"
* 0.010 edge>home 410 tcp tag=e
  0.012 home>alice 480 tcp tag=h
)",
                          R"(
  0.000 alice>home INVITE tcp offer
  0.002 home>edge INVITE tcp offer "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>"
* 0.500 edge>home 180 tcp tag=b
  3.000 edge>home 410 tcp tag=b
  3.002 home>alice 410 tcp tag=b
)",
                          check};

} // namespace diagnosis::rules
