// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/former_ends.h>
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

/// Of one connection: what its address was, and what became of it.
struct Changes {
    std::optional<Change> first;
    Change last;
    std::size_t count = 0;

    void add(const Change &change)
    {
        if (!first)
            first = change;
        last = change;
        ++count;
    }
};

/// By STUN, from one local socket. What was registered anew because of a change is judged by what
/// comes after (RFC 5626 section 4.4.2).
Changes byStun(const Evidence &evidence, const flows::Flow &flow)
{
    Changes out;
    trace::RowId last;
    bool changed = false;
    for (const auto &event : flow.events) {
        if (event.what == flows::Happening::Registered && changed) {
            last = {};
            changed = false;
        }
        if (event.what != flows::Happening::Pong || !event.row.valid())
            continue;
        const auto &trace = evidence.trace;
        const auto mapped = flows::mappedAddress(trace.text(event.row));
        if (!mapped)
            continue;
        const bool sameSocket =
            last.valid() && trace.destination(last) == trace.destination(event.row);
        const auto was = sameSocket ? flows::mappedAddress(trace.text(last)) : std::nullopt;
        if (was && *was != *mapped) {
            out.add({last, event.row, *was, *mapped, evidence.time(last)});
            changed = true;
        }
        last = event.row;
    }
    return out;
}

/// Where the response was sent to, by received and rport (RFC 3581).
std::optional<base::Endpoint> mappedBy(const Evidence &evidence, const calls::Transaction &of)
{
    if (!of.finalResponse.valid())
        return std::nullopt;
    const auto vias = evidence.message(of.finalResponse).values(sip::HeaderId::Via);
    return vias.empty() ? std::nullopt : seenBy(vias.front());
}

/// By the answers to REGISTER from one socket over UDP.
Changes byVia(const Evidence &evidence, const flows::Flow &flow)
{
    Changes out;
    std::optional<base::Endpoint> was;
    trace::RowId last;
    for (const auto &each : flowRegisters(evidence)) {
        if (each.userAgent != flow.userAgent || each.edge != flow.edge)
            continue;
        const auto is = mappedBy(evidence, *each.transaction);
        if (!is)
            continue;
        if (was && *was != *is)
            out.add({last, each.transaction->finalResponse, *was, *is, evidence.time(last)});
        was = is;
        last = each.transaction->finalResponse;
    }
    return out;
}

/// Both ways to ask give an answer of the same minute, and two different ones.
std::optional<Change> contradiction(const Evidence &evidence, const flows::Flow &flow)
{
    constexpr auto kSoon = std::chrono::seconds(60);
    for (const auto &each : flowRegisters(evidence)) {
        if (each.userAgent != flow.userAgent || each.edge != flow.edge)
            continue;
        const auto said = mappedBy(evidence, *each.transaction);
        const auto row = each.transaction->finalResponse;
        for (const auto &event : flow.events) {
            if (event.what != flows::Happening::Pong || !event.row.valid() || !said ||
                event.time < evidence.time(row) || event.time - evidence.time(row) > kSoon)
                continue;
            const auto mapped = flows::mappedAddress(evidence.trace.text(event.row));
            if (mapped && *mapped != *said)
                return Change{row, event.row, *said, *mapped, evidence.time(row)};
            break;
        }
    }
    return std::nullopt;
}

void tellContradiction(const Change &two, const flows::Flow &flow, Findings &out)
{
    auto &f = out.add("flow-mapped-changed", Severity::Info, Grade::Likely,
                      fmt::format("The answer to REGISTER says that it came from {} (received and "
                                  "rport) [1], and STUN over the same flow says {} [2].",
                                  two.was.text(), two.is.text()));
    f.impact = "Either the NAT gave the flow another address in between, or what answers STUN is "
               "not what answers SIP; then a change of the address is not noticed.";
    f.evidence = {at(two.before, "by received and rport"), at(two.now, "by STUN")};
    f.evidence.back().flow = flow.id;
    f.fixes = {{"Answer STUN at the very socket that takes the REGISTER (RFC 5626 section 5.4).",
                "edge proxy", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (flow->transport != base::Transport::Udp)
            continue;
        auto changes = byStun(evidence, *flow);
        if (!changes.first)
            changes = byVia(evidence, *flow);
        if (!changes.first) {
            if (const auto two = contradiction(evidence, *flow)) {
                tellContradiction(*two, *flow, out);
                return;
            }
            continue;
        }
        const auto &change = *changes.first;
        const auto since = evidence.time(change.now);
        const bool anew =
            boundAfter(*flow, evidence.time(changes.last.now) - base::Duration(1)).known();
        auto &f = out.add(
            "flow-mapped-changed", anew ? Severity::Warning : Severity::Error, Grade::Seen,
            fmt::format("The edge saw {} as {} [1], and {} later as {} [2]: the NAT between them "
                        "gave the flow another address.{}{}",
                        evidence.trace.destination(change.now).text(), change.was.text(),
                        lasting(since - change.seen), change.is.text(),
                        changes.count > 1
                            ? fmt::format(" It changed {}.", count(changes.count, "time"))
                            : std::string(),
                        anew ? " It was registered anew." : ""));
        f.impact = "Calls that came for it in between went to an address that is nobody's.";
        f.evidence = {at(change.before, "as it was"), at(change.now, "as it is")};
        f.evidence.back().flow = flow->id;
        f.fixes = {{"Register again at once when the mapped address changes.", "user agent",
                    flow->ours && !anew ? Action::ReRegister : Action::None},
                   {"Keep the flow alive more often than the NAT forgets (RFC 5626 section 4.4.2: "
                    "every 24 to 29 s).",
                    "user agent", Action::None}};
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
