// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/edge_restart.h>

#include <algorithm>
#include <diagnosis/flow_bindings.h>
#include <flows/standing.h>

namespace diagnosis {
namespace {

using flows::Happening;

constexpr auto kTogether = std::chrono::seconds(2);
constexpr std::size_t kMany = 3; // user agents; two may be chance

/// The newest connection with a binding over it that the edge ended; nullptr: none.
const flows::FlowEvent *endOf(const Evidence &evidence, const flows::Flow &flow)
{
    const flows::FlowEvent *end = nullptr;
    bool bound = false;
    for (const auto &event : flow.events) {
        if (event.what == Happening::Registered)
            bound = true;
        else if (event.what == Happening::Removed)
            bound = false;
        else if (event.what == Happening::Closed || event.what == Happening::Reset) {
            if (bound && byEdge(evidence, flow, event.row))
                end = &event;
            bound = false;
        }
    }
    return end;
}

/// Bound before and behind `when`, as far as this trace tells.
bool goesOn(const flows::Flow &flow, base::Instant when)
{
    const auto bound = boundAt(flow, when - 2 * kTogether);
    const auto until = flow.report.registeredUntil;
    const bool over = bound && until.known() && flow.registered.known() &&
                      bound->time + (until - flow.registered) <= when;
    return bound && !over && deathOf(flow, when) == nullptr;
}

} // namespace

MassEnd massEndOf(const Evidence &evidence, const flows::Flow &flow)
{
    const auto *const own = flow.ours ? nullptr : endOf(evidence, flow);
    if (own == nullptr)
        return {};
    MassEnd out;
    std::vector<std::string_view> people;
    std::size_t living = 0;
    for (const auto &each : evidence.flows) {
        if (!each || each->ours || each->edge.address != flow.edge.address)
            continue;
        const auto *const end = endOf(evidence, *each);
        if (end == nullptr || end->time - own->time > kTogether ||
            own->time - end->time > kTogether) {
            living += goesOn(*each, own->time + kTogether) ? 1U : 0U;
            continue;
        }
        out.flows.push_back(each.get());
        out.ends.push_back(end);
        if (std::find(people.begin(), people.end(), each->report.aor) == people.end())
            people.push_back(each->report.aor);
        out.first = out.first.known() ? std::min(out.first, end->time) : end->time;
        out.last = std::max(out.last, end->time);
    }
    // Where others of that edge go on, it was not the edge.
    return people.size() >= kMany && living * 4 < out.flows.size() ? out : MassEnd{};
}

} // namespace diagnosis
