// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostFlows = 4096; // beyond, each call would have to look at too many

/// A connection that this very flow had before: the same device and reg-id.
bool formerlyOf(const Evidence &evidence, const flows::Flow &flow, const TokenSeen &token)
{
    const auto *const named = flowOf(evidence, token);
    if (named == nullptr || namesNow(flow, token))
        return false;
    return named == &flow || (sameDevice(*named, flow) && named->userAgent != flow.userAgent &&
                              named->report.regId == flow.report.regId &&
                              named->registered.known() && named->registered < flow.registered);
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.flows.empty() || evidence.flows.size() > kMostFlows ||
        evidence.call.kind == calls::Kind::Registration)
        return;
    for (const auto &transaction : evidence.call.transactions) {
        const bool forms = transaction.method == sip::Method::Invite ||
                           transaction.method == sip::Method::Subscribe;
        if (!forms || transaction.inDialog || !transaction.request.valid() ||
            evidence.trace.row(transaction.request).viaCount < 2)
            continue;
        const auto *const flow =
            standingBetween(evidence, evidence.trace.destination(transaction.request),
                            evidence.trace.source(transaction.request),
                            evidence.trace.row(transaction.request).transport, transaction.started);
        if (flow == nullptr)
            continue;
        for (const auto &token : tokensOf(evidence, transaction.request)) {
            if (token.header != sip::HeaderId::RecordRoute || !formerlyOf(evidence, *flow, token))
                continue;
            auto &f = out.add(
                "flow-token-not-mine", Severity::Warning, Grade::Likely,
                fmt::format("The {} came to {} over its living flow [2], but the Record-Route of "
                            "its edge [1] names a connection that was replaced: {}.",
                            methodOf(evidence, transaction), flow->userAgent.text(),
                            tokenText(evidence, token, transaction.started)));
            f.impact = "Later requests of this dialog are sent to the old connection: BYE, hold "
                       "and transfer fail with 430, or with nothing.";
            f.evidence = {at(evidence, transaction.request, token.value, "the flow token"),
                          at(*flow, "the flow it came by")};
            f.fixes = {{"Make the token of Record-Route from the connection the request is sent "
                        "on, not from a stored Path.",
                        "edge proxy", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_token_not_mine;
const Rule flow_token_not_mine{"flow-token-not-mine",
                               "A flow token of a connection that was replaced",
                               Severity::Warning,
                               "RFC 5626 section 5.3",
                               "430",
                               R"(
  0.00 bob>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  9.00 edge>bob tcp dport=34567 fin
 10.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=34568 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 10.05 edge>bob 200 tcp call=r1 dport=34568 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 alice>edge INVITE tcp offer
*20.01 edge>bob INVITE tcp dport=34568 offer "Record-Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr>"
*21.00 bob>edge 200 tcp sport=34568 tag=b answer
 21.01 edge>alice 200 tcp tag=b answer
)",
                               R"(
  0.00 bob>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  9.00 edge>bob tcp dport=34567 fin
 10.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=34568 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 10.05 edge>bob 200 tcp call=r1 dport=34568 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 alice>edge INVITE tcp offer
 20.01 edge>bob INVITE tcp dport=34568 offer "Record-Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwg=@192.0.2.2;lr>" "Record-Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIKhwg=@192.0.2.2;lr>"
 21.00 bob>edge 200 tcp sport=34568 tag=b answer
 21.01 edge>alice 200 tcp tag=b answer
)",
                               check};

} // namespace diagnosis::rules
