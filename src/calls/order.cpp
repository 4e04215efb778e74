// SPDX-License-Identifier: Apache-2.0
#include <calls/order.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <unordered_map>

namespace calls {

namespace {

using sip::Method;
using EventKey = std::size_t; // something that happened; 0: nothing
enum class Sort : std::uint8_t { Request, Reliable, InviteFinal, FinalAt, FinalTo, Final, Relayed };

EventKey keyOf(Sort sort, std::initializer_list<std::size_t> parts)
{
    std::size_t key = static_cast<std::size_t>(sort) + 1;
    for (const std::size_t part : parts)
        key = (key ^ part) * 0x9E3779B97F4A7C15ULL;
    return key | 1U;
}

constexpr std::size_t kMostKeys = 6; // of one row
struct Keys {
    std::array<EventKey, kMostKeys> list{};
    std::size_t count = 0;

    void add(EventKey key) { list[count++] = key; }
    const EventKey *begin() const { return list.data(); }
    const EventKey *end() const { return list.data() + count; }
};

class Causality
{
public:
    Causality(const trace::Trace &trace, const std::vector<Fact> &facts)
        : m_trace(trace), m_facts(facts)
    {
        for (const Fact &fact : facts) {
            const trace::Row &row = trace.row(fact.row);
            if (row.kind != trace::RowKind::Local && row.status == 0)
                m_depths.emplace(request(row, row.method), fact.viaCount);
        }
    }

    /// What others may have to wait for.
    Keys provides(std::uint32_t index) const
    {
        Keys out;
        const Fact &fact = m_facts[index];
        const trace::Row &row = m_trace.row(fact.row);
        if (row.kind == trace::RowKind::Local)
            return out;
        const auto method = static_cast<std::size_t>(row.method);
        if (row.status == 0) {
            out.add(request(row, row.method));
            return out;
        }
        if (fact.reliable)
            out.add(keyOf(Sort::Reliable, {row.toTag, fact.rseq}));
        const std::size_t depth = depthOf(row);
        if (row.status >= 200 && row.method == Method::Invite) {
            out.add(keyOf(Sort::InviteFinal, {row.cseq, row.fromTag, row.toTag}));
            out.add(keyOf(Sort::FinalAt, {row.cseq, row.fromTag, row.toTag, depth}));
            out.add(keyOf(Sort::FinalTo, {request(row, Method::Invite)}));
        }
        if (row.status >= 200)
            out.add(keyOf(Sort::Final, {row.cseq, row.fromTag, method}));
        if (row.status > 100 && depth != 0)
            out.add(relayed(row, depth));
        return out;
    }
    /// What must stand above this row.
    Keys needs(std::uint32_t index) const
    {
        Keys out;
        const Fact &fact = m_facts[index];
        const trace::Row &row = m_trace.row(fact.row);
        if (row.kind == trace::RowKind::Local)
            return out;
        const auto method = static_cast<std::size_t>(row.method);
        if (row.status != 0) {
            out.add(request(row, row.method));
            if (const std::size_t depth = depthOf(row); row.status > 100 && depth != 0)
                out.add(relayed(row, depth + 1)); // a proxy hands on what it was answered
            if (row.status == 487)                // RFC 3261 section 9.2
                out.add(request(row, Method::Cancel));
            return out;
        }
        if (const EventKey before = fact.viaCount > 1 ? oneHopBefore(fact.row) : 0; before != 0)
            out.add(before);
        switch (row.method) {
        case Method::Cancel: // RFC 3261 section 9.1: the branch of what it cancels
            out.add(request(row, Method::Invite));
            break;
        case Method::Ack: // of a 2xx it goes the INVITE's way, else back from where the final came
            out.add(keyOf(Sort::InviteFinal, {row.cseq, row.fromTag, row.toTag}));
            out.add(keyOf(Sort::FinalAt, {row.cseq, row.fromTag, row.toTag, fact.viaCount}));
            out.add(keyOf(Sort::FinalTo, {request(row, Method::Invite)}));
            break;
        case Method::Prack:
            out.add(keyOf(Sort::Reliable, {row.toTag, fact.rseq}));
            break;
        case Method::Invite: // one after the other, sections 14.1 and 10.2
        case Method::Register:
            out.add(keyOf(Sort::Final, {row.cseq - 1U, row.fromTag, method}));
            break;
        default:
            break;
        }
        return out;
    }

private:
    static EventKey request(const trace::Row &row, Method method)
    {
        return request(row.branch(), row.cseq, method);
    }
    static EventKey request(std::string_view branch, std::uint32_t cseq, Method method)
    {
        return keyOf(Sort::Request, {std::hash<std::string_view>()(branch), cseq,
                                     static_cast<std::size_t>(method)});
    }
    /// The request that this one was made of by a proxy, which left its Via in it (RFC 3261
    /// section 16.6).
    EventKey oneHopBefore(trace::RowId id) const
    {
        const auto message = sip::readMessage(m_trace.text(id));
        const auto vias =
            message ? message->values(sip::HeaderId::Via) : std::vector<std::string_view>();
        const auto branch = vias.size() > 1 ? sip::parameter(vias[1], "branch") : std::nullopt;
        const trace::Row &row = m_trace.row(id);
        return branch ? request(*branch, row.cseq, row.method) : 0;
    }
    static EventKey relayed(const trace::Row &row, std::size_t depth)
    {
        return keyOf(Sort::Relayed, {row.status, row.toTag, row.cseq,
                                     static_cast<std::size_t>(row.method), depth});
    }
    /// How many Vias the request had that it answers; 0: not known.
    std::size_t depthOf(const trace::Row &row) const
    {
        const auto found = m_depths.find(request(row, row.method));
        return found != m_depths.end() ? found->second : 0;
    }

    const trace::Trace &m_trace;
    const std::vector<Fact> &m_facts;
    std::unordered_map<EventKey, std::uint8_t> m_depths; // of requests
};

/// In one file: two interfaces, or the two directions of one, stamp their packets apart from each
/// other.
constexpr base::Duration kWithinFile = std::chrono::milliseconds(20);

/// How much later its cause may be stamped than a row that yet stands below it. Between two
/// captures lies what is left of their clocks' difference; a request that was sent again comes
/// later still (T1, RFC 3261 section 17.1.1.1).
base::Duration slack(const trace::Trace &trace, trace::RowId row, trace::RowId cause)
{
    constexpr base::Duration kBetweenFiles = std::chrono::milliseconds(400);
    return trace.fileOf(row) != trace.fileOf(cause) ? kBetweenFiles : kWithinFile;
}

/// Does the row have to stand above one that was stamped a little before it? Seen cheaply: what
/// may be so is looked at in full.
bool mayBeCause(const trace::Row &row, const trace::Row &before)
{
    if (row.reliable && before.method == Method::Prack && before.status == 0)
        return row.rseq == before.rseq;
    if (row.cseq != before.cseq || row.kind == trace::RowKind::Local)
        return false;
    if (row.status == 0)
        return (before.status != 0 && row.method == before.method &&
                row.branch() == before.branch()) ||
               (before.status == 0 && before.method == row.method &&
                before.viaCount > row.viaCount) ||
               (before.method == Method::Cancel && row.method == Method::Invite);
    return before.status == 0 && before.method == Method::Ack && row.method == Method::Invite;
}

/// A row of which a cause stands below it moves to right behind the last one.
std::vector<std::uint32_t> reordered(const std::vector<std::uint32_t> &order,
                                     const trace::Trace &trace, const std::vector<Fact> &facts)
{
    const Causality causality(trace, facts);
    std::unordered_map<EventKey, std::size_t> firstCause;
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const EventKey key : causality.provides(order[i]))
            firstCause.emplace(key, i);
    }
    std::vector<std::vector<std::size_t>> waiting(order.size());
    std::vector<std::uint8_t> pending(order.size()); // causes that a row waits for
    std::vector<bool> placed(order.size());
    std::vector<std::uint32_t> out;
    out.reserve(order.size());
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const EventKey cause : causality.needs(order[i])) {
            const auto found = firstCause.find(cause);
            if (found == firstCause.end() || found->second == i || placed[found->second])
                continue;
            const trace::RowId row = facts[order[i]].row, other = facts[order[found->second]].row;
            // One that stands above waits itself.
            if (found->second < i ||
                trace.row(other).time - trace.row(row).time <= slack(trace, row, other)) {
                waiting[found->second].push_back(i);
                ++pending[i];
            }
        }
        if (pending[i] == 0)
            ready.push_back(i);
        while (!ready.empty()) {
            const std::size_t next = ready.back();
            ready.pop_back();
            out.push_back(order[next]);
            placed[next] = true;
            for (auto one = waiting[next].rbegin(); one != waiting[next].rend(); ++one) {
                if (--pending[*one] == 0)
                    ready.push_back(*one);
            }
        }
    }
    // Of rows that wait for each other none is a cause.
    return out.size() == order.size() ? out : order;
}

} // namespace

std::vector<std::uint32_t> inOrder(const trace::Trace &trace, const std::vector<Fact> &facts)
{
    std::vector<std::uint32_t> order(facts.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto time = [&](std::uint32_t index) { return trace.row(facts[index].row).time; };
    const auto earlier = [&](std::uint32_t a, std::uint32_t b) { return time(a) < time(b); };
    if (!std::is_sorted(order.begin(), order.end(), earlier))
        std::stable_sort(order.begin(), order.end(), earlier);

    // Most calls are of one file, have no equal stamps and tell causes first: there is nothing to
    // doubt.
    const auto doubtful = [&](std::size_t i) {
        constexpr std::size_t kLookBack = 8;
        const trace::Row &row = trace.row(facts[order[i]].row);
        for (std::size_t j = i; j-- > (i > kLookBack ? i - kLookBack : 0);) {
            const trace::Row &before = trace.row(facts[order[j]].row);
            if (row.time - before.time > kWithinFile)
                return false;
            if (mayBeCause(row, before))
                return true;
        }
        return false;
    };
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (time(order[i]) == time(order[i - 1]) ||
            trace.fileOf(facts[order[i]].row) != trace.fileOf(facts[order[i - 1]].row) ||
            doubtful(i))
            return reordered(order, trace, facts);
    }
    return order;
}

} // namespace calls
