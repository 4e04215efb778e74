// SPDX-License-Identifier: Apache-2.0
// The head of one lane: its name and address in a box, its lifeline, the button to listen to its
// early dialog.
#pragma once

#include <ladder/outline.h>

namespace ladder {

inline constexpr double kHeader = 64;
inline constexpr double kListen = 24; // the line of buttons below the lanes' names
inline constexpr double kChipHeight = 18;

/// `end`: the y where its lifeline ends. `buttons`: the words on them; nullptr: there are none.
void drawLane(Scene &scene, std::size_t index, double end, const Options *buttons);

} // namespace ladder
