// SPDX-License-Identifier: Apache-2.0
#include "playout.h"

#include <algorithm>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kLargest = 200ms; // a cushion beyond that makes talking impossible
constexpr base::Duration kSlack = 120ms;   // backlog above the cushion before frames are dropped
constexpr base::Duration kPause = 300ms;   // a longer hole is the sender's pause, no underrun
constexpr base::Duration kLongestFill =
    200ms; // holes of the stream up to here are filled with silence

} // namespace

Playout::Decision Playout::frame(base::Duration now, base::Duration length, base::Duration gap,
                                 base::Duration jitter)
{
    // Three times the mean deviation covers nearly all packets of the usual distributions.
    m_target = std::clamp(3 * jitter, m_target, std::max(kLargest, m_smallest));
    Decision decision;
    if (m_dryAt <= now) {
        const base::Duration hole = now - m_dryAt;
        if (m_lastFrame.count() != 0 && hole < kPause && now - m_lastFrame < kPause) {
            ++m_underruns;
            m_target = std::min(std::max(kLargest, m_smallest),
                                m_target + std::min(hole, base::Duration(20ms)));
        }
        decision.opened = true;
        decision.silence = m_target;
        m_dryAt = now + m_target + length;
    } else {
        const base::Duration fill = gap <= kLongestFill ? gap : base::Duration{0};
        if (m_dryAt - now + fill > m_target + kSlack) {
            decision.drop = true;
            m_lastFrame = now;
            return decision;
        }
        decision.silence = fill;
        m_dryAt += fill + length;
    }
    m_lastFrame = now;
    return decision;
}

void Playout::outputBehind(base::Duration now, base::Duration waiting)
{
    m_dryAt = std::max(m_dryAt, now + waiting);
}

} // namespace media
