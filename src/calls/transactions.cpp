// SPDX-License-Identifier: Apache-2.0
#include <calls/transactions.h>

#include <algorithm>
#include <base/hash.h>
#include <base/told_time.h>

namespace calls {

using sip::Method;

namespace {
constexpr base::Duration kQuickestRepeat =
    std::chrono::microseconds(500); // T1 is 500 ms (RFC 3261 section 17.1.1.1)
// Between two points of capture lies the network, and what is left between their clocks; nearly T1.
constexpr base::Duration kLongestWay = std::chrono::milliseconds(450);
} // namespace

void TransactionFold::expect(std::size_t rows)
{
    constexpr std::size_t kUsual = 8; // transactions; a request and its responses are one
    const std::size_t few = std::min(rows / 2 + 1, kUsual);
    m_out.reserve(few);
    m_hops.reserve(few);
    m_known.reserve(2 * few);
    m_copies.reserve(rows);
}

std::uint64_t TransactionFold::hashOf(const Key &key)
{
    const std::uint64_t numbers =
        std::uint64_t{key.cseq} << 8U | static_cast<std::uint8_t>(key.method);
    return base::mixed(base::hashOf(key.branch, base::hashOf(key.sentBy)),
                       numbers ^ std::uint64_t{key.hop} << 32U);
}

std::uint32_t TransactionFold::place(const Key &key) const
{
    return m_byKey.find(
        m_known.size(), [&](std::uint32_t i) { return m_known[i].key == key; },
        [&] { return hashOf(key); });
}

void TransactionFold::note(const Key &key, std::uint32_t transaction)
{
    const std::uint32_t known = place(key);
    if (known != base::FlatIndex::kNone) {
        m_known[known].transaction = transaction;
        return;
    }
    add(key, transaction);
}

/// Of a key that find() does not know.
void TransactionFold::add(const Key &key, std::uint32_t transaction)
{
    m_known.push_back({key, transaction});
    m_byKey.added(m_known.size(), [this](std::uint32_t i) { return hashOf(m_known[i].key); });
}

std::uint32_t TransactionFold::hopOf(const trace::Row &row, RowId id)
{
    const auto hash = [](std::uint32_t pair) { return base::mixed(pair, 1); };
    const std::uint32_t known = m_byPair.find(
        m_pairs.size(), [&](std::uint32_t i) { return m_pairs[i].first == row.pair; },
        [&] { return hash(row.pair); });
    if (known != base::FlatIndex::kNone)
        return m_pairs[known].second;
    m_pairs.emplace_back(row.pair, hopBetween(m_trace.source(id), m_trace.destination(id)));
    m_byPair.added(m_pairs.size(), [&](std::uint32_t i) { return hash(m_pairs[i].first); });
    return m_pairs.back().second;
}

std::uint32_t TransactionFold::hopBetween(base::Endpoint one, base::Endpoint other)
{
    const auto hash = [](const std::pair<base::Endpoint, base::Endpoint> &ends) {
        const std::hash<base::Endpoint> end;
        return base::mixed(end(ends.first), end(ends.second));
    };
    if (other < one)
        std::swap(one, other);
    const std::pair ends(one, other);
    const std::uint32_t known = m_byEnds.find(
        m_ends.size(), [&](std::uint32_t i) { return m_ends[i] == ends; },
        [&] { return hash(ends); });
    if (known != base::FlatIndex::kNone)
        return known;
    m_ends.push_back(ends);
    m_byEnds.added(m_ends.size(), [&](std::uint32_t i) { return hash(m_ends[i]); });
    return static_cast<std::uint32_t>(m_ends.size() - 1);
}

TransactionFold::Key TransactionFold::keyOf(const Fact &fact, const trace::Row &row, Method method)
{
    return {row.cseq, method, hopOf(row, fact.row), branchOf(m_trace, fact),
            sentByOf(m_trace, fact)};
}

std::uint32_t TransactionFold::cancelled(const Fact &fact)
{
    return find(keyOf(fact, m_trace.row(fact.row), Method::Invite));
}

Filed TransactionFold::file(const Fact &fact)
{
    const trace::Row &row = m_trace.row(fact.row);
    const std::uint64_t bytes = std::uint64_t{fact.hash} << 32U | row.pair;
    const auto hash = [](std::uint64_t of) { return base::mixed(of, 2); };
    const std::uint32_t known = m_byBytes.find(
        m_copies.size(), [&](std::uint32_t i) { return m_copies[i].bytes == bytes; },
        [&] { return hash(bytes); });
    // No other mark tells a retransmission: same bytes, same hop, same direction.
    if (known != base::FlatIndex::kNone &&
        m_trace.text(m_copies[known].row) == m_trace.text(fact.row))
        return repeat(m_copies[known], fact, row);
    const Filed filed = row.status == 0 ? request(fact, row) : response(fact, row);
    if (known == base::FlatIndex::kNone) {
        m_copies.push_back(
            {bytes, fact.row, filed.transaction, row.time, m_trace.fileOf(fact.row)});
        m_byBytes.added(m_copies.size(), [&](std::uint32_t i) { return hash(m_copies[i].bytes); });
    }
    return filed;
}

/// Two observers of one datagram (our tap and a capture, both ends of a mirror, captures at two
/// points) are no retransmission: no sender is that quick, unless the capture proves that it sent
/// twice. Equal stamps of one observer tell nothing, text traces have them.
bool TransactionFold::seenTwice(const Copy &original, RowId id, const trace::Row &row) const
{
    if (m_trace.row(original.row).origin != row.origin)
        return true;
    if (row.origin == base::Origin::Tap)
        return false; // our own socket gives each datagram once
    const base::Duration since = row.time - original.last;
    if (!base::hasClock(row.time) || since.count() < 0)
        return false;
    return m_trace.fileOf(id) != original.lastFile
               ? since < kLongestWay
               : since.count() > 0 && since < kQuickestRepeat && !row.sentAgain;
}

Filed TransactionFold::repeat(Copy &original, const Fact &fact, const trace::Row &row)
{
    Filed filed{original.transaction, original.row, false, false};
    filed.copy = seenTwice(original, fact.row, row);
    if (filed.copy)
        return filed;
    original.last = row.time;
    original.lastFile = m_trace.fileOf(fact.row);
    Transaction &transaction = m_out[original.transaction];
    if (row.status != 0)
        transaction.responseRepeats.push_back(fact.row);
    else if (transaction.request == original.row)
        transaction.repeats.push_back(fact.row);
    return filed;
}

std::uint32_t TransactionFold::find(const Key &key) const
{
    const std::uint32_t known = place(key);
    return known != base::FlatIndex::kNone ? m_known[known].transaction : kNoIndex;
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
    add(key, index);
    Key anyHop = key;
    anyHop.hop = kAnyHop;
    note(anyHop, index);
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
