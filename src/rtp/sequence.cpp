// SPDX-License-Identifier: Apache-2.0
#include <rtp/sequence.h>

#include <algorithm>

namespace rtp {

namespace {
constexpr std::uint32_t kModulus = 1U << 16U;
constexpr std::uint64_t kBias = std::uint64_t{1} << 32U;
} // namespace

void SequenceCounter::begin(std::uint16_t sequence)
{
    m_started = true;
    m_highest = m_lowest = kBias + sequence;
    m_unique = 1;
    m_bad = kModulus;
    m_seen.reset();
    m_seen.set(0);
}

Arrival SequenceCounter::add(std::uint16_t sequence)
{
    if (!m_started) {
        begin(sequence);
        return Arrival::InOrder;
    }
    const std::uint32_t ahead = (sequence - static_cast<std::uint32_t>(m_highest)) % kModulus;
    if (ahead >= kMaxDropout && ahead < kModulus - kMaxMisorder)
        return jump(sequence);
    m_bad = kModulus;
    if (ahead == 0 || ahead >= kMaxDropout)
        return late((kModulus - ahead) % kModulus);
    m_highest += ahead;
    m_seen <<= ahead;
    m_seen.set(0);
    ++m_unique;
    return Arrival::InOrder;
}

Arrival SequenceCounter::late(std::uint64_t behind)
{
    if (m_seen.test(behind)) {
        ++m_duplicates;
        return Arrival::Duplicate;
    }
    // The very first packet seen may have been overtaken by later ones: the run then begins
    // earlier.
    m_lowest = std::min(m_lowest, m_highest - behind);
    m_seen.set(behind);
    ++m_unique;
    ++m_reordered;
    return Arrival::Reordered;
}

/// Appendix A.1: one packet far off may be a stray; two in sequence are a sender that started over.
Arrival SequenceCounter::jump(std::uint16_t sequence)
{
    if (sequence != m_bad) {
        m_bad = (sequence + 1U) % kModulus;
        return Arrival::Stray;
    }
    m_pastExpected += currentExpected();
    m_pastUnique += m_unique;
    begin(sequence);
    --m_lowest; // the packet that announced the restart belongs to the new run
    ++m_unique;
    m_seen.set(1);
    ++m_resets;
    return Arrival::Restart;
}

} // namespace rtp
