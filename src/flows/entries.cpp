// SPDX-License-Identifier: Apache-2.0
#include <flows/work.h>

#include <algorithm>

namespace flows {

Ends endsOf(const base::Endpoint &a, const base::Endpoint &b, base::Transport transport)
{
    return {std::min(a, b), std::max(a, b), transport == base::Transport::Udp};
}

std::size_t EndsHash::operator()(const Ends &ends) const noexcept
{
    const std::hash<base::Endpoint> endpoint;
    const std::size_t mixed = endpoint(ends.low) * 0x9E3779B97F4A7C15ULL + endpoint(ends.high);
    return mixed ^ static_cast<std::size_t>(ends.datagrams);
}

Entry *Entries::byId(FlowId id)
{
    const auto found = m_byId.find(id.value);
    return found != m_byId.end() ? &*found->second : nullptr;
}

Entry *Entries::byEnds(const Ends &ends)
{
    const auto found = m_byEnds.find(ends);
    return found != m_byEnds.end() ? byId(found->second) : nullptr;
}

Entry *Entries::byRegister(std::uint64_t key)
{
    const auto found = m_byRegister.find(key);
    return found != m_byRegister.end() ? byId(found->second) : nullptr;
}

Entry *Entries::byOwn(const std::string &aor, std::uint32_t regId)
{
    const auto found = m_byOwn.find({aor, regId});
    return found != m_byOwn.end() ? byId(found->second) : nullptr;
}

Entry *Entries::byToken(std::string_view token)
{
    const auto found = m_byToken.find(token);
    return found != m_byToken.end() ? byId(found->second) : nullptr;
}

Entry &Entries::make()
{
    if (m_list.size() >= m_capacity) {
        remove(m_list.front().flow.id);
        ++m_evicted;
    }
    m_list.emplace_back();
    m_list.back().flow.id = FlowId{m_next++};
    m_byId.emplace(m_list.back().flow.id.value, std::prev(m_list.end()));
    return m_list.back();
}

template <class Map, class Key> void Entries::forget(Map &map, const Key &key, FlowId id)
{
    const auto found = map.find(key);
    if (found != map.end() && found->second == id)
        map.erase(found);
}

void Entries::bindEnds(Entry &entry, const base::Endpoint &userAgent, const base::Endpoint &edge,
                       base::Transport transport)
{
    Flow &flow = entry.flow;
    forget(m_byEnds, endsOf(flow.userAgent, flow.edge, flow.transport), flow.id);
    flow.userAgent = userAgent;
    flow.edge = edge;
    flow.transport = transport;
    m_byEnds[endsOf(userAgent, edge, transport)] = flow.id;
}

void Entries::bindRegister(Entry &entry, std::uint64_t key)
{
    forget(m_byRegister, entry.registerKey, entry.flow.id);
    entry.registerKey = key;
    m_byRegister[key] = entry.flow.id;
}

void Entries::bindOwn(Entry &entry, const std::string &aor, std::uint32_t regId)
{
    m_byOwn[{aor, regId}] = entry.flow.id;
}

void Entries::bindToken(Entry &entry, std::string token)
{
    if (token == entry.flow.token)
        return;
    forget(m_byToken, entry.flow.token, entry.flow.id);
    if (!token.empty())
        m_byToken[token] = entry.flow.id;
    entry.flow.token = std::move(token);
}

void Entries::remove(FlowId id)
{
    const auto found = m_byId.find(id.value);
    if (found == m_byId.end())
        return;
    const Entry &entry = *found->second;
    forget(m_byEnds, endsOf(entry.flow.userAgent, entry.flow.edge, entry.flow.transport), id);
    forget(m_byRegister, entry.registerKey, id);
    forget(m_byOwn, std::pair(entry.flow.report.aor, entry.flow.report.regId), id);
    forget(m_byToken, entry.flow.token, id);
    m_list.erase(found->second);
    m_byId.erase(found);
}

void Entries::touch(Entry &entry, base::Instant time)
{
    entry.flow.lastSeen = std::max(entry.flow.lastSeen, time);
    const auto found = m_byId.find(entry.flow.id.value);
    m_list.splice(m_list.end(), m_list, found->second);
}

} // namespace flows
