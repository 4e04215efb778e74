// SPDX-License-Identifier: Apache-2.0
// Small text helpers that every layer needs, ASCII rules as SIP uses them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

std::string_view trim(std::string_view text); // spaces, tabs, CR, LF
bool equalsNoCase(std::string_view a, std::string_view b);
std::string lower(std::string_view text);
std::optional<long long> toInteger(std::string_view text); // decimal, whole text, no overflow
std::vector<std::string_view> split(std::string_view text, char separator);

/// Foreign text made safe to show: control characters, NUL, bidi overrides and broken UTF-8 as
/// visible escapes
/// (\\x1b, \\u202e); line ends too unless `keepLines`. At most `most` bytes, then "... (N bytes
/// more)"; a few more where that would take as much room.
std::string printable(std::string_view text, bool keepLines = false, std::size_t most = 65536);

std::string base64(std::string_view bytes);
/// Accepts the URL alphabet as well; nothing on a character outside either.
std::optional<std::string> fromBase64(std::string_view text);
std::string hex(std::string_view bytes);

/// Letters, digits, dot, dash and underscore only, at most 100 bytes, never empty, never starts
/// with a dot.
std::string fileNamePart(std::string_view text);

/// Unpredictable token of `bytes` random bytes in hex (tags, branches, Call-IDs, cnonce).
std::string randomToken(std::size_t bytes);

} // namespace base
