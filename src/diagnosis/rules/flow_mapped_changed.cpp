// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <flows/stun.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

struct Change {
    trace::RowId before, now; // what tells the old address and the new one
    base::Endpoint was, is;
    base::Instant seen; // the old one was last true
};

/// By STUN: the flow table compares each answer with the one before.
std::optional<Change> byStun(const Evidence &evidence, const flows::Flow &flow)
{
    std::optional<Change> out;
    trace::RowId last;
    for (const auto &event : flow.events) {
        if (event.what == flows::Happening::Pong && event.row.valid()) {
            const auto mapped = flows::mappedAddress(evidence.trace.text(event.row));
            if (!mapped)
                continue;
            const auto &trace = evidence.trace;
            const bool sameSocket =
                last.valid() && trace.destination(last) == trace.destination(event.row);
            const auto was = sameSocket ? flows::mappedAddress(trace.text(last)) : std::nullopt;
            if (was && *was != *mapped)
                out = Change{last, event.row, *was, *mapped, evidence.time(last)};
            last = event.row;
        }
    }
    return out;
}

/// Where the response was sent to, by received and rport (RFC 3581).
std::optional<base::Endpoint> mappedBy(const Evidence &evidence, const calls::Transaction &of)
{
    if (!of.finalResponse.valid())
        return std::nullopt;
    const auto via = sip::parseVia(evidence.message(of.finalResponse).value(sip::HeaderId::Via));
    const auto received = via.parameter("received"), rport = via.parameter("rport");
    const auto port = rport ? base::toInteger(*rport).value_or(0) : 0;
    const auto address = received ? base::Address::parse(*received) : std::nullopt;
    if (!address || port <= 0 || port > 65535)
        return std::nullopt;
    return base::Endpoint{*address, static_cast<std::uint16_t>(port)};
}

/// By the answers to REGISTER from one socket over UDP.
std::optional<Change> byVia(const Evidence &evidence, const flows::Flow &flow)
{
    std::optional<Change> out;
    std::optional<base::Endpoint> was;
    trace::RowId last;
    for (const auto &each : flowRegisters(evidence)) {
        if (each.userAgent != flow.userAgent || each.edge != flow.edge)
            continue;
        const auto is = mappedBy(evidence, *each.transaction);
        if (!is)
            continue;
        if (was && *was != *is)
            out = Change{last, each.transaction->finalResponse, *was, *is, evidence.time(last)};
        was = is;
        last = each.transaction->finalResponse;
    }
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (flow->transport != base::Transport::Udp)
            continue;
        const auto stun = byStun(evidence, *flow);
        const auto change = stun ? stun : byVia(evidence, *flow);
        if (!change)
            continue;
        const auto since = evidence.time(change->now);
        const bool anew = boundAfter(*flow, since - base::Duration(1)).known();
        auto &f = out.add(
            "flow-mapped-changed", anew ? Severity::Warning : Severity::Error, Grade::Seen,
            fmt::format("The edge saw {} as {} [1], and {} later as {} [2]: the NAT between them "
                        "gave the flow another address.{}",
                        evidence.trace.destination(change->now).text(), change->was.text(),
                        lasting(since - change->seen), change->is.text(),
                        anew ? " It was registered anew." : ""));
        f.impact = "Calls that came for it in between went to an address that is nobody's.";
        f.evidence = {at(change->before, "as it was"), at(change->now, "as it is")};
        f.evidence.back().flow = flow->id;
        f.fixes = {{"Register again at once when the mapped address changes.",
                    "callee's user agent", flow->ours && !anew ? Action::ReRegister : Action::None},
                   {"Keep the flow alive more often than the NAT forgets (RFC 5626 section 4.4.2: "
                    "every 24 to 29 s).",
                    "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_mapped_changed;
const Rule flow_mapped_changed{"flow-mapped-changed",
                               "The NAT gave the flow another address",
                               Severity::Error,
                               "RFC 5626 section 4.4.2",
                               "430",
                               R"(
  0.00 bob>edge REGISTER call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge stun ping
 20.01 edge>bob stun pong mapped=40001
 45.00 bob>edge stun ping
*45.01 edge>bob stun pong mapped=40002
)",
                               R"(
  0.00 bob>edge REGISTER call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge stun ping
 20.01 edge>bob stun pong mapped=40001
 45.00 bob>edge stun ping
 45.01 edge>bob stun pong mapped=40001
)",
                               check};

} // namespace diagnosis::rules
