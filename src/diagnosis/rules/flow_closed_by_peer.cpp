// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/edge_restart.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

struct End {
    const flows::FlowEvent *event = nullptr; // the edge ended a connection with a binding over it
    base::Duration idle{0};                  // since anything was seen on it
    base::Instant back;                      // the flow was registered again; unknown: it was not
};

/// What a user agent does when it leaves, taking its binding away over whatever connection there
/// is, is no return.
End endOf(const Evidence &evidence, const flows::Flow &flow)
{
    End out;
    bool bound = false;
    base::Instant last;
    for (const auto &event : flow.events) {
        using flows::Happening;
        if (event.what == Happening::Registered) {
            bound = true;
        } else if (event.what == Happening::Removed || event.what == Happening::RegisterFailed ||
                   event.what == Happening::PongMissing) {
            bound = false; // it was given up before
        } else if ((event.what == Happening::Closed || event.what == Happening::Reset) && bound) {
            bound = false;
            if (byEdge(evidence, flow, event.row))
                out = {&event, last.known() ? event.time - last : base::Duration{0}, {}};
        }
        last = event.what == Happening::StateChanged ? last : event.time;
    }
    if (out.event == nullptr)
        return out;
    out.back = boundAfter(flow, out.event->time);
    if (const auto *const next = replacement(evidence, flow, out.event->time);
        next != nullptr && !out.back.known())
        out.back = boundAfter(*next, out.event->time);
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (flow->transport == base::Transport::Udp ||
            !massEndOf(evidence, *flow).flows.empty()) // flow-edge-restarted tells
            continue;
        const End end = endOf(evidence, *flow);
        const bool back = end.back.known();
        const auto until = flow->report.registeredUntil;
        if (end.event == nullptr || (!back && until.known() && until <= end.event->time))
            continue;
        const bool reset = end.event->what == flows::Happening::Reset;
        // The connection that ended: by now the flow may have another one.
        const auto &trace = evidence.trace;
        auto &f = out.add(
            "flow-closed-by-peer", Severity::Info, Grade::Seen,
            fmt::format("{} {} the connection of {} [1] while it was registered over "
                        "it{}{}.",
                        trace.source(end.event->row).text(), reset ? "reset" : "closed",
                        trace.destination(end.event->row).text(),
                        end.idle > std::chrono::seconds(1)
                            ? fmt::format(", {} after the last request or keep-alive over it",
                                          lasting(end.idle))
                            : std::string(),
                        back ? fmt::format("; it was registered again {} later",
                                           lasting(end.back - end.event->time))
                             : std::string("; it was not registered again")));
        f.impact = back ? "Calls that come in between are lost, or go over another flow."
                        : "Calls over this flow are lost until it is registered again.";
        f.evidence = {at(end.event->row, reset ? "reset" : "closed")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Keep connections with a registration over them open: a lifetime above the "
                    "Flow-Timer and above the keep-alive period.",
                    "edge proxy", Action::None}};
        if (!back)
            f.fixes.push_back({"Open a new connection at once and register with the same reg-id, "
                               "instance and Call-ID.",
                               "user agent", flow->ours ? Action::ReRegister : Action::None});
        return;
    }
}

} // namespace

extern const Rule flow_closed_by_peer;
const Rule flow_closed_by_peer{"flow-closed-by-peer",
                               "The edge closed a registered connection",
                               Severity::Info,
                               "RFC 5626 section 5.4",
                               "430",
                               R"(
  registered
*60.00 edge>bob tcp fin
)",
                               R"(
  registered
 50.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Expires: 0" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 50.05 edge>bob 200 tcp call=r1 tag=r
 60.00 edge>bob tcp fin
)",
                               check};

} // namespace diagnosis::rules
