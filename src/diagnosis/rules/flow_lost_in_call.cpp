// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/former_ends.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

using flows::Happening;

/// The INVITE came or went over the flow's connection.
bool carried(const Evidence &evidence, const flows::Flow &flow, trace::RowId invite)
{
    const auto from = evidence.trace.source(invite), to = evidence.trace.destination(invite);
    if (flow.ours)
        return hadSocket(evidence, flow, evidence.trace.row(invite).outgoing ? from : to);
    return (from == flow.userAgent && to == flow.edge) ||
           (from == flow.edge && to == flow.userAgent);
}

/// What ended it between the answer and the end of the call; nullptr: nothing.
const flows::FlowEvent *endIn(const flows::Flow &flow, base::Instant since, base::Instant until)
{
    const auto found =
        std::find_if(flow.events.begin(), flow.events.end(), [&](const flows::FlowEvent &event) {
            const bool failed =
                event.what == Happening::StateChanged && event.state == base::FlowState::Failed;
            return event.time > since && event.time < until && event.row.valid() &&
                   (failed || event.what == Happening::Closed || event.what == Happening::Reset);
        });
    return found == flow.events.end() ? nullptr : &*found;
}

/// The first BYE; else the end of what is known.
base::Instant endOf(const Evidence &evidence)
{
    for (const auto &t : evidence.call.transactions)
        if (t.method == sip::Method::Bye)
            return t.started;
    return evidence.now;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.answered.known() || evidence.flows.empty())
        return;
    const auto until = endOf(evidence);
    for (const auto &t : call.transactions) {
        if (t.method != sip::Method::Invite || t.inDialog || !t.request.valid() ||
            t.finalStatus / 100 != 2)
            continue;
        for (const auto &flow : evidence.flows) {
            if (!flow || flow->transport == base::Transport::Udp ||
                !carried(evidence, *flow, t.request) || !boundAt(*flow, t.started))
                continue;
            const auto *const end = endIn(*flow, call.answered, until);
            if (end == nullptr)
                continue;
            auto &f = out.add(
                "flow-lost-in-call", Severity::Warning, Grade::Seen,
                fmt::format("The flow that the INVITE [1] took, of {}, ended {} after the answer "
                            "[2], {} before the call did. The route set of the far side names that "
                            "connection for as long as the call lasts.",
                            flow->report.aor.empty() ? flow->userAgent.text()
                                                     : shown(flow->report.aor),
                            lasting(end->time - call.answered), lasting(until - end->time)));
            f.impact = "Media runs on, but what the far side sends within the call, its BYE too, "
                       "meets a dead flow: 430, 408, or nothing.";
            f.evidence = {at(t.request, "it came over this flow"), at(*flow, "its end")};
            f.evidence.back().row = end->row;
            f.fixes = {
                {"Set the call up anew with INVITE and Replaces over a living flow (RFC "
                 "3891): no request within the dialog changes its route set.",
                 flow->ours ? "user agent" : "user agent of that flow", Action::None},
                {"Keep a connection open while calls are up over it.", "edge proxy", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_lost_in_call;
const Rule flow_lost_in_call{"flow-lost-in-call",
                             "The flow of a call ended before the call",
                             Severity::Warning,
                             "RFC 5626 sections 4.5 and 5.3",
                             "430",
                             R"(
  registered
  5.00 edge>bob INVITE tcp offer
  6.00 bob>edge 200 tcp tag=b answer
  6.05 edge>bob ACK tcp tag=b
*20.00 edge>bob tcp fin
 60.00 tick
)",
                             R"(
  registered
  5.00 edge>bob INVITE tcp offer
  6.00 bob>edge 200 tcp tag=b answer
  6.05 edge>bob ACK tcp tag=b
 20.00 edge>bob BYE tcp tag=b
 20.05 bob>edge 200 tcp tag=b
 30.00 edge>bob tcp fin
)",
                             check};

} // namespace diagnosis::rules
