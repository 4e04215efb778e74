// SPDX-License-Identifier: Apache-2.0
// What the trace knows of the flow that a 430 was said for: that it lives, that the registrar
// should not have used it any more, or who ended it. Then the code is somebody else's fault than
// the usual one.
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <fmt/format.h>

namespace diagnosis {
namespace {

using flows::Happening;

/// The first proof soon after `when` that the edge holds the connection: nothing ended it in
/// between, and nobody registered it anew. A STUN server answers whoever asks and proves nothing.
const flows::FlowEvent *aliveAfter(const flows::Flow &flow, base::Instant when)
{
    constexpr auto kSoon = std::chrono::minutes(5); // two keep-alives (RFC 5626 section 4.4.1)
    if (flow.transport == base::Transport::Udp)
        return nullptr;
    for (const auto &event : flow.events) {
        if (event.time <= when)
            continue;
        if (event.time - when > kSoon)
            return nullptr;
        if (event.what == Happening::Pong)
            return deathOf(flow, event.time) == nullptr ? &event : nullptr;
        if (event.what != Happening::Ping && event.what != Happening::Disowned &&
            event.what != Happening::StateChanged)
            return nullptr;
    }
    return nullptr;
}

std::string beforeText(base::Instant then, base::Instant when)
{
    return then.known() && then <= when ? lasting(when - then) + " before" : "before";
}

FlowVerdict kept(std::string text, Fix mend)
{
    FlowVerdict out;
    out.which = FlowCase::BindingKept;
    out.grade = Grade::Seen;
    out.text = std::move(text);
    out.impact = "Every call goes to a binding that is no more, until the registrar drops it.";
    out.fixes = {std::move(mend),
                 {"Answer the caller 480 when no binding is left.", "home proxy", Action::None}};
    return out;
}

/// The registrar used a binding that was replaced, taken away, or over.
std::optional<FlowVerdict> staleBinding(const Evidence &evidence, const flows::Flow &flow,
                                        base::Instant when)
{
    const auto bound = boundAt(flow, when);
    if (!bound) {
        const auto removed = std::find_if(
            flow.events.rbegin(), flow.events.rend(), [&](const flows::FlowEvent &event) {
                return event.what == Happening::Removed && event.time <= when;
            });
        if (removed != flow.events.rend())
            return kept(fmt::format("That registration had been taken back {}, and the registrar "
                                    "still sends calls to it.",
                                    beforeText(removed->time, when)),
                        {"Drop a binding when it is removed (RFC 3261 section 10.3).", "home proxy",
                         Action::None});
        return std::nullopt;
    }
    if (const auto *const next = replacement(evidence, flow, bound->time);
        next != nullptr && boundAfter(*next, bound->time) <= when)
        return kept(fmt::format("The same reg-id had been registered {} from {}, which replaces "
                                "that flow, and the registrar still sends calls to the old one.",
                                beforeText(boundAfter(*next, bound->time), when),
                                next->userAgent.text()),
                    {"Replace a binding when the same address, instance-id and reg-id register "
                     "again (RFC 5626 section 6).",
                     "home proxy", Action::None});
    const auto until = flow.report.registeredUntil;
    if (!flow.ours && until.known() && until <= when && !boundAfter(flow, when).known())
        return kept(fmt::format("That registration had run out {}, and the registrar still sends "
                                "calls to it.",
                                beforeText(until, when)),
                    {"Drop a binding when its time is over (RFC 3261 section 10.3).", "home proxy",
                     Action::None});
    return std::nullopt;
}

FlowVerdict wronglyDisowned(const Evidence &evidence, const calls::Transaction &failed,
                            const flows::FlowEvent &alive)
{
    FlowVerdict out;
    out.which = FlowCase::FlowLives;
    out.grade = Grade::Seen;
    out.text =
        fmt::format("{} says that the flow is gone, yet that very connection answered a "
                    "ping {} later: the edge has it and does not find it.",
                    sender(evidence, failed.finalResponse), lasting(alive.time - failed.finished));
    out.impact = "Calls to the target fail although its connection works; nothing that the target "
                 "sees tells it so.";
    out.fixes = {{"Find out why a connection that is kept alive is not found for its token: "
                  "another worker or node that does not share it, or a table that was emptied.",
                  "edge proxy", Action::None},
                 {"Try the target's next flow after 430; answer the caller 480 when none is left.",
                  "home proxy", Action::None},
                 {"A new connection, registered with the same reg-id, helps until then.",
                  "callee's user agent", Action::None}};
    return out;
}

FlowVerdict endedByDevice(const flows::FlowEvent &end, base::Instant when)
{
    FlowVerdict out;
    out.which = FlowCase::NoFlowLeft;
    out.grade = Grade::Seen;
    out.text = fmt::format("The user agent itself ended that connection {} and did not take its "
                           "registration back.",
                           beforeText(end.time, when));
    out.impact = "The target looks registered and cannot be reached until it registers again or "
                 "its registration runs out.";
    out.fixes = {{"Register over a new connection at once when one ends (RFC 5626 section 4.5), or "
                  "take the registration back before it is closed.",
                  "callee's user agent", Action::None},
                 {"Try the target's next flow after 430 and remove the dead binding; answer the "
                  "caller 480 when none is left.",
                  "home proxy", Action::None}};
    return out;
}

} // namespace

std::optional<FlowVerdict> pastOf(const Evidence &evidence, const calls::Transaction &failed,
                                  const flows::Flow &flow)
{
    if (const auto *const alive = aliveAfter(flow, failed.finished))
        return wronglyDisowned(evidence, failed, *alive);
    if (auto stale = staleBinding(evidence, flow, failed.started))
        return stale;
    const auto *const end = deathOf(flow, failed.started);
    if (end != nullptr && (end->what == Happening::Closed || end->what == Happening::Reset) &&
        end->row.valid() && evidence.trace.source(end->row) == flow.userAgent)
        return endedByDevice(*end, failed.started);
    return std::nullopt;
}

std::string timeToAnswer(const Evidence &evidence, const calls::Transaction &failed)
{
    if (!wasProgressing(evidence, failed))
        return answerTimeText(failed.started, failed.finished);
    return fmt::format("{} after the request: a provisional answer had come back over the flow, "
                       "which was lost behind it",
                       lasting(failed.finished - failed.started));
}

} // namespace diagnosis
