// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostFlows = 4096; // beyond, each call would have to look at too many

/// The host and port of the Contact that the flow was registered with are those of the Request-URI.
bool targets(const Evidence &evidence, const flows::Flow &flow, const sip::Uri &target)
{
    const auto &registered = evidence.message(flow.lastRegister);
    for (const auto value : registered.values(sip::HeaderId::Contact)) {
        const auto contact = sip::parseNameAddress(value).uri;
        if (contact.ok && base::equalsNoCase(contact.host, target.host) &&
            contact.user == target.user &&
            contact.port.value_or(5060) == target.port.value_or(5060))
            return true;
    }
    return false;
}

/// A living flow of the device that the request came to past it; nullptr: none.
const flows::Flow *passedBy(const Evidence &evidence, trace::RowId request, base::Instant when)
{
    const auto source = evidence.trace.source(request);
    const auto destination = evidence.trace.destination(request);
    const auto target = sip::parseUri(evidence.message(request).requestUri);
    const auto host = sip::addressOf(target.host);
    // It went to where the Contact says: nobody else's port.
    if (!host || *host != destination.address || target.port.value_or(5060) != destination.port)
        return nullptr;
    const flows::Flow *found = nullptr;
    for (const auto &flow : evidence.flows) {
        if (!flow || flow->userAgent.address != destination.address ||
            flow->edge.address != source.address || flow->transport == base::Transport::Udp)
            continue;
        if (flow->userAgent == destination)
            return nullptr; // over a flow after all
        if (stands(*flow, when) && flow->lastRegister.valid() && targets(evidence, *flow, target))
            found = flow.get();
    }
    return found;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.flows.empty() || evidence.flows.size() > kMostFlows ||
        evidence.call.kind == calls::Kind::Registration)
        return;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.inDialog || !transaction.request.valid() ||
            transaction.method == sip::Method::Ack || transaction.method == sip::Method::Cancel)
            continue;
        const auto *const flow = passedBy(evidence, transaction.request, transaction.started);
        if (flow == nullptr)
            continue;
        // With one Via a neighbour on the edge's host may have dialled the Contact itself.
        const bool handedOn = evidence.trace.row(transaction.request).viaCount > 1;
        auto &f =
            out.add("flow-not-used", Severity::Warning, handedOn ? Grade::Seen : Grade::Likely,
                    fmt::format("{} sent the {} [1] to the Contact of {} itself, {}, and not "
                                "over the flow that it had granted and that stood [2].",
                                evidence.trace.source(transaction.request).text(),
                                methodOf(evidence, transaction), shown(flow->report.aor),
                                evidence.trace.destination(transaction.request).text()));
        f.impact = "It works only where the user agent can be reached from outside: behind a NAT "
                   "or firewall every such call is lost.";
        f.evidence = {at(transaction.request, "past the flow"), at(*flow, "the flow")};
        f.fixes = {{"Send requests for a contact with reg-id over the connection that the token of "
                    "its Path names.",
                    "edge proxy", Action::None},
                   {"Keep the Path of the REGISTER with the binding and put it into Route.",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_not_used;
const Rule flow_not_used{"flow-not-used",
                         "A call that goes past the flow",
                         Severity::Warning,
                         "RFC 5626 sections 5.3 and 7",
                         "430",
                         R"(
  0.00 bob>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.00 alice>edge INVITE tcp offer
* 5.01 edge>bob INVITE tcp offer uri=bob@192.0.2.20
* 5.50 bob>edge 200 tcp tag=b answer
* 5.51 edge>alice 200 tcp tag=b answer
)",
                         R"(
  0.00 bob>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.00 alice>edge INVITE tcp offer
  5.01 edge>bob INVITE tcp dport=34567 offer uri=bob@192.0.2.20
  5.50 bob>edge 200 tcp sport=34567 tag=b answer
  5.51 edge>alice 200 tcp tag=b answer
)",
                         check,
                         Reads::Messages};

} // namespace diagnosis::rules
