// SPDX-License-Identifier: Apache-2.0
// RFC 3550 appendix A.1 and A.3 for one stream: extended sequence numbers, loss, duplicates,
// reordering, restarts. There is no probation: an observer counts the first packet too. Owned by
// one stream of a StreamTable.
#pragma once

#include <bitset>
#include <cstdint>

namespace rtp {

enum class Arrival : std::uint8_t { InOrder, Reordered, Duplicate, Stray, Restart };

class SequenceCounter
{
public:
    Arrival add(std::uint16_t sequence);

    std::uint64_t expected() const { return m_pastExpected + currentExpected(); }
    std::uint64_t lost() const { return expected() - m_pastUnique - m_unique; }
    std::uint64_t duplicates() const { return m_duplicates; }
    std::uint64_t reordered() const { return m_reordered; }
    std::uint32_t resets() const { return m_resets; }

private:
    static constexpr std::uint32_t kMaxDropout = 3000, kMaxMisorder = 100; // values of appendix A.1
    std::uint64_t currentExpected() const { return m_started ? m_highest - m_lowest + 1 : 0; }
    void begin(std::uint16_t sequence);
    Arrival late(std::uint64_t behind);
    Arrival jump(std::uint16_t sequence);

    bool m_started = false;
    std::uint64_t m_highest = 0, m_lowest = 0; // extended, biased so that neither underflows
    std::uint64_t m_unique = 0;
    std::uint64_t m_pastExpected = 0, m_pastUnique = 0; // of the runs before a restart
    std::uint64_t m_duplicates = 0, m_reordered = 0;
    std::uint32_t m_resets = 0;
    std::uint32_t m_bad =
        0x10000; // what would make a restart of the last stray; above 16 bits: none
    std::bitset<kMaxMisorder + 28> m_seen; // bit k: m_highest - k arrived
};

} // namespace rtp
