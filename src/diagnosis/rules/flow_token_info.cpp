// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Such a call has a finding of its own that reads the token.
bool failedOverFlow(int status)
{
    constexpr std::array kCodes{403, 404, 408, 410, 430, 439, 477, 480, 500, 503, 504};
    return std::find(kCodes.begin(), kCodes.end(), status) != kCodes.end();
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return; // of a call that a flow kept away the other rules read it
    for (const auto &transaction : evidence.call.transactions)
        if (failedOverFlow(transaction.finalStatus))
            return;
    for (const auto &transaction : evidence.call.transactions) {
        if (!transaction.request.valid() || evidence.trace.row(transaction.request).viaCount < 2)
            continue; // nobody has put a token into it yet
        for (const auto &token : tokensOf(evidence, transaction.request)) {
            if (!token.readable || !token.readable->edge.known() ||
                !token.readable->userAgent.known())
                continue;
            auto &f =
                out.add("flow-token-info", Severity::Info, Grade::Seen,
                        fmt::format("The {} of the {} [1] can be read: {}.",
                                    sip::headerText(token.header), methodOf(evidence, transaction),
                                    tokenText(evidence, token, transaction.started)));
            f.impact = "Requests that come back by it take that connection and no other.";
            f.evidence = {at(evidence, transaction.request, token.value, "the flow token")};
            f.fixes = {{"Nothing is wrong; look for this connection at the edge if requests do not "
                        "come back.",
                        "operator", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_token_info;
const Rule flow_token_info{"flow-token-info",
                           "A flow token that can be read",
                           Severity::Info,
                           "RFC 5626 section 5.2",
                           "430",
                           R"(
  0.00 bob>edge REGISTER tcp sport=34567 "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 0.01 edge>home REGISTER tcp "Path: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>"
* 0.05 home>edge 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                           R"(
  0.00 bob>edge REGISTER tcp sport=34567 "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.01 edge>home REGISTER tcp "Path: <sip:7f3a9b@192.0.2.2;lr;ob>"
  0.05 home>edge 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                           check,
                           Reads::Messages};

} // namespace diagnosis::rules
