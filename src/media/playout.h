// SPDX-License-Identifier: Apache-2.0
// Decides, frame by frame, how much silence goes to the output before it, or that it came too late
// to be heard: the jitter cushion. It opens small and grows with the jitter measured. Pure
// arithmetic on the monotonic clock.
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
    /// The output reports that much waiting beyond what we reckoned (its clock is slower than
    /// ours).
    void outputBehind(base::Duration now, base::Duration waiting);
    /// Everything that was given to the output has been played.
    bool isDry(base::Duration now) const { return m_dryAt <= now; }
    /// Another stream takes over the output.
    void restart() { m_lastFrame = base::Duration{0}; }

    base::Duration target() const { return m_target; }
    std::uint64_t underruns() const { return m_underruns; }

private:
    base::Duration m_smallest, m_target;
    base::Duration m_dryAt{0}; // when the output will have played everything given to it
    base::Duration m_lastFrame{0};
    std::uint64_t m_underruns = 0;
};

} // namespace media
