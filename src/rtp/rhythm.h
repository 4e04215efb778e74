// SPDX-License-Identifier: Apache-2.0
// What a row of tone bursts means. Pure functions.
#pragma once

#include <rtp/heard.h>
#include <rtp/tone_tracker.h>
#include <span>

namespace rtp {

/// Judges bursts of one row, oldest first; `now` is when listening stands.
Heard judgeBursts(std::span<const Burst> bursts, base::Duration now);
/// Three rising tones of ITU-T E.180 at the start of the row.
bool isSpecialInformation(std::span<const Burst> bursts);
/// One key of a telephone (ITU-T Q.23).
bool isKey(const Burst &burst);
/// All bursts are of one tone.
bool isOneTone(std::span<const Burst> bursts);

} // namespace rtp
