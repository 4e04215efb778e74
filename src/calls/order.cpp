// SPDX-License-Identifier: Apache-2.0
#include <calls/order.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <unordered_map>

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
               (before.method == Method::Cancel && row.method == Method::Invite);
    return before.status == 0 && before.method == Method::Ack && row.method == Method::Invite;
}

/// A row whose cause stands below it moves to right behind that cause.
std::vector<std::uint32_t> reordered(const std::vector<std::uint32_t> &order,
                                     const trace::Trace &trace, const std::vector<Fact> &facts)
{
    const Causality causality(trace, facts);
    std::unordered_map<EventKey, std::size_t> firstCause;
    for (std::size_t i = 0; i < order.size(); ++i)
        firstCause.emplace(causality.provides(order[i]), i);
    std::vector<std::vector<std::size_t>> waiting(order.size());
    std::vector<bool> placed(order.size());
    std::vector<std::uint32_t> out;
    out.reserve(order.size());
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const EventKey cause = causality.needs(order[i]);
        const auto found = cause != 0 ? firstCause.find(cause) : firstCause.end();
        if (found != firstCause.end() && found->second != i && !placed[found->second]) {
            const trace::RowId row = facts[order[i]].row, other = facts[order[found->second]].row;
            // One that stands above waits itself.
            if (found->second < i ||
                trace.row(other).time - trace.row(row).time <= slack(trace, row, other)) {
                waiting[found->second].push_back(i);
                continue;
            }
        }
        ready.push_back(i);
        while (!ready.empty()) { // a row waits for one cause only: none is met twice
            const std::size_t next = ready.back();
            ready.pop_back();
            out.push_back(order[next]);
            placed[next] = true;
            ready.insert(ready.end(), waiting[next].rbegin(), waiting[next].rend());
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
