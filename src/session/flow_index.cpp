// SPDX-License-Identifier: Apache-2.0
#include <session/flow_index.h>

#include <algorithm>
#include <fmt/format.h>
#include <sip/digest.h>
#include <sip/message.h>
#include <sip/uri.h>

namespace session {
namespace {

constexpr std::size_t kFew = 64;
constexpr std::size_t kMostRows = 256;   // of one call that are looked at
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
    }
}

void FlowIndex::addTokens(const sip::Message &message, Places &out) const
{
    for (const auto header :
         {sip::HeaderId::Route, sip::HeaderId::RecordRoute, sip::HeaderId::Path}) {
        for (const std::string_view value : message.values(header)) {
            const auto address = sip::parseNameAddress(value);
            if (!address.ok || address.uri.user.empty())
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
    for (std::size_t i = 0, own = places.size(); i < own; ++i)
        take(m_byIdentity, identity(*m_all[places[i]]), places);
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
        if (const auto message = sip::readMessage(trace.text(entry.row)))
            addTokens(*message, places);
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
