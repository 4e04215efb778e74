// SPDX-License-Identifier: Apache-2.0
// The same ports and SSRC serve one call after another (media servers, gateways, load tests): what
// tells a StreamTable that another stream begins. Pure.
#pragma once

#include <rtp/stream_table.h>

namespace rtp {

/// Given to StreamTable::add() instead of what it gave before: the packet is the first of another
/// stream with the same ends and SSRC.
constexpr StreamId kAnotherStream{~std::uint32_t{0} - 1};

} // namespace rtp
