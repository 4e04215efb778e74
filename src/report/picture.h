// SPDX-License-Identifier: Apache-2.0
// A Scene as SVG elements, with presentation attributes only: no style sheet, no script, no link,
// so that the same text stands in a file of its own and inside a report.
#pragma once

#include <iosfwd>
#include <ladder/layout.h>
#include <string>

namespace report {

inline constexpr std::size_t kMostRows = 5000; // drawn per ladder; what is left out is said

/// Elements of the ladder; each row is a group named `prefix` + its number, with its spoken text as
/// title. Returns the height drawn.
double drawScene(std::ostream &out, const ladder::Scene &scene, const ladder::Outline &outline,
                 const std::string &prefix, std::size_t mostRows = kMostRows);
/// The height drawScene will need.
double drawnHeight(const ladder::Scene &scene, std::size_t mostRows = kMostRows);

/// One line of text in the report's type.
void drawText(std::ostream &out, double x, double y, double size, bool bold,
              std::string_view colour, std::string_view text);
extern const std::string_view kFontFamily;

} // namespace report
