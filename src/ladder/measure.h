// SPDX-License-Identifier: Apache-2.0
// How much room a text will take, without a font at hand: a generous estimate for a proportional
// sans-serif, so that what was laid out by it fits in any of the usual ones. Pure.
#pragma once

#include <ladder/roles.h>
#include <string>
#include <string_view>
#include <vector>

namespace ladder {

inline constexpr double kLabelSize = 13, kSmallSize = 12; // bold and plain text, logical pixels

double textWidth(std::string_view text, double size, Weight weight = Weight::Normal);
/// Cut with an ellipsis so that it fits into `width`; whole characters only.
std::string fitted(std::string_view text, double width, double size,
                   Weight weight = Weight::Normal);
/// The same for an address with a port: cut within the host, so that the port stays.
std::string fittedAddress(std::string_view address, double width, double size,
                          Weight weight = Weight::Normal);
/// Words broken into lines of `width`; the last of at most `most` lines is cut with an ellipsis if
/// need be.
std::vector<std::string> broken(std::string_view text, double width, double size, std::size_t most);
/// Columns of a terminal, one per character.
std::size_t columns(std::string_view text);
/// At most `most` columns, cut with an ellipsis.
std::string cutColumns(std::string_view text, std::size_t most);

} // namespace ladder
