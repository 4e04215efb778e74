// SPDX-License-Identifier: Apache-2.0
// Private to calls: rows to transactions (RFC 3261 section 17.1.3 and 17.2.3), one per hop,
// retransmissions folded into their original. Lives for one fold of one call.
#pragma once

#include <calls/call.h>
#include <calls/fact.h>
#include <calls/few_index.h>
#include <string_view>
#include <utility>
#include <vector>

namespace calls {

constexpr std::uint32_t kNoIndex = ~0U;

/// Where one row was put.
struct Filed {
    std::uint32_t transaction = kNoIndex;
    RowId original;      // valid: the same bytes as that row
    bool copy = false;   // and no retransmission: the same datagram, seen twice
    bool opened = false; // the row began the transaction
};

class TransactionFold
{
public:
    TransactionFold(const trace::Trace &trace, std::vector<Transaction> &out)
        : m_trace(trace), m_out(out)
    {
    }

    /// Room for so many rows.
    void expect(std::size_t rows);
    Filed file(const Fact &fact);
    /// The INVITE transaction that a CANCEL names (RFC 3261 section 9.1), kNoIndex if none was
    /// seen.
    std::uint32_t cancelled(const Fact &fact);
    /// Both directions between two endpoints are one hop.
    std::uint32_t hop(std::uint32_t transaction) const { return m_hops[transaction]; }

private:
    struct Key {
        std::uint32_t cseq = 0; // numbers first: they tell most keys from each other
        sip::Method method = sip::Method::Unknown;
        std::uint32_t hop = 0;
        std::string_view branch, sentBy;
        bool operator==(const Key &) const = default;
    };
    struct Known {
        Key key;
        std::uint32_t transaction = kNoIndex;
    };
    struct Copy { // the first row of its bytes between its ends
        std::uint64_t bytes = 0;
        RowId row;
        std::uint32_t transaction = kNoIndex;
        base::Instant last;         // of the original or its newest retransmission
        std::uint32_t lastFile = 0; // that one is of
    };
    static constexpr std::uint32_t kAnyHop = ~0U;

    std::uint32_t hopOf(const trace::Row &row, RowId id);
    std::uint32_t hopBetween(base::Endpoint one, base::Endpoint other);
    Key keyOf(const Fact &fact, const trace::Row &row, sip::Method method);
    bool seenTwice(const Copy &original, RowId id, const trace::Row &row) const;
    Filed repeat(Copy &original, const Fact &fact, const trace::Row &row);
    Filed request(const Fact &fact, const trace::Row &row);
    Filed response(const Fact &fact, const trace::Row &row);
    static std::uint64_t hashOf(const Key &key);
    std::uint32_t place(const Key &key) const; // in m_known
    std::uint32_t find(const Key &key) const;
    std::uint32_t findElsewhere(Key key, RowId row) const;
    void note(const Key &key, std::uint32_t transaction);
    void add(const Key &key, std::uint32_t transaction);
    std::uint32_t open(const Key &key, const Fact &fact, const trace::Row &row);

    const trace::Trace &m_trace;
    std::vector<Transaction> &m_out;
    std::vector<std::uint32_t> m_hops; // by transaction
    // Flat tables: most calls are small, and there are very many of them.
    std::vector<Known> m_known;
    FewIndex m_byKey; // of m_known
    std::vector<Copy> m_copies;
    FewIndex m_byBytes; // of m_copies, by hash of text and pair
    std::vector<std::pair<std::uint32_t, std::uint32_t>> m_pairs;  // and their hops
    FewIndex m_byPair;                                             // of m_pairs
    std::vector<std::pair<base::Endpoint, base::Endpoint>> m_ends; // by hop, the lesser first
    FewIndex m_byEnds;                                             // of m_ends
};

} // namespace calls
