// SPDX-License-Identifier: Apache-2.0
// Two captures that overlap in time hold the same packets: what tells of something in the first is
// not counted again from the second. What the second holds beyond the first's end goes on.
#pragma once

#include <algorithm>
#include <base/time.h>
#include <cstdint>

namespace session {

struct Overlap {
    std::uint32_t file = 0; // the one that holds the newest packet, 0: none does
    base::Instant last;     // and when that came

    /// Is a packet of that file one that another has too? It is taken note of if not.
    bool again(std::uint32_t of, base::Instant time)
    {
        const bool other = file != of && file != 0 && of != 0;
        if (other && time <= last)
            return true;
        file = of;
        last = std::max(last, time);
        return false;
    }
};

} // namespace session
