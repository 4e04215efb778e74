// SPDX-License-Identifier: Apache-2.0
// Where the lanes of an outline stand: far enough apart for what is written between them, spread to
// fill the view. Pure, linear in the steps.
#pragma once

#include <ladder/outline.h>
#include <string>
#include <vector>

namespace ladder {

inline constexpr double kWidestGap = 340; // between two lanes that stand side by side
inline constexpr double kArrowPad = 14;   // text keeps this off the lifelines
inline constexpr double kSelfReach = 40;  // how far an arrow to its own lane swings out
inline constexpr double kChipPad = 7, kChipSpace = 6;

struct Places {
    std::vector<double> lanes;
    double left = 0, right = 0; // of the first and the last lane
    double notes = 0;           // where the badges begin
    double width = 0;           // of everything
};
Places placesOf(const Outline &outline, const Options &options);
std::string labelOf(const Step &step); // with its glyph

} // namespace ladder
