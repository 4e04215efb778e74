// SPDX-License-Identifier: Apache-2.0
// How fast a stream's timestamps run against the time its packets take. Pure.
#pragma once

#include <algorithm>
#include <cmath>
#include <rtp/stream_table.h>

namespace diagnosis {

constexpr double kClockFarOff = 0.05; // no crystal is that bad

/// The time that most packets say they take, against what they take: a sender whose timestamps jump
/// once has the right clock all the same. Of a stream without pauses. Bursts, less than a second
/// apart, of which the last came at once, take less time than they say by one gap at most.
inline bool paceDiffers(const rtp::Stream &stream)
{
    if (stream.ptime.count() <= 0 || stream.expected < 2)
        return false;
    const auto steps = static_cast<double>(stream.expected - 1);
    const double took = base::toSeconds(stream.last - stream.first);
    const double said = base::toSeconds(stream.ptime) * steps;
    return took > 0 && std::abs(said / took - 1) > kClockFarOff &&
           (took > said || stream.maxGap >= std::chrono::seconds(1) ||
            said - took > base::toSeconds(stream.maxGap));
}
/// Nearly all of it is of one payload type: digits and comfort noise have times of their own, and a
/// sender that changes its codec may begin anew.
inline bool ofOneType(const rtp::Stream &stream)
{
    const auto main = *std::max_element(stream.payloadTypes.begin(), stream.payloadTypes.end());
    return main * std::uint64_t{50} > stream.packets * 49;
}
/// Without a pause or a new beginning, so that its clock can be measured.
inline bool steady(const rtp::Stream &stream)
{
    constexpr std::uint64_t kEnough = 150;
    constexpr auto kPause = std::chrono::milliseconds(200); // it may stop its clock
    return stream.clock != 0 && stream.skew && stream.packets >= kEnough &&
           stream.payloadTypes[stream.payloadType & 0x7FU] == stream.packets &&
           stream.sequenceResets == 0 && stream.maxGap < kPause &&
           (stream.lost + stream.duplicates + stream.reordered) * 100 < stream.packets;
}
/// Its timestamps run on another clock than was agreed on.
inline bool runsOnAnotherClock(const rtp::Stream &stream)
{
    return steady(stream) && std::abs(*stream.skew) > kClockFarOff * 1e6 && paceDiffers(stream);
}

} // namespace diagnosis
