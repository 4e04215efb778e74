// SPDX-License-Identifier: Apache-2.0
// How much of a stream's own time (its RTP time stamps) is accounted for by samples and holes:
// tells a real hole from a late packet. Pure arithmetic, bounded. Media thread.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <vector>

namespace media {

class StreamClock
{
public:
    /// A packet came; `clock` in Hz.
    void packet(std::uint32_t timestamp, std::uint32_t clock);
    /// So much sound came out of the decoder, beginning `supposed` after the end of what came
    /// before, by the decoder's own reckoning (which takes a late packet for a hole). Returns how
    /// much is really missing.
    base::Duration sound(base::Duration length, base::Duration supposed);

private:
    bool m_started = false;
    std::uint32_t m_newest = 0;
    base::Duration m_newestAt{0};  // stream time at which the newest packet begins
    base::Duration m_accounted{0}; // sound and holes so far
    std::vector<base::Duration>
        m_expected; // where packets begin whose sound is still to come, in order
};

} // namespace media
