// SPDX-License-Identifier: Apache-2.0
// Private to ingest: lines of a log and what stands before the text in them. Pure functions over
// views, each bounded, so that a file without line ends costs no more than one with.
#pragma once

#include <string>
#include <string_view>

namespace ingest::text {

constexpr std::size_t kLongestLine = 256U << 10U; // what is beyond it counts as the next line

struct Line {
    std::size_t begin = 0, end = 0; // without the line end
    std::size_t next = 0;           // where the following line begins
    bool carriageReturn = false;    // one, and only one, stood before the line feed

    std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

/// The line that begins at `begin`.
Line lineAt(std::string_view text, std::size_t begin);
/// A text whose lines end in CR alone, as a clipboard or an old editor leaves them, with LF
/// instead; empty: it is none.
std::string withFeeds(std::string_view text);
/// The line that holds `at`; it begins at `floor` at the earliest.
Line lineAround(std::string_view text, std::size_t at, std::size_t floor);

/// Without terminal escapes (colours); `room` keeps the text if any had to be cut out.
std::string_view withoutEscapes(std::string_view line, std::string &room);
/// Nothing but dashes and their like, at least three: a border between messages.
bool isBorder(std::string_view line);
/// Length of the prefix of `line` that has the shape of `prefix`: the same text but for numbers
/// that are no process id in brackets, and blanks for digits; npos: it has another.
std::size_t samePrefix(std::string_view prefix, std::string_view line);
/// No NUL, hardly any control character: may this be text?
bool looksLikeText(std::string_view bytes);
/// "word:" with characters that a header's name may have, blanks before the colon allowed.
bool isHeaderLine(std::string_view line);

} // namespace ingest::text
