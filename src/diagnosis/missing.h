// SPDX-License-Identifier: Apache-2.0
// Packets that are missing though there was time to send them: a sender that begins anew, behind a
// pause or without one, leaves numbers out that it never sent. Pure.
#pragma once

#include <rtp/stream_table.h>

namespace diagnosis {

/// Of a stream of five seconds and more; 0 where numbers tell nothing.
inline std::uint64_t missing(const rtp::Stream &stream)
{
    constexpr std::uint64_t kEnough = 250;
    if (stream.sequenceResets != 0 || stream.expected < kEnough || stream.ptime.count() <= 0)
        return 0;
    const auto fits = static_cast<std::uint64_t>((stream.last - stream.first) / stream.ptime) + 1;
    const auto pause = static_cast<std::uint64_t>(stream.maxGap / stream.ptime);
    const bool sent = stream.expected <= fits + fits / 20;
    return sent && stream.lost > pause ? stream.lost - pause : 0;
}

} // namespace diagnosis
