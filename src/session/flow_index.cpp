// SPDX-License-Identifier: Apache-2.0
#include <session/flow_index.h>

#include <algorithm>
#include <base/text.h>
#include <flows/clear_flow.h>
#include <fmt/format.h>
#include <sip/digest.h>
#include <sip/message.h>
#include <sip/uri.h>
#include <tuple>

namespace session {
namespace {

constexpr std::size_t kFew = 64;
constexpr std::size_t kMostRows = 256; // of one call that are looked at
constexpr std::size_t kMostEnded = 24; // at the same moment
constexpr base::Duration kTogether = std::chrono::seconds(2);
constexpr std::size_t kMostPerKey = 256; // flows under one key, the newest

template <class Map, class Key> void note(Map &map, const Key &key, std::uint32_t place)
{
    auto &places = map[key];
    if (places.size() >= kMostPerKey)
        places.erase(places.begin());
    places.push_back(place);
}

template <class Map, class Key>
void take(const Map &map, const Key &key, std::vector<std::uint32_t> &out)
{
    if (const auto found = map.find(key); found != map.end())
        out.insert(out.end(), found->second.begin(), found->second.end());
}

} // namespace

/// What a flow has in common with the one that replaces it (RFC 5626 section 4.2).
std::string FlowIndex::identity(const flows::Flow &flow)
{
    return fmt::format("{}\n{}\n{}", flow.report.aor, flow.report.instance, flow.report.regId);
}

void FlowIndex::rebuild(const trace::Trace &trace, Flows flows)
{
    m_all = std::move(flows);
    m_byCall.clear();
    m_byEnd.clear();
    m_byToken.clear();
    m_byIdentity.clear();
    m_byAor.clear();
    m_byEnding.clear();
    m_standing.clear();
    if (few())
        return;
    for (std::uint32_t place = 0; place < m_all.size(); ++place) {
        const flows::Flow &flow = *m_all[place];
        if (flow.lastRegister.valid())
            note(m_byCall, trace.row(flow.lastRegister).call, place);
        if (flow.userAgent.known())
            note(m_byEnd, flow.userAgent, place);
        if (flow.report.local.known() && flow.report.local != flow.userAgent)
            note(m_byEnd, flow.report.local, place);
        if (!flow.token.empty())
            note(m_byToken, flow.token, place);
        note(m_byIdentity, identity(flow), place);
        if (auto aor = sip::parseNameAddress(flow.report.aor).uri.address(); !aor.empty())
            note(m_byAor, base::lower(aor), place);
        if (flow.closedAt.valid() && flow.edge.known())
            m_byEnding.push_back({flow.edge.address, trace.row(flow.closedAt).time, place});
        else if (auto &standing = m_standing[flow.edge.address]; standing.size() < kMostEnded)
            standing.push_back(place);
    }
    std::sort(m_byEnding.begin(), m_byEnding.end(), [](const Ending &a, const Ending &b) {
        return std::tuple(a.time, a.place) < std::tuple(b.time, b.place);
    });
}

/// Flows of the same edge that ended at the same moment, the first few: enough to tell that it was
/// not this one alone.
void FlowIndex::addEndedTogether(const flows::Flow &flow, const trace::Trace &trace,
                                 Places &out) const
{
    if (!flow.closedAt.valid())
        return;
    const auto from = trace.row(flow.closedAt).time - kTogether;
    auto it = std::lower_bound(m_byEnding.begin(), m_byEnding.end(), from,
                               [](const Ending &a, base::Instant when) { return a.time < when; });
    std::size_t taken = 0;
    for (; it != m_byEnding.end() && it->time <= from + 2 * kTogether && taken < kMostEnded; ++it)
        if (it->edge == flow.edge.address) {
            out.push_back(it->place);
            ++taken;
        }
    take(m_standing, flow.edge.address, out); // and whether others of it go on
}

void FlowIndex::addTokens(const sip::Message &message, Places &out) const
{
    if (const auto clear = flows::clearFlow(sip::parseUri(message.requestUri)))
        take(m_byEnd, clear->userAgent, out);
    for (const auto header :
         {sip::HeaderId::Route, sip::HeaderId::RecordRoute, sip::HeaderId::Path}) {
        for (const std::string_view value : message.values(header)) {
            const auto address = sip::parseNameAddress(value);
            if (!address.ok)
                continue;
            if (const auto clear = flows::clearFlow(address.uri))
                take(m_byEnd, clear->userAgent, out);
            if (address.uri.user.empty())
                continue;
            take(m_byToken, std::string(address.uri.user), out);
            if (const auto token = flows::decodeToken(address.uri.user))
                take(m_byEnd, token->userAgent, out);
        }
    }
}

bool FlowIndex::few() const
{
    return m_all.size() <= kFew;
}

FlowIndex::Flows FlowIndex::of(const calls::Call &call, const trace::Trace &trace) const
{
    if (few())
        return m_all;
    Places places;
    take(m_byCall, call.id, places);
    for (std::size_t i = 0, own = places.size(); i < own; ++i) {
        take(m_byIdentity, identity(*m_all[places[i]]), places);
        addEndedTogether(*m_all[places[i]], trace, places);
    }
    std::size_t looked = 0;
    std::uint32_t lastPair = 0;
    for (const calls::CallRow &entry : call.rows) {
        if (entry.original.valid())
            continue;
        if (++looked > kMostRows)
            break;
        const trace::Row &row = trace.row(entry.row);
        if (row.pair != lastPair) {
            take(m_byEnd, trace.source(entry.row), places);
            take(m_byEnd, trace.destination(entry.row), places);
            lastPair = row.pair;
        }
        if (!trace::isMessage(row.kind))
            continue;
        const auto message = sip::readMessage(trace.text(entry.row));
        if (!message)
            continue;
        addTokens(*message, places);
        if (looked == 1) // the target's own, where the call does not find them
            take(
                m_byAor,
                base::lower(sip::parseNameAddress(message->value(sip::HeaderId::To)).uri.address()),
                places);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    Flows out;
    out.reserve(places.size());
    for (const std::uint32_t place : places)
        out.push_back(m_all[place]);
    return out;
}

} // namespace session
