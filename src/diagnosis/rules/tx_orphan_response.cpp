// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/orphans.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 64; // requests without a response that are looked at

bool anyWithoutRequest(const calls::Call &call)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(),
                       [](const auto &t) { return !t.request.valid(); });
}

void check(const Evidence &evidence, Findings &out)
{
    if (!anyWithoutRequest(evidence.call))
        return;
    int unanswered = 0;
    for (const auto &request : evidence.call.transactions) {
        if (!request.responses.empty() || request.method == sip::Method::Ack)
            continue;
        if (++unanswered > kMost)
            return;
        const auto orphans = orphansOf(evidence, request);
        if (orphans.empty())
            continue;
        const auto first = orphans.front();
        const auto sent = evidence.message(request.request).branch();
        const auto back = evidence.message(first).branch();
        auto &f = out.add(
            "tx-orphan-response", Severity::Warning, Grade::Seen,
            fmt::format("{} answered the {} [1] with {} [2], but the top Via of the response has "
                        "the branch {} and that of the request {}: it belongs to no request.",
                        sender(evidence, first), methodOf(evidence, request),
                        codeText(evidence.trace.row(first).status),
                        back.empty() ? std::string("of nobody") : shown(back), shown(sent)));
        f.impact = "The sender of the request has to drop the response, repeats the request and "
                   "gives up after 32 s (64*T1) as if nobody had answered.";
        f.evidence = {at(evidence, request.request, sip::HeaderId::Via, "the branch that was sent"),
                      at(evidence, first, sip::HeaderId::Via, "the branch that came back")};
        f.fixes = {{"Copy the Via fields of the request into the response as they are (RFC 3261 "
                    "section 8.2.6.2).",
                    "callee's user agent", Action::None},
                   {"Look for a gateway or SIP ALG on the way that rewrites Via, and switch that "
                    "off.",
                    "NAT or firewall", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_orphan_response;
const Rule tx_orphan_response{"tx-orphan-response",
                              "A response that fits no request",
                              Severity::Warning,
                              "RFC 3261 section 17.1.3",
                              "408",
                              R"(
  0.00 alice>bob INVITE offer
* 0.20 bob>alice 180 tag=b via=other
* 2.00 bob>alice 200 tag=b answer via=other
  9.00 tick
)",
                              R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 180 tag=b
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
  9.00 tick
)",
                              check};

} // namespace diagnosis::rules
