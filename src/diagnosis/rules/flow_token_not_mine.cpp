// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

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

/// One behind the edge that the request came by, or that says so, is at this address.
bool standsBehind(const Evidence &evidence, trace::RowId request, const base::Address &address)
{
    const auto vias = evidence.message(request).values(sip::HeaderId::Via);
    return std::any_of(vias.begin(), vias.end(), [&](std::string_view value) {
        const auto via = sip::parseVia(value);
        return sip::addressOf(via.host) == address ||
               base::Address::parse(via.parameter("received").value_or("")) == address;
    });
}

/// A port of this very user agent that no flow of it ever had, as a stored or damaged token names
/// it: not of somebody else behind the same NAT, whose way the edge records beside.
bool nobodys(const Evidence &evidence, const flows::Flow &flow, const TokenSeen &token)
{
    if (!token.readable || token.readable->edge != flow.edge ||
        token.readable->userAgent.address != flow.userAgent.address ||
        flowOf(evidence, token) != nullptr)
        return false;
    // The edge itself, with one Via, hands on nobody's request.
    return evidence.trace.row(token.row).viaCount == 1 ||
           !standsBehind(evidence, token.row, flow.userAgent.address);
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.flows.empty() || evidence.flows.size() > kMostFlows ||
        evidence.call.kind == calls::Kind::Registration)
        return;
    for (const auto &transaction : evidence.call.transactions) {
        const bool forms = transaction.method == sip::Method::Invite ||
                           transaction.method == sip::Method::Subscribe;
        if (!forms || transaction.inDialog || !transaction.request.valid())
            continue;
        const auto *const flow =
            standingBetween(evidence, evidence.trace.destination(transaction.request),
                            evidence.trace.source(transaction.request),
                            evidence.trace.row(transaction.request).transport, transaction.started);
        if (flow == nullptr)
            continue;
        const auto tokens = tokensOf(evidence, transaction.request);
        const bool named = std::any_of(tokens.begin(), tokens.end(), [&](const auto &token) {
            return token.header == sip::HeaderId::RecordRoute && namesNow(*flow, token);
        });
        for (const auto &token : tokens) {
            if (token.header != sip::HeaderId::RecordRoute)
                continue;
            const bool former = formerlyOf(evidence, *flow, token);
            if (!former && (named || !nobodys(evidence, *flow, token)))
                continue;
            auto &f = out.add(
                "flow-token-not-mine", Severity::Warning, Grade::Likely,
                fmt::format("The {} came to {} over its living flow [2], but the Record-Route of "
                            "its edge [1] names {}: {}.",
                            methodOf(evidence, transaction), flow->userAgent.text(),
                            former ? "a connection that was replaced"
                                   : "a connection that it does not have",
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
                               "A flow token of another connection",
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
