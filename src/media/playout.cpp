// SPDX-License-Identifier: Apache-2.0
#include "playout.h"

#include <algorithm>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kZero{0};
constexpr base::Duration kLargest = 200ms; // a cushion beyond that makes talking impossible
constexpr base::Duration kSlack = 120ms;   // backlog above the cushion before frames are dropped
constexpr base::Duration kPause = 300ms;   // a longer hole is the sender's pause, no underrun
constexpr base::Duration kLongestFill =
    200ms; // holes of the stream up to here are filled with silence
// The device holds 20 ms (speaker.cpp) and takes more once it has room for 5: kept a little below
// that, a sound that begins is taken at once.
constexpr base::Duration kKept = 12ms, kPiece = 3ms;
constexpr base::Duration kTurn = 4ms;      // as exactly is it known how much the device holds
constexpr base::Duration kMostMissed = 5s; // is made up for

} // namespace

Playout::Decision Playout::frame(base::Duration now, base::Duration length, base::Duration gap,
                                 base::Duration jitter)
{
    // Three times the mean deviation covers nearly all packets of the usual distributions.
    m_target = std::clamp(3 * jitter, m_target, std::max(kLargest, m_smallest));
    Decision decision;
    if (m_dryAt == kZero) // no output has told
        m_dryAt = now;
    if (m_filling || m_dryAt <= now) {
        const base::Duration hole = now - m_soundEnd;
        if (m_lastFrame.count() != 0 && hole < kPause && now - m_lastFrame < kPause) {
            ++m_underruns;
            m_target = std::min(std::max(kLargest, m_smallest),
                                m_target + std::min(hole, base::Duration(20ms)));
        }
        decision.opened = true;
        const base::Duration cushion = m_target + (m_filling ? kTurn : kZero);
        decision.silence = std::max(cushion - std::max(m_dryAt - now, -kMostMissed), kZero);
        m_dryAt = std::max(m_dryAt, now + cushion) + length;
        m_filling = false;
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
    m_soundEnd = m_dryAt;
    return decision;
}

base::Duration Playout::fill(base::Duration now, base::Duration held)
{
    if (!m_filling && m_dryAt > now)
        return kZero; // the sound keeps it running
    m_dryAt = now + held;
    if (held > (m_filling ? kKept : kZero))
        return kZero;
    m_filling = true;
    const base::Duration length = std::min(kKept + kPiece - held, kMostMissed);
    m_dryAt += length;
    return length;
}

void Playout::holds(base::Duration now, base::Duration held)
{
    if (m_filling)
        m_dryAt = now + held;
}

base::Duration Playout::nextFill() const
{
    return m_dryAt - (m_filling ? kKept : kZero);
}

void Playout::restart(base::Duration dryAt)
{
    restart();
    m_dryAt = dryAt;
    m_filling = true;
}

void Playout::outputBehind(base::Duration now, base::Duration waiting)
{
    m_dryAt = std::max(m_dryAt, now + waiting);
}

} // namespace media
