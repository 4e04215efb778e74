// SPDX-License-Identifier: Apache-2.0
#include <calls/order.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

namespace calls {

namespace {

using sip::Method;
using EventKey = std::size_t; // something that happened; 0: nothing
enum class Sort : std::uint8_t { Request, Reliable, InviteFinal };

EventKey keyOf(Sort sort, std::size_t a, std::size_t b, std::size_t c)
{
    std::size_t key = static_cast<std::size_t>(sort) + 1;
    for (const std::size_t part : {a, b, c})
        key = (key ^ part) * 0x9E3779B97F4A7C15ULL;
    return key | 1U;
}

class Causality
{
public:
    Causality(const trace::Trace &trace, const std::vector<Fact> &facts)
        : m_trace(trace), m_facts(facts)
    {
    }

    /// What others may have to wait for.
    EventKey provides(std::uint32_t index) const
    {
        const Fact &fact = m_facts[index];
        const trace::Row &row = m_trace.row(fact.row);
        if (row.kind == trace::RowKind::Local)
            return 0;
        if (row.status == 0)
            return request(fact, row, row.method);
        if (fact.reliable)
            return keyOf(Sort::Reliable, row.toTag, fact.rseq, 0);
        return row.status >= 200 && row.method == Method::Invite
                   ? keyOf(Sort::InviteFinal, row.cseq, 0, 0)
                   : 0;
    }
    /// What must stand above this row.
    EventKey needs(std::uint32_t index) const
    {
        const Fact &fact = m_facts[index];
        const trace::Row &row = m_trace.row(fact.row);
        if (row.kind == trace::RowKind::Local)
            return 0;
        if (row.status != 0)
            return request(fact, row, row.method);
        switch (row.method) {
        case Method::Cancel: // RFC 3261 section 9.1: the branch of what it cancels
            return request(fact, row, Method::Invite);
        case Method::Ack:
            return keyOf(Sort::InviteFinal, row.cseq, 0, 0);
        case Method::Prack:
            return keyOf(Sort::Reliable, row.toTag, fact.rseq, 0);
        default:
            return 0;
        }
    }

private:
    EventKey request(const Fact &fact, const trace::Row &row, Method method) const
    {
        const std::size_t branch = std::hash<std::string_view>()(branchOf(m_trace, fact));
        return keyOf(Sort::Request, branch, row.cseq, static_cast<std::size_t>(method));
    }

    const trace::Trace &m_trace;
    const std::vector<Fact> &m_facts;
};

/// Rows [begin, end) have one stamp: a row whose cause stands below it moves to right after that
/// cause.
void reorder(std::vector<std::uint32_t> &order, std::size_t begin, std::size_t end,
             const Causality &causality, const std::unordered_set<EventKey> &before)
{
    std::unordered_map<EventKey, std::size_t> firstCause;
    for (std::size_t i = begin; i < end; ++i)
        firstCause.emplace(causality.provides(order[i]), i);
    std::vector<std::vector<std::size_t>> waiting(end - begin);
    std::vector<std::uint32_t> out;
    std::vector<std::size_t> ready;
    for (std::size_t i = begin; i < end; ++i) {
        const EventKey cause = causality.needs(order[i]);
        const auto found = firstCause.find(cause);
        if (cause != 0 && found != firstCause.end() && found->second > i &&
            !before.contains(cause)) {
            waiting[found->second - begin].push_back(i);
            continue;
        }
        ready.push_back(i);
        while (!ready.empty()) { // a cause is always below what waits for it: no row is met twice
            const std::size_t next = ready.back();
            ready.pop_back();
            out.push_back(order[next]);
            auto &freed = waiting[next - begin];
            ready.insert(ready.end(), freed.rbegin(), freed.rend());
        }
    }
    std::copy(out.begin(), out.end(), order.begin() + static_cast<std::ptrdiff_t>(begin));
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

    const auto equalStamps = [&](std::uint32_t a, std::uint32_t b) { return time(a) == time(b); };
    if (std::adjacent_find(order.begin(), order.end(), equalStamps) == order.end())
        return order;
    const Causality causality(trace, facts);
    std::unordered_set<EventKey> before;
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && equalStamps(order[begin], order[end]))
            ++end;
        if (end - begin > 1)
            reorder(order, begin, end, causality, before);
        for (; begin < end; ++begin)
            before.insert(causality.provides(order[begin]));
    }
    return order;
}

} // namespace calls
