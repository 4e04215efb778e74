// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_former.h>

#include <base/told_time.h>
#include <diagnosis/flow_bindings.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

FlowVerdict formerBinding(std::string text)
{
    FlowVerdict verdict;
    verdict.which = FlowCase::FormerBinding;
    verdict.grade = Grade::Seen;
    verdict.text = std::move(text);
    verdict.impact = "Calls go to where the target is no more, though the registrar was told.";
    verdict.fixes = {{"Take a binding out of use when it is removed, replaced by the same instance "
                      "and reg-id, or has run out; look for a location cache or a second registrar "
                      "that keeps the old one.",
                      "home proxy", Action::None}};
    return verdict;
}

/// The last thing that was told of its binding by then.
const flows::FlowEvent *lastOf(const flows::Flow &flow, base::Instant when)
{
    const flows::FlowEvent *last = nullptr;
    for (const auto &event : flow.events)
        if (event.time <= when &&
            (event.what == flows::Happening::Registered || event.what == flows::Happening::Removed))
            last = &event;
    return last;
}

/// Registered by then over another connection, and later than this one: the newest.
const flows::Flow *successorOf(const Evidence &evidence, const flows::Flow &flow,
                               base::Instant when)
{
    const auto mine = boundAt(flow, when);
    const flows::Flow *found = nullptr;
    base::Instant newest = mine ? mine->time : flow.registered;
    for (const auto &other : evidence.flows) {
        if (!other || other.get() == &flow || other->ours || !sameDevice(*other, flow) ||
            other->report.regId != flow.report.regId || other->report.aor != flow.report.aor)
            continue;
        if (const auto bound = boundAt(*other, when); bound && bound->time > newest) {
            newest = bound->time;
            found = other.get();
        }
    }
    return found;
}

/// The first sign that the connection carries something from one end to the other.
const flows::FlowEvent *lifeAfter(const flows::Flow &flow, base::Instant when)
{
    using flows::Happening;
    for (const auto &event : flow.events) {
        if (event.time <= when)
            continue;
        const bool alive = event.what == Happening::Pong || event.what == Happening::Registered ||
                           (event.what == Happening::Used && event.status != 0);
        if (alive)
            return &event;
        if (event.what == Happening::Closed || event.what == Happening::Reset)
            return nullptr;
    }
    return nullptr;
}

} // namespace

std::optional<FlowVerdict> formerBindingUsed(const Evidence &evidence,
                                             const calls::Transaction &failed,
                                             const flows::Flow &flow)
{
    const auto when = failed.started;
    if (flow.ours || !base::hasClock(when))
        return std::nullopt;
    const auto who = flow.userAgent.text();
    if (const auto *const last = lastOf(flow, when);
        last != nullptr && last->what == flows::Happening::Removed)
        return formerBinding(fmt::format("The request went to a binding that {} had removed {} "
                                         "before, which the registrar confirmed.",
                                         who, lasting(when - last->time)));
    if (const auto *const next = successorOf(evidence, flow, when); next != nullptr)
        return formerBinding(fmt::format(
            "The request went over a connection that its user agent had replaced: reg-id {} of "
            "that instance was registered over {} {} before.",
            flow.report.regId, next->userAgent.text(), lasting(when - boundAt(*next, when)->time)));
    const auto until = flow.report.registeredUntil;
    if (flow.registered.known() && flow.registered <= when && until.known() && until <= when)
        return formerBinding(fmt::format("The request went to a binding of {} that had run out {} "
                                         "before and was not registered again.",
                                         who, lasting(when - until)));
    return std::nullopt;
}

std::optional<FlowVerdict> edgeDenies(const Evidence &evidence, const calls::Transaction &failed,
                                      const TokenSeen &token, const flows::Flow &flow)
{
    const auto *const life = lifeAfter(flow, failed.finished);
    if (life == nullptr || !base::hasClock(failed.started) || !namesNow(flow, token) ||
        !boundAt(flow, failed.started) || flows::deathOf(flow, life->time) != nullptr ||
        !saidByItsEdge(evidence, failed, token))
        return std::nullopt;
    FlowVerdict verdict;
    verdict.which = FlowCase::EdgeDenies;
    verdict.grade = Grade::Seen;
    verdict.text = fmt::format(
        "{} says that the flow is gone, and the connection that its token names lives: {} came "
        "over it {} later, and nothing closed it between.",
        sender(evidence, failed.finalResponse),
        life->what == flows::Happening::Pong         ? "a pong"
        : life->what == flows::Happening::Registered ? "a registration"
                                                     : "an answer",
        lasting(life->time - failed.finished));
    verdict.impact = "Calls fail although the user agent is there; it cannot mend it.";
    verdict.fixes = {{"Look why the edge does not find the connection by its token: another worker "
                      "or host of a cluster that holds it, an alias that is missing, a key that "
                      "differs between two edges.",
                      "edge proxy", Action::None},
                     {"Try the target's next flow after 430, and answer the caller 480 when none "
                      "is left.",
                      "home proxy", Action::None}};
    return verdict;
}

} // namespace diagnosis
