// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

struct End {
    const flows::FlowEvent *event = nullptr; // the edge ended a connection with a binding over it
    base::Duration idle{0};                  // since anything was seen on it
    bool back = false;                       // the flow was registered again
};

End endOf(const Evidence &evidence, const flows::Flow &flow)
{
    End out;
    bool bound = false;
    base::Instant last;
    for (const auto &event : flow.events) {
        using flows::Happening;
        if (event.what == Happening::Registered) {
            bound = event.text != "registration removed";
            out.back = out.event != nullptr && bound;
        } else if (event.what == Happening::RegisterFailed ||
                   event.what == Happening::PongMissing) {
            bound = false; // it was given up before
        } else if ((event.what == Happening::Closed || event.what == Happening::Reset) && bound) {
            bound = false;
            if (evidence.trace.source(event.row) == flow.edge)
                out = {&event, last.known() ? event.time - last : base::Duration{0}, false};
        }
        last = event.what == Happening::StateChanged ? last : event.time;
    }
    if (out.event != nullptr && !out.back)
        out.back = replacement(evidence, flow, out.event->time) != nullptr;
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (flow->transport == base::Transport::Udp)
            continue;
        const End end = endOf(evidence, *flow);
        const auto until = flow->report.registeredUntil;
        if (end.event == nullptr || (!end.back && until.known() && until <= end.event->time))
            continue;
        const bool reset = end.event->what == flows::Happening::Reset;
        auto &f = out.add(
            "flow-closed-by-peer", Severity::Info, Grade::Seen,
            fmt::format("{} {} the connection of {} [1] while it was registered over "
                        "it{}{}.",
                        flow->edge.text(), reset ? "reset" : "closed", flow->userAgent.text(),
                        end.idle > std::chrono::seconds(1)
                            ? fmt::format(", {} after the last request or keep-alive over it",
                                          lasting(end.idle))
                            : std::string(),
                        end.back ? "; it was registered again" : "; it was not registered again"));
        f.impact = end.back ? "Calls that come in between are lost, or go over another flow."
                            : "Calls over this flow are lost until it is registered again.";
        f.evidence = {at(end.event->row, reset ? "reset" : "closed")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Keep connections with a registration over them open: a lifetime above the "
                    "Flow-Timer and above the keep-alive period.",
                    "edge proxy", Action::None},
                   {"Open a new connection at once and register with the same reg-id, instance and "
                    "Call-ID.",
                    "callee's user agent",
                    flow->ours && !end.back ? Action::ReRegister : Action::None}};
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
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
*60.00 edge>bob tcp fin
)",
                               R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 50.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Expires: 0" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 50.05 edge>bob 200 tcp call=r1 tag=r
 60.00 edge>bob tcp fin
)",
                               check};

} // namespace diagnosis::rules
