// SPDX-License-Identifier: Apache-2.0
// Decides, frame by frame, how much silence goes to the output before it, or that it came too late
// to be heard: the jitter cushion. It opens small and grows with the jitter measured. Between
// sounds it keeps the output running with as little as does not delay the next one. Pure arithmetic
// on the monotonic clock.
#pragma once

#include <base/time.h>
#include <cstdint>

namespace media {

class Playout
{
public:
    explicit Playout(base::Duration cushion) : m_smallest(cushion), m_target(cushion) {}

    struct Decision {
        base::Duration silence{0}; // to be played first
        bool drop = false;         // the backlog is too long: not played, counted
        bool opened = false;       // the output was dry: this frame starts (or restarts) the sound
    };
    /// `now`: monotonic. `gap`: what is missing in the stream's own time before this frame.
    /// `jitter`: RFC 3550's.
    Decision frame(base::Duration now, base::Duration length, base::Duration gap,
                   base::Duration jitter);
    /// How much of something else (silence, ringback) the output is to get now, so that it does not
    /// run dry; 0: nothing. `held`: what it has to play yet; below 0: since when it has had
    /// nothing, which is made up for, as its own position has gone on, and what is given behind
    /// that is lost.
    base::Duration fill(base::Duration now, base::Duration held);
    /// When to ask again.
    base::Duration nextFill() const;
    /// Between sounds: what the output holds, as exactly as it is known.
    void holds(base::Duration now, base::Duration held);
    /// The output reports that much waiting beyond what we reckoned (its clock is slower than
    /// ours).
    void outputBehind(base::Duration now, base::Duration waiting);
    /// Another stream takes over the output.
    void restart() { m_lastFrame = base::Duration{0}; }
    /// Another output, which has played all that it was given at that moment.
    void restart(base::Duration dryAt);

    base::Duration target() const { return m_target; }
    std::uint64_t underruns() const { return m_underruns; }

private:
    base::Duration m_smallest, m_target;
    base::Duration m_dryAt{0};    // when the output will have played everything given to it
    base::Duration m_soundEnd{0}; // and the last sound
    bool m_filling = false;       // what it was given last was no sound
    base::Duration m_lastFrame{0};
    std::uint64_t m_underruns = 0;
};

} // namespace media
