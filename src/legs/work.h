// SPDX-License-Identifier: Apache-2.0
// Private to legs: the book's records, what ties them, and how they are found. Owned by LegBook.
#pragma once

#include <array>
#include <legs/key_table.h>
#include <legs/leg_book.h>
#include <legs/score.h>
#include <utility>

namespace legs {

constexpr std::uint32_t kNone = ~0U;

/// What a text of some kind is found by.
std::uint64_t keyOf(std::string_view kind, std::string_view text);
std::uint64_t pairKey(std::string_view kind, std::uint64_t a, std::uint64_t b);

/// What is kept of each call; its Call-ID and times stand in the rows.
struct Record {
    trace::RowId invite;         // the first hop's
    trace::RowId lastHop;        // of the same Call-ID, as far as captured
    trace::RowId answer;         // the first one that has SDP
    trace::RowId last;           // what ended it, invalid: nothing yet
    trace::RowId rang, accepted; // its first 18x, its first 2xx
    std::uint32_t cseq = 0;
    // Hashes of what calls have in common, 0: nothing.
    std::uint32_t from = 0, to = 0, diverted = 0, stem = 0;
    std::array<std::uint32_t, 2> origin{}, media{}; // keys, cut: of the offer, of the answer
    std::uint32_t parent = kNone; // the leg that led to this one, by evidence that has to add up
    std::uint32_t firstLink = kNone;
    std::uint16_t links = 0;
    std::uint8_t parentScore = 0;
    bool tied = false; // several would fit as well: none is taken
};

struct Link {
    std::uint32_t other = 0, next = kNone;
    std::uint32_t refer = kNone; // the REFER that asked for the later call
};

struct Refer {
    std::uint32_t record = 0;
    trace::RowId row;
};

struct LegBook::Work {
    Work(const trace::Trace &t, std::size_t most) : trace(t), capacity(most < 2 ? 2 : most) {}

    void invite(trace::RowId row, const sip::Message &message);
    void refer(trace::RowId row, const sip::Message &message);
    void answered(trace::RowId row);
    void progressed(trace::RowId row);
    void timed(std::uint32_t record);
    bool seldomCalled(std::uint32_t to) const;
    bool sameProduct(const Record &first, const Record &second) const;
    void ended(trace::RowId row);
    std::vector<Join> joins(CallId call) const;

    Record *find(CallId call);
    const Record *find(CallId call) const;
    std::uint32_t open(trace::RowId row, const Traits &traits);
    std::vector<std::uint32_t> named(std::uint32_t fresh, const Traits &traits);
    void likely(std::uint32_t fresh, const Traits &traits, std::vector<std::uint32_t> candidates);
    void described(std::uint32_t record, const Described &sdp, std::size_t which,
                   std::vector<std::uint32_t> &candidates);
    void consider(std::uint32_t fresh, std::vector<std::uint32_t> candidates);
    bool meets(const std::array<std::uint32_t, 2> &a, const std::array<std::uint32_t, 2> &b) const;
    void referred(std::uint32_t fresh, const Traits &traits);
    void placed(std::uint32_t record);
    void tie(std::uint32_t parent, std::uint32_t child);
    bool besides(std::uint32_t parent, std::uint32_t child) const;
    bool descends(std::uint32_t record, std::uint32_t from) const;
    void link(std::uint32_t a, std::uint32_t b, std::uint32_t refer = kNone);
    void evict();
    bool join(std::uint32_t a, std::uint32_t b, std::uint32_t refer, Join &out) const;
    bool takenByBetter(const Record &first, const Record &second) const;
    CallId idOf(const Record &record) const { return trace.row(record.invite).call; }
    base::Instant startOf(const Record &record) const { return trace.row(record.invite).time; }
    base::Instant endOf(const Record &record) const
    {
        return record.last.valid() ? trace.row(record.last).time : base::Instant{};
    }
    Side side(const Record &record, const Traits &traits) const;
    base::Instant timeOf(trace::RowId row) const
    {
        return row.valid() ? trace.row(row).time : base::Instant{};
    }

    const trace::Trace &trace;
    std::size_t capacity;
    std::vector<Record> records;
    std::vector<std::uint32_t> places; // by CallId: record + 1, 0: none
    std::vector<Link> links;
    std::vector<Refer> refers;
    KeyTable keys, referKeys;
    std::vector<CallId> changed;
    std::uint64_t evicted = 0;
};

} // namespace legs
