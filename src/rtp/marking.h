// SPDX-License-Identifier: Apache-2.0
// How the packets of a stream were marked for the network, and how many hops they had left where
// they were seen: a path that takes the mark away, or a route that changes, shows here.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <string>

namespace rtp {

struct Marking {
    std::uint64_t dscps = 0; // bit n: some had the DSCP n (RFC 2474); 0: none is known
    std::uint8_t hopsLeast = 0, hopsMost = 0; // time to live or hop limit; 0: not known

    void add(const base::Packet &packet)
    {
        if (packet.dscp != base::kNoDscp)
            dscps |= std::uint64_t{1} << (packet.dscp & 0x3FU);
        if (packet.hops == 0)
            return;
        if (hopsLeast == 0 || packet.hops < hopsLeast)
            hopsLeast = packet.hops;
        if (packet.hops > hopsMost)
            hopsMost = packet.hops;
    }
    bool operator==(const Marking &) const = default;
};

/// "EF", "AF41", "CS3", "best effort", "DSCP 7" (RFC 2474, 2597, 3246, 5865).
std::string dscpName(unsigned dscp);
/// "DSCP EF (46), TTL 62-63"; empty: nothing is known.
std::string markingText(const Marking &marking);

} // namespace rtp
