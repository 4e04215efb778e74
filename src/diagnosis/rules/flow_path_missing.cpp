// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || !transaction.request.valid() ||
            transaction.finalStatus / 100 != 2)
            continue;
        const auto &request = evidence.message(transaction.request);
        const auto &answer = evidence.message(transaction.finalResponse);
        // Behind the first hop, where the edge has put its Path in.
        if (request.find(sip::HeaderId::Path) == nullptr ||
            !answer.lists(sip::HeaderId::Require, "outbound") ||
            answer.find(sip::HeaderId::Path) != nullptr)
            continue;
        auto &f =
            out.add("flow-path-missing", Severity::Warning, Grade::Seen,
                    fmt::format("{} granted outbound [2] and did not return the Path that the "
                                "REGISTER came with [1].",
                                sender(evidence, transaction.finalResponse)));
        f.impact = "The user agent cannot see whether its way was kept. Where it was not, calls go "
                   "around the edge, past the flow; a call's Route with that token shows that it "
                   "was.";
        f.evidence = {at(evidence, transaction.request, sip::HeaderId::Path, "the edge's Path"),
                      at(evidence, transaction.finalResponse, sip::HeaderId::Require, "granted")};
        f.fixes = {{"Store the Path with the binding and return it in the 200 (RFC 3327).",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_path_missing;
const Rule flow_path_missing{"flow-path-missing",
                             "A flow was granted and its way was not kept",
                             Severity::Warning,
                             "RFC 3327 section 5.3, RFC 5626 section 5.1",
                             "200",
                             R"(
  0.00 edge>home REGISTER tcp "Supported: path, outbound" "Via: SIP/2.0/TCP 192.0.2.20:5060;branch=z9hG4bK-ua" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"" "Path: <sip:token@192.0.2.2;lr;ob>"
* 0.05 home>edge 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                             R"(
  0.00 edge>home REGISTER tcp "Supported: path, outbound" "Via: SIP/2.0/TCP 192.0.2.20:5060;branch=z9hG4bK-ua" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"" "Path: <sip:token@192.0.2.2;lr;ob>"
  0.05 home>edge 200 tcp tag=r "Require: outbound" "Path: <sip:token@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
