// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_bindings.h>

#include <algorithm>
#include <diagnosis/former_ends.h>
#include <flows/registration.h>

namespace diagnosis {
namespace {

using flows::Happening;

bool aboutBinding(const flows::FlowEvent &event)
{
    return event.what == Happening::Registered || event.what == Happening::Removed;
}

/// The newest 2xx when its event is no longer kept: nothing about registrations came later.
std::optional<Bound> forgotten(const flows::Flow &flow)
{
    if (!flow.registered.known() ||
        std::any_of(flow.events.begin(), flow.events.end(), aboutBinding))
        return std::nullopt;
    return Bound{flow.registered, flow.granted, flow.granted ? flow.flowTimer : base::Duration{0},
                 flow.lastResponse};
}

} // namespace

std::optional<Bound> boundAt(const flows::Flow &flow, base::Instant when)
{
    auto out = forgotten(flow);
    if (out && out->time > when)
        out.reset();
    for (const auto &event : flow.events) {
        if (!aboutBinding(event) || event.time > when)
            continue;
        out.reset();
        if (event.what == Happening::Registered)
            out = Bound{event.time, event.granted, event.flowTimer, event.row};
    }
    return out;
}

base::Instant boundAfter(const flows::Flow &flow, base::Instant since)
{
    if (const auto kept = forgotten(flow); kept && kept->time > since)
        return kept->time;
    const auto found =
        std::find_if(flow.events.begin(), flow.events.end(), [&](const flows::FlowEvent &event) {
            return event.what == Happening::Registered && event.time > since;
        });
    return found == flow.events.end() ? base::Instant{} : found->time;
}

bool everGranted(const flows::Flow &flow)
{
    return flow.grantedBy.valid();
}

bool byEdge(const Evidence &evidence, const flows::Flow &flow, trace::RowId row)
{
    if (!row.valid())
        return false;
    return evidence.trace.source(row) == flow.edge ||
           (flow.ours && hadSocket(evidence, flow, evidence.trace.destination(row)));
}

bool takesAway(const sip::Message &request)
{
    const auto contacts = request.values(sip::HeaderId::Contact);
    const bool all = request.number(sip::HeaderId::Expires) == 0U;
    return !contacts.empty() &&
           std::all_of(contacts.begin(), contacts.end(), [&](std::string_view value) {
               const auto own = flows::readContact(value).expires;
               return own ? *own == 0 : all;
           });
}

bool acceptedLater(const Evidence &evidence, const calls::Transaction &refused)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(),
        [&](const calls::Transaction &later) {
            if (later.method != sip::Method::Register || later.finalStatus / 100 != 2 ||
                later.started < refused.finished || !later.request.valid())
                return false;
            const auto &request = evidence.message(later.request);
            return request.find(sip::HeaderId::Contact) != nullptr && !takesAway(request);
        });
}

} // namespace diagnosis
