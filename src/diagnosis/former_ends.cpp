// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/former_ends.h>

#include <algorithm>
#include <sip/uri.h>

namespace diagnosis {
namespace {

/// What our engine told of the flow at that event, while it had a connection; nullptr: nothing.
const base::FlowReport *reportOf(const Evidence &evidence, const flows::FlowEvent &event)
{
    if (event.what != flows::Happening::StateChanged || !event.row.valid())
        return nullptr;
    const auto *const told = evidence.trace.local(event.row);
    return told != nullptr && told->flow && told->flow->local.known() ? told->flow.get() : nullptr;
}

bool names(const TokenSeen &token, const base::FlowReport &report)
{
    if (token.readable)
        return token.readable->userAgent.known() && (token.readable->userAgent == report.local ||
                                                     token.readable->userAgent == report.mapped);
    return std::any_of(report.path.begin(), report.path.end(), [&](const std::string &value) {
        return sip::parseNameAddress(value).uri.user == token.user;
    });
}

} // namespace

std::optional<base::Instant> namedUntil(const Evidence &evidence, const flows::Flow &flow,
                                        const TokenSeen &token)
{
    bool named = false;
    std::optional<base::Instant> until;
    for (const auto &event : flow.events) {
        const auto *const report = reportOf(evidence, event);
        if (report == nullptr)
            continue;
        if (names(token, *report)) {
            named = true;
            until.reset();
        } else if (named && !until) {
            until = event.time;
        }
    }
    return until;
}

bool namedAt(const Evidence &evidence, const flows::Flow &flow, const TokenSeen &token,
             const base::Endpoint &end)
{
    return std::any_of(flow.events.begin(), flow.events.end(), [&](const flows::FlowEvent &event) {
        const auto *const report = reportOf(evidence, event);
        return report != nullptr && names(token, *report) &&
               (report->local == end || report->mapped == end);
    });
}

bool hadSocket(const Evidence &evidence, const flows::Flow &flow, const base::Endpoint &own)
{
    return std::any_of(flow.events.begin(), flow.events.end(), [&](const flows::FlowEvent &event) {
        const auto *const report = reportOf(evidence, event);
        return report != nullptr && report->local == own;
    });
}

} // namespace diagnosis
