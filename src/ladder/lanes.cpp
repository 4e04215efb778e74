// SPDX-License-Identifier: Apache-2.0
#include <ladder/lanes.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace ladder {

namespace {

bool ofOurs(const trace::Row &row)
{
    return row.origin == base::Origin::Tap || row.origin == base::Origin::Own;
}

} // namespace

Lanes::Lanes(const diagnosis::Evidence &evidence, const Options &options)
    : m_evidence(evidence), m_options(options)
{
    readOurName();
    readAliases();
    readSplits();
    readOurEnds();
    placeAll();
    placeOurs();
    placeBranches();
    arrange();
}

/// Our one socket has been given the name of whoever spoke through it first; in this call it is
/// the caller's or the callee's.
void Lanes::readOurName()
{
    const calls::Call &call = m_evidence.call;
    if (!call.invite.valid() || m_evidence.trace.row(call.invite).origin != base::Origin::Tap)
        return;
    const bool placed = m_evidence.trace.row(call.invite).outgoing;
    const std::string &who = placed ? call.from : call.to;
    m_ourPlace =
        placed ? m_evidence.trace.source(call.invite) : m_evidence.trace.destination(call.invite);
    m_ourName = base::printable(who.substr(0, who.find('@')), false, 200);
}

/// Over a connection the source port is a passing one; the top Via says where its owner listens
/// (RFC 3261 section 18.1.1), so both are one host.
void Lanes::readAliases()
{
    for (const calls::Transaction &transaction : m_evidence.call.transactions) {
        if (!transaction.request.valid())
            continue;
        const auto transport = m_evidence.trace.row(transaction.request).transport;
        if (transport == base::Transport::Udp || transport == base::Transport::Unknown)
            continue;
        const auto listens = base::Endpoint::parse(transaction.sentBy);
        const auto source = m_evidence.trace.source(transaction.request);
        if (listens && listens->address == source.address && listens->port != source.port)
            m_aliases.emplace(source, *listens);
    }
}

void Lanes::readSplits()
{
    std::unordered_set<std::uint32_t> seen;
    for (const calls::CallRow &row : m_evidence.call.rows) {
        if (!seen.insert(m_evidence.trace.row(row.row).pair).second)
            continue;
        const auto source = m_evidence.trace.source(row.row);
        const auto destination = m_evidence.trace.destination(row.row);
        if (source.known() && source.address == destination.address &&
            source.port != destination.port)
            m_split.insert(source.address);
    }
}

/// Our own user agent is one host, whatever connection it sends over. Two of it that talk to each
/// other without anybody between them stay two.
void Lanes::readOurEnds()
{
    std::unordered_set<std::uint64_t> seen;
    std::vector<std::pair<base::Endpoint, base::Endpoint>> ways; // from us, to the peer
    for (const calls::CallRow &place : m_evidence.call.rows) {
        const trace::Row &row = m_evidence.trace.row(place.row);
        const auto key = static_cast<std::uint64_t>(row.pair) << 1U | (row.outgoing ? 1U : 0U);
        if (!ofOurs(row) || row.kind == trace::RowKind::Local || !seen.insert(key).second)
            continue;
        const auto source = m_evidence.trace.source(place.row);
        const auto destination = m_evidence.trace.destination(place.row);
        ways.emplace_back(row.outgoing ? source : destination, row.outgoing ? destination : source);
        const base::Endpoint &end = ways.back().first;
        if (m_ourEnds.empty() || (!named(m_ourHome) && named(end)))
            m_ourHome = end;
        m_ourEnds.insert(end);
    }
    const bool among = std::any_of(ways.begin(), ways.end(), [this](const auto &way) {
        return m_ourEnds.contains(way.second);
    });
    if (among)
        m_ourEnds.clear();
}

bool Lanes::named(const base::Endpoint &endpoint) const
{
    return m_options.names.contains(endpoint.text());
}

std::uint32_t Lanes::create(Lane lane, std::optional<std::uint32_t> leftOf)
{
    const auto index = static_cast<std::uint32_t>(m_lanes.size());
    m_lanes.push_back(std::move(lane));
    const auto before = leftOf ? std::find(m_order.begin(), m_order.end(), *leftOf) : m_order.end();
    m_order.insert(before, index);
    return index;
}

std::uint32_t Lanes::laneOf(const base::Endpoint &endpoint, std::optional<std::uint32_t> leftOf)
{
    if (const auto known = m_byEndpoint.find(endpoint); known != m_byEndpoint.end())
        return known->second;
    if (m_ourEnds.contains(endpoint) && endpoint != m_ourHome && !named(endpoint)) {
        const std::uint32_t home = laneOf(m_ourHome, leftOf);
        return m_byEndpoint.emplace(endpoint, home).first->second;
    }
    const auto alias = m_aliases.find(endpoint);
    const base::Endpoint home = alias == m_aliases.end() ? endpoint : alias->second;
    Lane lane;
    for (const std::string &key : {endpoint.text(), home.text(), endpoint.address.text()})
        if (const auto name = m_options.names.find(key);
            name != m_options.names.end() && lane.name.empty())
            lane = {base::printable(name->second, false, 200), home.text(), 0};
    if (!lane.name.empty() && endpoint == m_ourPlace && !m_ourName.empty())
        lane.name = m_ourName;
    // A name of the address alone ("localhost") does not join what its ports tell apart.
    if (!lane.name.empty() && m_split.contains(endpoint.address) &&
        !m_options.names.contains(endpoint.text()) && !m_options.names.contains(home.text()))
        lane.name += fmt::format(":{}", home.port);
    if (!endpoint.known()) // a log that names the peers only
        lane = {"the log's host", "address unknown", 0};
    else if (lane.name.empty() && m_split.contains(endpoint.address))
        lane = {home.text(), "", 0};
    else if (lane.name.empty())
        lane = {endpoint.address.text(), home.port != 0 ? fmt::format("port {}", home.port) : "",
                0};

    std::uint32_t index = 0;
    if (const auto known = m_byKey.find(lane.name); known != m_byKey.end()) {
        index = known->second;
    } else if (m_lanes.size() + 1 >= m_options.mostLanes && !m_lanes.empty()) {
        if (m_sharing++ == 0)
            create({}, std::nullopt);
        index = static_cast<std::uint32_t>(m_lanes.size() - 1);
        m_lanes[index] = {fmt::format("{} more hosts", m_sharing), "share this lane", 0};
    } else {
        std::string key = lane.name;
        index = create(std::move(lane), leftOf);
        m_byKey.emplace(std::move(key), index);
    }
    m_byEndpoint.emplace(endpoint, index);
    return index;
}

void Lanes::placeAll()
{
    std::unordered_set<std::uint64_t> seen;
    for (const calls::CallRow &place : m_evidence.call.rows) {
        const trace::Row &row = m_evidence.trace.row(place.row);
        // One look per address pair and direction of asking is enough, however long the call is.
        const auto key = (static_cast<std::uint64_t>(row.pair) << 2U) |
                         (row.status != 0 ? 1U : 0U) |
                         (row.kind == trace::RowKind::Local ? 2U : 0U);
        if (seen.insert(key).second)
            placeRow(row, place);
    }
}

void Lanes::placeRow(const trace::Row &row, const calls::CallRow &place)
{
    const auto source = m_evidence.trace.source(place.row);
    const auto destination = m_evidence.trace.destination(place.row);
    if (row.kind == trace::RowKind::Local) {
        if (row.undelivered().valid() || row.mediaUndelivered())
            return; // it stands where its sender does
        if (source.known() && !m_ours)
            m_ours = laneOf(source, std::nullopt);
        m_homeless = m_homeless || !source.known();
        return;
    }
    if (!source.known() && !destination.known()) {
        placeSides();
        return;
    }
    std::uint32_t from = 0, to = 0;
    if (row.status != 0) { // a response runs back, so the one it goes to stands left
        to = laneOf(destination, std::nullopt);
        from = laneOf(source, std::nullopt);
    } else {
        // A first request comes from the left of whom it reaches, even if that one was met before.
        const bool opening = place.transaction < m_evidence.call.transactions.size() &&
                             !m_evidence.call.transactions[place.transaction].inDialog;
        const auto known = m_byEndpoint.find(destination);
        const auto leftOf =
            opening && known != m_byEndpoint.end() ? std::optional(known->second) : std::nullopt;
        from = laneOf(source, leftOf);
        to = laneOf(destination, std::nullopt);
    }
    if (!m_ours && ofOurs(row))
        m_ours = row.outgoing ? from : to;
}

/// Where no address is told, the dialog still tells which side speaks (RFC 3261 section 12): by the
/// From-tag of the first request.
void Lanes::placeSides()
{
    if (m_sides)
        return;
    const bool call = m_evidence.call.kind == calls::Kind::Call;
    const auto caller = create({call ? "caller" : "client", "address unknown", 0}, std::nullopt);
    m_sides =
        Ends{caller, create({call ? "callee" : "server", "address unknown", 0}, std::nullopt)};
}

Lanes::Ends Lanes::sidesOf(const trace::Row &row) const
{
    const bool caller =
        row.fromTag == 0 || m_evidence.trace.tag(row.fromTag) == m_evidence.call.fromTag;
    const Ends ends{m_position[m_sides->from], m_position[m_sides->to]};
    return caller == (row.status == 0) ? ends : Ends{ends.to, ends.from};
}

/// What happened inside Earshot stands on our lane; without any message of ours it gets one.
void Lanes::placeOurs()
{
    if (m_homeless && !m_ours)
        m_ours = create({"Earshot", "this computer", 0},
                        m_order.empty() ? std::nullopt : std::optional(m_order[0]));
}

void Lanes::arrange()
{
    std::vector<Lane> sorted;
    m_position.resize(m_lanes.size());
    for (std::size_t i = 0; i < m_order.size(); ++i) {
        m_position[m_order[i]] = static_cast<std::uint32_t>(i);
        sorted.push_back(m_lanes[m_order[i]]);
    }
    m_lanes = std::move(sorted);
}

std::optional<std::uint32_t> Lanes::find(const base::Endpoint &endpoint) const
{
    if (const auto known = m_byEndpoint.find(endpoint); known != m_byEndpoint.end())
        return m_position[known->second];
    // Media leaves from ports that no message used: go by name, then by an address that is one
    // lane.
    for (const std::string &key : {endpoint.text(), endpoint.address.text()}) {
        const auto name = m_options.names.find(key);
        const bool ours = endpoint == m_ourPlace && !m_ourName.empty();
        const auto known = m_byKey.find(name == m_options.names.end() ? key
                                        : ours                        ? m_ourName
                                                                      : name->second);
        if (known != m_byKey.end())
            return m_position[known->second];
    }
    return std::nullopt;
}

Lanes::Ends Lanes::of(trace::RowId row) const
{
    const trace::Row &data = m_evidence.trace.row(row);
    if (data.kind == trace::RowKind::Local) {
        const auto known = find(m_evidence.trace.source(row));
        const auto lane = known ? *known : m_position[m_ours.value_or(0)];
        return {lane, lane};
    }
    if (m_sides && !m_evidence.trace.source(row).known() &&
        !m_evidence.trace.destination(row).known())
        return sidesOf(data);
    const auto source = m_byEndpoint.find(m_evidence.trace.source(row));
    const auto destination = m_byEndpoint.find(m_evidence.trace.destination(row));
    if (source == m_byEndpoint.end() || destination == m_byEndpoint.end())
        return {};
    const Ends ends = onBranches(data, {source->second, destination->second});
    return {m_position[ends.from], m_position[ends.to]};
}

} // namespace ladder
