// SPDX-License-Identifier: Apache-2.0
// Foreign text into XML, HTML and terminals: everything that could end the context it stands in is
// escaped (trust T9, T10). Pure.
#pragma once

#include <ladder/roles.h>
#include <string>
#include <string_view>
#include <vector>

namespace report {

/// For XML and HTML, element content and quoted attributes alike; characters XML forbids become
/// visible escapes.
std::string escaped(std::string_view text, bool keepLines = false);
/// The light palette: "#864600".
std::string_view colourOf(ladder::Role role);
/// A tenth of the role's colour on white, for chips and boxes.
std::string tintOf(ladder::Role role);
/// Words broken into lines of at most `width` columns.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
/// Our own articles' Markdown (headings, lists, paragraphs, **bold**, `code`) as HTML; anything
/// else stays text.
std::string articleHtml(std::string_view markdown);

} // namespace report
