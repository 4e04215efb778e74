// SPDX-License-Identifier: Apache-2.0
// The calls of the benchmark's captures: a few scripts as real traffic has them, and what a reader
// has to find in the end.
#pragma once

#include "frames.h"

#include <cstdint>
#include <map>
#include <string>

namespace bulk {

struct Plan {
    std::uint64_t messages = 100'000;
    unsigned bytes = 700;       // of a message on average
    unsigned rtpPerMessage = 0; // RTP packets for each SIP message, on average
    unsigned tcpShare = 0, ipv6Share = 0, vlanShare = 0; // percent of the calls
    bool keepAlives = false;
};

struct Totals {
    std::uint64_t messages = 0, calls = 0, inviteCalls = 0, earlyDialogs = 0;
    std::uint64_t rtpPackets = 0, rtpStreams = 0, rtpLost = 0;
    std::map<int, std::uint64_t> responses;
};

/// Writes whole calls, many at a time interleaved, until the plan's number of messages is reached.
Totals write(const Plan &plan, FrameFile &file);

} // namespace bulk
