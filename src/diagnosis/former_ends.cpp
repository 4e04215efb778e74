// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/former_ends.h>

#include <algorithm>
#include <base/text.h>
#include <flows/stun.h>
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

/// What an event says of how a flow that was only seen is known to its edge.
struct Known {
    std::optional<base::Endpoint> as;      // the mapped address
    std::vector<std::string_view> entries; // of Path and Service-Route, user parts
};

Known knownBy(const Evidence &evidence, const flows::FlowEvent &event)
{
    Known out;
    if (!event.row.valid())
        return out;
    if (event.what == flows::Happening::Pong || event.what == flows::Happening::Remapped) {
        out.as = flows::mappedAddress(evidence.trace.text(event.row));
        return out;
    }
    if (event.what != flows::Happening::Registered)
        return out;
    const auto &answer = evidence.message(event.row);
    const auto vias = answer.values(sip::HeaderId::Via);
    if (!vias.empty())
        out.as = seenBy(vias.back());
    for (const auto header : {sip::HeaderId::Path, sip::HeaderId::ServiceRoute})
        for (const auto value : answer.values(header))
            if (const auto user = sip::parseNameAddress(value).uri.user; !user.empty())
                out.entries.push_back(user);
    return out;
}

/// Does what is known there still name the flow so? nullopt: it does not tell.
std::optional<bool> stillNames(const TokenSeen &token, const Known &known)
{
    if (std::find(known.entries.begin(), known.entries.end(), token.user) != known.entries.end())
        return true;
    if (!token.readable)
        return known.entries.empty() ? std::nullopt : std::optional(false);
    if (known.as)
        return token.readable->userAgent == *known.as;
    std::optional<bool> same;
    for (const auto entry : known.entries) // written anew, of the same connection
        if (const auto readable = flows::decodeToken(entry))
            same = same.value_or(false) || readable->userAgent == token.readable->userAgent;
    return same;
}

/// As namedUntil(), of what the engine told of a flow of ours, or what was seen of another.
std::optional<bool> namesThere(const Evidence &evidence, const flows::Flow &flow,
                               const flows::FlowEvent &event, const TokenSeen &token)
{
    if (!flow.ours) {
        const auto known = stillNames(token, knownBy(evidence, event));
        // What answers STUN may see another address all along: only its change tells something.
        return event.what == flows::Happening::Pong && known == false ? std::nullopt : known;
    }
    const auto *const report = reportOf(evidence, event);
    return report == nullptr ? std::nullopt : std::optional(names(token, *report));
}

} // namespace

std::optional<base::Endpoint> seenBy(std::string_view via)
{
    const auto parsed = sip::parseVia(via);
    const auto received = parsed.parameter("received");
    const auto address = base::Address::parse(received.value_or(parsed.host));
    const auto port = base::toInteger(parsed.parameter("rport").value_or(""));
    if (!address || !port || *port <= 0 || *port > 65535)
        return std::nullopt;
    return base::Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

base::Endpoint seenAt(const Evidence &evidence, const flows::Flow &flow, base::Instant when)
{
    for (auto event = flow.events.rbegin(); event != flow.events.rend(); ++event)
        if (event->time <= when)
            if (const auto known = knownBy(evidence, *event).as)
                return *known;
    return {};
}

std::optional<base::Instant> namedUntil(const Evidence &evidence, const flows::Flow &flow,
                                        const TokenSeen &token)
{
    bool named = false;
    std::optional<base::Instant> until;
    for (const auto &event : flow.events) {
        const auto now = namesThere(evidence, flow, event, token);
        if (!now)
            continue;
        if (*now) {
            named = true;
            until.reset();
        } else if (named && !until) {
            until = event.time;
        }
    }
    return until;
}

const flows::Flow *formerFlow(const Evidence &evidence, const TokenSeen &token)
{
    const auto from = evidence.trace.source(token.row).address;
    if (!from.known() || token.header != sip::HeaderId::Route)
        return nullptr;
    const auto sender =
        sip::parseNameAddress(evidence.message(token.row).value(sip::HeaderId::From)).uri.address();
    for (const auto &flow : evidence.flows)
        if (flow && !flow->ours && flow->userAgent.address == from && !sender.empty() &&
            base::equalsNoCase(sip::parseNameAddress(flow->report.aor).uri.address(), sender) &&
            namedUntil(evidence, *flow, token))
            return flow.get();
    return nullptr;
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
