// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool isAnswer(const flows::FlowEvent &event)
{
    using flows::Happening;
    return event.what == Happening::Pong || event.what == Happening::Registered ||
           event.what == Happening::Removed;
}

/// The first of the pings without pong that no sign of life of the edge followed: since then the
/// flow is dead. Of a flow of ours only the connection is known to be another one by then: report()
/// looks at that.
const flows::FlowEvent *unansweredPing(const Evidence &evidence, const flows::Flow &flow)
{
    const flows::FlowEvent *missing = nullptr;
    for (const auto &event : flow.events) {
        if (event.what == flows::Happening::PongMissing) {
            // Noted when a later row arrives, so not in order.
            const bool other = missing != nullptr && evidence.trace.source(missing->row) !=
                                                         evidence.trace.source(event.row);
            if (missing == nullptr || other || event.time < missing->time)
                missing = &event;
        } else if (!flow.ours && isAnswer(event)) {
            missing = nullptr;
        }
    }
    return missing;
}

/// What the edge answered over the connection of that ping: before it, and afterwards.
struct Life {
    base::Instant before;
    bool after = false;
};
Life lifeOf(const Evidence &evidence, const flows::Flow &flow, const flows::FlowEvent &missing)
{
    const auto ends = evidence.trace.source(missing.row);
    Life life;
    for (const auto &event : flow.events) {
        if (!isAnswer(event) || !event.row.valid() || evidence.trace.destination(event.row) != ends)
            continue;
        if (event.time < missing.time)
            life.before = std::max(life.before, event.time);
        else
            life.after = true;
    }
    return life;
}

/// The 2xx that brought a flow of ours back over its next connection; nullptr: none.
const flows::FlowEvent *returned(const flows::Flow &flow, const flows::FlowEvent &missing)
{
    const auto when = flow.ours ? boundAfter(flow, missing.time) : base::Instant{};
    const auto at = std::find_if(flow.events.begin(), flow.events.end(), [&](const auto &event) {
        return when.known() && event.what == flows::Happening::Registered && event.time == when;
    });
    return at == flow.events.end() ? nullptr : &*at;
}

/// What went out as the ping, and what had to come back (RFC 5626 sections 4.4.1 and 4.4.2).
std::string_view pingText(std::string_view ping)
{
    return ping.starts_with('\r')                          ? " (a double CRLF)"
           : ping.starts_with(std::string_view("\0\1", 2)) ? " (a STUN binding request)"
                                                           : "";
}
std::string_view pongText(std::string_view ping)
{
    return ping.starts_with('\r') ? " (a single CRLF)" : "";
}

void report(const Evidence &evidence, const flows::Flow &flow, const flows::FlowEvent &missing,
            Findings &out)
{
    const auto life = lifeOf(evidence, flow, missing);
    if (life.after)
        return;
    const auto &trace = evidence.trace;
    const auto *const back = returned(flow, missing);
    const auto *const next = back != nullptr ? nullptr : replacement(evidence, flow, missing.time);
    const bool mended = back != nullptr || next != nullptr;
    auto text =
        fmt::format("The ping of {}{} over {} to {} [1] got no pong{} within {}: the flow is dead.",
                    trace.source(missing.row).text(), pingText(trace.text(missing.row)),
                    base::transportText(flow.transport), trace.destination(missing.row).text(),
                    pongText(trace.text(missing.row)), lasting(flows::pongWait(flow.transport)));
    if (life.before.known())
        text += fmt::format(" Last sign of life {} before.", lasting(missing.time - life.before));
    if (next != nullptr)
        text += fmt::format(" It was replaced {} later from {} [2].",
                            lasting(boundAfter(*next, missing.time) - missing.time),
                            next->userAgent.text());
    if (back != nullptr)
        text +=
            fmt::format(" It was registered again {} later from {} [2].",
                        lasting(back->time - missing.time), trace.destination(back->row).text());
    auto &f = out.add("flow-pong-timeout", mended ? Severity::Warning : Severity::Error,
                      Grade::Seen, std::move(text));
    f.impact = mended ? "Incoming calls over this flow were lost from the last sign of life until "
                        "it was replaced."
                      : "Incoming calls over this flow are lost since its last sign of life.";
    f.evidence = {at(missing.row, "the ping")};
    f.evidence.back().flow = flow.id;
    if (next != nullptr)
        f.evidence.push_back(at(*next, "the flow that replaced it"));
    if (back != nullptr)
        f.evidence.push_back(at(back->row, "registered again"));
    const bool datagrams = flow.transport == base::Transport::Udp;
    f.fixes = {{datagrams
                    ? "Register over a new flow with the same reg-id, instance and Call-ID."
                    : "Open a new connection now and register with the same reg-id, instance and "
                      "Call-ID.",
                "user agent", flow.ours && !mended ? Action::ReRegister : Action::None},
               {"Raise the idle timeout above the keep-alive period, or shorten the period.",
                "NAT or firewall", Action::None},
               {datagrams ? "Answer STUN binding requests on the SIP port (RFC 5626 section 5.4)."
                          : "Answer every CRLF CRLF with a CRLF at once.",
                "edge proxy", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &flow : evidence.flows) {
        // Each flow is told of on the registration that made it.
        if (!flow || !flow->lastRegister.valid() ||
            evidence.trace.row(flow->lastRegister).call != evidence.call.id ||
            lifeWithoutPong(evidence, *flow)) // flow-pong-never tells
            continue;
        if (const auto *const missing = unansweredPing(evidence, *flow))
            report(evidence, *flow, *missing, out);
    }
}

} // namespace

extern const Rule flow_pong_timeout;
const Rule flow_pong_timeout{"flow-pong-timeout",
                             "A keep-alive was not answered",
                             Severity::Error,
                             "RFC 5626 section 4.4.1",
                             "430",
                             R"(
   0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  20.00 bob>edge tcp ping
  20.01 edge>bob tcp pong
* 40.00 bob>edge tcp ping
  51.00 tick
)",
                             R"(
   0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  20.00 bob>edge tcp ping
  20.01 edge>bob tcp pong
  40.00 bob>edge tcp ping
* 40.01 edge>bob tcp pong
  51.00 tick
)",
                             check,
                             Reads::Little,
                             Argues::FromAbsence};

} // namespace diagnosis::rules
