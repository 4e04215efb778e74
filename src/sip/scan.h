// SPDX-License-Identifier: Apache-2.0
// Private to sip: how parser, framer and multipart reader find lines and separators. All of it is
// linear: a search that failed once (no closing quote) is remembered and not tried again.
#pragma once

#include <cstdint>
#include <string_view>

namespace sip {

enum class LineEnd : std::uint8_t { CrLf, Lf, Cr, None };

struct Line {
    std::size_t begin = 0, end = 0; // without the line end
    std::size_t next = 0;           // where the following line begins
    LineEnd ending = LineEnd::None;
};

/// Walks over the lines of a text; CRLF, LF and CR each end a line.
class LineCursor
{
public:
    explicit LineCursor(std::string_view text, std::size_t at = 0) : m_text(text), m_at(at) {}
    bool done() const { return m_at >= m_text.size(); }
    std::size_t at() const { return m_at; }
    Line next();

private:
    std::string_view m_text;
    std::size_t m_at;
};

/// Finds characters that stand outside quoted strings and angle brackets. A quote or bracket that
/// is never closed counts as an ordinary character.
class TopLevel
{
public:
    explicit TopLevel(std::string_view text)
        : m_text(text), m_plain(text.find('"') == std::string_view::npos &&
                                text.find('<') == std::string_view::npos)
    {
    }
    /// Position of the next `wanted` at or after the cursor, npos if none; the cursor moves behind
    /// it.
    std::size_t find(char wanted);

private:
    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_plain;             // nothing in the text quotes
    bool m_quoteOpen = false; // an opening quote without end was met
    bool m_angleOpen = false;
};

/// End of a quoted string that begins at `open` (position after the closing quote), npos if it is
/// never closed.
std::size_t quotedEnd(std::string_view text, std::size_t open);

inline bool isBlank(char c)
{
    // Nearly every character that is asked for is beyond them all.
    return static_cast<unsigned char>(c) <= ' ' &&
           (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/// First blank, tab, CR or LF at or after `from`, the text's size if none. (std's find_first_of
/// calls memchr for each character, which profiles found to be most of the parser's time.)
inline std::size_t firstBlank(std::string_view text, std::size_t from = 0)
{
    while (from < text.size() && !isBlank(text[from]))
        ++from;
    return from;
}
/// First CR or LF at or after `from`, npos if none.
std::size_t firstLineEnd(std::string_view text, std::size_t from = 0);
/// base::trim() in place: the parser trims two pieces of every line.
inline std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
}

bool isTokenChar(char c);             // RFC 3261 section 25.1
bool isToken(std::string_view text);  // not empty
bool isDigits(std::string_view text); // not empty
bool isUtf8(std::string_view text);
/// First control character other than tab, CR and LF that no backslash escapes; npos if none.
std::size_t controlCharacter(std::string_view text);
/// Is the word one of the list, between commas, without regard to case? False where anything in it
/// is quoted: that takes a parser.
bool listsPlainly(std::string_view list, std::string_view word);
/// What stands before a blank, parameter or comment.
std::string_view leadingNumber(std::string_view value);
/// The value of a Content-Length style header; a number too big for 64 bits becomes the biggest
/// one.
bool readNumber(std::string_view digits, std::uint64_t &out);

} // namespace sip
