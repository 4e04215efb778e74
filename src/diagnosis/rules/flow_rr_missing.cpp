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

/// The same INVITE as the user agent sent it to the edge, over a flow of its own; nullptr: that was
/// not seen.
const calls::Transaction *fromFlow(const Evidence &evidence, const calls::Transaction &onward)
{
    const auto edge = evidence.trace.source(onward.request).address;
    for (const auto &inward : evidence.call.transactions) {
        if (inward.method != onward.method || inward.cseq != onward.cseq || inward.inDialog ||
            !inward.request.valid() || inward.started > onward.started ||
            evidence.trace.row(inward.request).viaCount + 1 !=
                evidence.trace.row(onward.request).viaCount)
            continue;
        const auto source = evidence.trace.source(inward.request);
        const auto destination = evidence.trace.destination(inward.request);
        for (const auto &flow : evidence.flows)
            if (flow && flow->userAgent == source && flow->edge == destination &&
                destination.address == edge && stands(*flow, inward.started))
                return &inward;
    }
    return nullptr;
}

/// The callee reached the caller past the edge, so nothing was lost.
bool cameBack(const Evidence &evidence, const base::Endpoint &caller, const base::Address &edge)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            return t.inDialog && t.request.valid() && t.finalStatus >= 200 && t.finalStatus < 300 &&
                   evidence.trace.destination(t.request).address == caller.address &&
                   evidence.trace.source(t.request).address != edge;
        });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &onward : evidence.call.transactions) {
        if (onward.method != sip::Method::Invite || onward.inDialog || !onward.request.valid() ||
            evidence.trace.row(onward.request).viaCount != 2)
            continue;
        const auto &request = evidence.message(onward.request);
        const auto contact = sip::parseNameAddress(request.value(sip::HeaderId::Contact));
        if (request.find(sip::HeaderId::RecordRoute) != nullptr || !contact.ok)
            continue;
        const auto *const inward = fromFlow(evidence, onward);
        if (inward == nullptr)
            continue;
        const auto sent =
            sip::parseNameAddress(evidence.message(inward->request).value(sip::HeaderId::Contact));
        const auto host = sip::addressOf(contact.uri.host);
        if (!base::equalsNoCase(sent.uri.host, contact.uri.host) ||
            sent.uri.parameter("gr").has_value())
            continue; // the edge takes its place, or a GRUU leads back through it
        const auto caller = evidence.trace.source(inward->request);
        if (cameBack(evidence, caller, evidence.trace.source(onward.request).address))
            continue;
        const bool unreachable = host && host->isPrivate() &&
                                 !evidence.trace.destination(onward.request).address.isPrivate();
        const bool nat = host && *host != caller.address;
        auto &f =
            out.add("flow-rr-missing",
                    unreachable ? Severity::Error
                    : nat       ? Severity::Warning
                                : Severity::Info,
                    Grade::Seen,
                    fmt::format("{} handed on the INVITE [1] that came over a flow [2] without "
                                "Record-Route, and with the caller's own Contact{}.",
                                sender(evidence, onward.request),
                                unreachable ? ", a private address" : ""));
        f.impact = fmt::format("What the callee sends in the dialog, a BYE too, does not come back "
                               "over the flow: {}.",
                               unreachable || nat ? "it is lost before the caller's NAT"
                                                  : "it needs a way of its own to the caller");
        f.evidence = {at(evidence, onward.request, sip::HeaderId::Contact, "no Record-Route"),
                      at(inward->request, "over the flow")};
        f.fixes = {{"Record-Route requests that begin a dialog, with the flow token of the caller.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_rr_missing;
const Rule flow_rr_missing{"flow-rr-missing",
                           "The edge does not stay in the dialog",
                           Severity::Error,
                           "RFC 5626 section 5.3",
                           "430",
                           R"(
  0.00 alice>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>alice 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.00 alice>edge INVITE tcp offer "Contact: <sip:alice@10.0.0.9:5060;transport=tcp>"
* 5.01 edge>home INVITE offer "Contact: <sip:alice@10.0.0.9:5060;transport=tcp>"
* 5.50 home>edge 200 tag=b answer
  5.51 edge>alice 200 tcp tag=b answer
)",
                           R"(
  0.00 alice>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>alice 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.00 alice>edge INVITE tcp offer "Contact: <sip:alice@10.0.0.9:5060;transport=tcp>"
  5.01 edge>home INVITE offer "Record-Route: <sip:token@192.0.2.2;lr>" "Contact: <sip:alice@10.0.0.9:5060;transport=tcp>"
  5.50 home>edge 200 tag=b answer
  5.51 edge>alice 200 tcp tag=b answer
)",
                           check,
                           Reads::Messages};

} // namespace diagnosis::rules
