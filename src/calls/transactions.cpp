// SPDX-License-Identifier: Apache-2.0
#include <calls/transactions.h>

#include <algorithm>
#include <base/told_time.h>
#include <functional>

namespace calls {

using sip::Method;

namespace {
constexpr base::Duration kQuickestRepeat =
    std::chrono::microseconds(500); // T1 is 500 ms (RFC 3261 section 17.1.1.1)
} // namespace

std::size_t TransactionFold::KeyHash::operator()(const Key &key) const noexcept
{
    std::size_t out = std::hash<std::string_view>()(key.branch) ^ key.cseq;
    out = (out ^ static_cast<std::size_t>(key.method)) * 0x9E3779B97F4A7C15ULL;
    return out ^ key.hop ^ std::hash<std::string_view>()(key.sentBy) << 1U;
}

std::uint32_t TransactionFold::hopOf(const trace::Row &row, RowId id)
{
    if (const auto found = m_hopByPair.find(row.pair); found != m_hopByPair.end())
        return found->second;
    std::pair ends(m_trace.source(id), m_trace.destination(id));
    if (ends.second < ends.first)
        std::swap(ends.first, ends.second);
    const auto next = static_cast<std::uint32_t>(m_hopByEnds.size());
    const std::uint32_t hop = m_hopByEnds.emplace(ends, next).first->second;
    m_hopByPair.emplace(row.pair, hop);
    return hop;
}

TransactionFold::Key TransactionFold::keyOf(const Fact &fact, const trace::Row &row, Method method)
{
    return {branchOf(m_trace, fact), sentByOf(m_trace, fact), row.cseq, method,
            hopOf(row, fact.row)};
}

std::uint32_t TransactionFold::cancelled(const Fact &fact)
{
    return find(keyOf(fact, m_trace.row(fact.row), Method::Invite));
}

Filed TransactionFold::file(const Fact &fact)
{
    const trace::Row &row = m_trace.row(fact.row);
    const std::uint64_t bytes = std::uint64_t{fact.hash} << 32U | row.pair;
    if (const auto found = m_byBytes.find(bytes); found != m_byBytes.end()) {
        // No other mark tells a retransmission: same bytes, same hop, same direction.
        if (m_trace.text(found->second.row) == m_trace.text(fact.row))
            return repeat(found->second, fact, row);
    }
    const Filed filed = row.status == 0 ? request(fact, row) : response(fact, row);
    m_byBytes.emplace(bytes, Copy{fact.row, filed.transaction, row.time});
    return filed;
}

Filed TransactionFold::repeat(Copy &original, const Fact &fact, const trace::Row &row)
{
    Filed filed{original.transaction, original.row, false, false};
    // Two observers of one datagram (our tap and a capture, both ends of a mirror) are no
    // retransmission: no sender is that quick. Equal stamps tell nothing, text traces have them.
    const base::Duration since = row.time - original.last;
    filed.copy = m_trace.row(original.row).origin != row.origin ||
                 (base::hasClock(row.time) && since.count() > 0 && since < kQuickestRepeat);
    if (filed.copy)
        return filed;
    original.last = row.time;
    Transaction &transaction = m_out[original.transaction];
    if (row.status != 0)
        transaction.responseRepeats.push_back(fact.row);
    else if (transaction.request == original.row)
        transaction.repeats.push_back(fact.row);
    return filed;
}

std::uint32_t TransactionFold::find(Key key) const
{
    const auto found = m_byKey.find(key);
    return found != m_byKey.end() ? found->second : kNoIndex;
}

/// Responses may come from another address than the request went to: the branch still tells
/// (section 17.1.3), as long as they go to where the request came from.
std::uint32_t TransactionFold::findElsewhere(Key key, RowId row) const
{
    key.hop = kAnyHop;
    const std::uint32_t index = find(key);
    if (index == kNoIndex || !m_out[index].request.valid())
        return kNoIndex;
    const bool back =
        m_trace.source(m_out[index].request).address == m_trace.destination(row).address;
    return back ? index : kNoIndex;
}

std::uint32_t TransactionFold::open(const Key &key, const Fact &fact, const trace::Row &row)
{
    const auto index = static_cast<std::uint32_t>(m_out.size());
    Transaction transaction;
    transaction.method = row.method;
    transaction.branch = key.branch;
    transaction.sentBy = key.sentBy;
    transaction.cseq = row.cseq;
    transaction.pair = row.pair;
    transaction.started = row.time;
    if (row.status == 0) {
        transaction.request = fact.row;
        transaction.inDialog = row.toTag != 0;
    }
    m_out.push_back(std::move(transaction));
    m_hops.push_back(key.hop);
    m_byKey[key] = index;
    Key anyHop = key;
    anyHop.hop = kAnyHop;
    m_byKey[anyHop] = index;
    return index;
}

Filed TransactionFold::request(const Fact &fact, const trace::Row &row)
{
    if (row.method == Method::Ack) {
        // Section 17.1.1.3: the ACK of a non-2xx final has the INVITE's branch; one of a 2xx stands
        // alone.
        const std::uint32_t invite = find(keyOf(fact, row, Method::Invite));
        if (invite != kNoIndex) {
            if (!m_out[invite].ack.valid())
                m_out[invite].ack = fact.row;
            return {invite, {}, false, false};
        }
    }
    const Key key = keyOf(fact, row, row.method);
    const std::uint32_t known = find(key);
    if (known == kNoIndex)
        return {open(key, fact, row), {}, false, true};
    Transaction &transaction = m_out[known];
    if (!transaction.request.valid()) { // its responses came first
        transaction.request = fact.row;
        transaction.inDialog = row.toTag != 0;
        transaction.pair = row.pair;
        return {known, {}, false, true};
    }
    return {
        known,
        {},
        false,
        false}; // other bytes under the same branch: no retransmission, no transaction of its own
}

Filed TransactionFold::response(const Fact &fact, const trace::Row &row)
{
    const Key key = keyOf(fact, row, row.method);
    std::uint32_t index = find(key);
    if (index == kNoIndex)
        index = findElsewhere(key, fact.row);
    Filed filed{index, {}, false, false};
    if (index == kNoIndex) {
        filed.transaction = index = open(key, fact, row);
        filed.opened = true;
    }
    Transaction &transaction = m_out[index];
    transaction.responses.push_back(fact.row);
    if (row.status >= 200 && transaction.finalStatus == 0) {
        transaction.finalStatus = row.status;
        transaction.finalResponse = fact.row;
        transaction.finished = row.time;
    }
    return filed;
}

} // namespace calls
