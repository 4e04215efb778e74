// SPDX-License-Identifier: Apache-2.0
#include "stream_clock.h"

#include <algorithm>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kHole = 5ms;       // less is rounding
constexpr base::Duration kNewOrigin = 300s; // a jump that far is a sender that began anew
constexpr std::size_t kMostExpected = 128;

} // namespace

void StreamClock::packet(std::uint32_t timestamp, std::uint32_t clock)
{
    // Time stamps wrap (RFC 3550 section 5.1); the difference of two is signed.
    const auto steps = static_cast<std::int32_t>(timestamp - m_newest);
    const base::Duration step(clock == 0 ? 0 : steps * 1'000'000'000LL / clock);
    base::Duration at = m_newestAt + step;
    if (!m_started || step > kNewOrigin || step < -kNewOrigin) {
        m_started = true;
        m_expected.clear();
        at = m_accounted;
    } else if (steps < 0) { // reordered: the newest stays
        if (at >= m_accounted && m_expected.size() < kMostExpected)
            m_expected.insert(std::upper_bound(m_expected.begin(), m_expected.end(), at), at);
        return;
    }
    m_newest = timestamp;
    m_newestAt = at;
    if (m_expected.size() >= kMostExpected)
        m_expected.erase(m_expected.begin());
    m_expected.push_back(at);
}

base::Duration StreamClock::sound(base::Duration length, base::Duration supposed)
{
    base::Duration hole{0};
    if (supposed >= kHole && !m_expected.empty() && m_expected.front() >= m_accounted + kHole)
        hole = m_expected.front() - m_accounted;
    m_accounted += hole + length;
    const auto covered = std::lower_bound(m_expected.begin(), m_expected.end(), m_accounted - 1ms);
    m_expected.erase(m_expected.begin(), covered);
    return hole;
}

} // namespace media
