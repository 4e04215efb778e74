// SPDX-License-Identifier: Apache-2.0
// RFC 3550 appendix A.1 and A.3 for one stream: extended sequence numbers, loss, duplicates,
// reordering, restarts. There is no probation: an observer counts the first packet too. Packets may
// be read long after others that were captured behind them, as from a second capture of the same
// minutes. Owned by one stream of a StreamTable.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <deque>
#include <vector>

namespace rtp {

enum class Arrival : std::uint8_t {
    InOrder,
    Reordered,
    Duplicate,
    Stray,
    Restart,
    Earlier // read late: it was captured before others that were read before it
};

class SequenceCounter
{
public:
    /// `time`: when it was captured, unknown: in the order of reading.
    Arrival add(std::uint16_t sequence, base::Instant time = {});

    /// With the turns it made in the upper half (RFC 3550 section 6.4.1).
    std::uint32_t highest() const
    {
        return m_runs.empty() ? 0 : static_cast<std::uint32_t>(m_runs.back().highest);
    }
    std::uint64_t expected() const;
    std::uint64_t lost() const { return expected() - m_unique; }
    std::uint64_t duplicates() const { return m_duplicates; }
    std::uint64_t reordered() const { return m_reordered; }
    std::uint32_t resets() const { return m_resets; }

private:
    static constexpr std::uint32_t kMaxDropout = 3000, kMaxMisorder = 100; // values of appendix A.1
    struct Run {                               // of one sender until it starts over
        std::uint64_t highest = 0, lowest = 0; // extended, biased so that neither underflows
        std::uint64_t base = 0;                // number of seen's first bit, of 64 a multiple
        std::deque<std::uint64_t> seen;

        bool has(std::uint64_t number) const;
        bool mark(std::uint64_t number); // false: it is too far away to be kept
    };
    struct Anchor { // what number was captured when
        base::Instant time;
        std::uint64_t number = 0;
        std::size_t run = 0;
    };
    void begin(std::uint64_t number);
    Arrival inOrder(std::uint16_t sequence);
    Arrival late(std::uint64_t behind);
    Arrival jump(std::uint16_t sequence);
    bool earlier(std::uint16_t sequence, base::Instant time, Arrival &out);
    const Anchor *nearest(base::Instant time) const;
    void anchor(base::Instant time, std::uint64_t number, std::size_t run);

    std::vector<Run> m_runs;
    std::vector<Anchor> m_anchors; // in order of time
    base::Instant m_last;          // the latest capture time
    bool m_behind = false;         // what is read now was captured long before that
    std::uint64_t m_unique = 0;
    std::uint64_t m_duplicates = 0, m_reordered = 0;
    std::uint64_t m_pastExpected = 0; // of runs that are not kept any more
    std::uint32_t m_resets = 0;
    std::uint32_t m_bad =
        0x10000; // what would make a restart of the last stray; above 16 bits: none
};

} // namespace rtp
