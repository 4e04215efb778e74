// SPDX-License-Identifier: Apache-2.0
#include <sip/scan.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <limits>

#if defined(__SSE2__)
#include <bit>
#include <emmintrin.h>
#endif

namespace sip {

namespace {

inline std::size_t lineEnd(std::string_view text, std::size_t from)
{
#if defined(__SSE2__)
    const __m128i carriageReturn = _mm_set1_epi8('\r'), lineFeed = _mm_set1_epi8('\n');
    for (; from < text.size() && text.size() - from >= 16; from += 16) {
        const __m128i bytes =
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(text.data() + from));
        const __m128i hits =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, carriageReturn), _mm_cmpeq_epi8(bytes, lineFeed));
        if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits)); mask != 0)
            return from + static_cast<std::size_t>(std::countr_zero(mask));
    }
#endif
    while (from < text.size() && text[from] != '\r' && text[from] != '\n')
        ++from;
    return from < text.size() ? from : std::string_view::npos;
}

} // namespace

std::size_t firstLineEnd(std::string_view text, std::size_t from)
{
    return lineEnd(text, from);
}

Line LineCursor::next()
{
    Line out;
    out.begin = m_at;
    out.end = std::min(lineEnd(m_text, m_at), m_text.size());
    out.next = out.end;
    if (out.end < m_text.size()) {
        const bool feed = m_text[out.end] == '\n';
        const bool both = !feed && out.end + 1 < m_text.size() && m_text[out.end + 1] == '\n';
        out.ending = feed ? LineEnd::Lf : both ? LineEnd::CrLf : LineEnd::Cr;
        out.next = out.end + (both ? 2 : 1);
    }
    m_at = out.next;
    return out;
}

std::size_t quotedEnd(std::string_view text, std::size_t open)
{
    for (std::size_t i = open + 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i + 1;
    }
    return std::string_view::npos;
}

std::size_t TopLevel::find(char wanted)
{
    if (m_plain) {
        const auto at = m_text.find(wanted, m_at);
        m_at = at == std::string_view::npos ? m_text.size() : at + 1;
        return at;
    }
    while (m_at < m_text.size()) {
        const std::size_t at = m_at++;
        const char c = m_text[at];
        if (c == wanted)
            return at;
        if (c == '"' && !m_quoteOpen) {
            const auto end = quotedEnd(m_text, at);
            m_quoteOpen = end == std::string_view::npos;
            m_at = m_quoteOpen ? m_at : end;
        } else if (c == '<' && !m_angleOpen) {
            const auto end = m_text.find('>', at);
            m_angleOpen = end == std::string_view::npos;
            m_at = m_angleOpen ? m_at : end + 1;
        }
    }
    return std::string_view::npos;
}

namespace {

constexpr auto kTokenChars = [] {
    std::array<bool, 256> out{};
    for (int c = 0; c < 128; ++c)
        out[static_cast<std::size_t>(c)] =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    for (const char c : std::string_view("-.!%*_+`'~"))
        out[static_cast<unsigned char>(c)] = true;
    return out;
}();

} // namespace

bool isTokenChar(char c)
{
    return kTokenChars[static_cast<unsigned char>(c)];
}

bool isToken(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), isTokenChar);
}

bool isDigits(std::string_view text)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

namespace {

// Length of the sequence that begins here (RFC 3629 section 4), 0 if it is broken.
std::size_t sequence(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned lead = byte(at);
    const unsigned second = byte(at + 1);
    const auto tail = [&](std::size_t i) { return (byte(at + i) & 0xC0U) == 0x80U; };
    if (lead >= 0xC2 && lead <= 0xDF)
        return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool odd = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F);
        return !odd && tail(1) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool odd = (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
        return !odd && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

} // namespace

bool isUtf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0x80) {
            ++at;
            continue;
        }
        const auto length = sequence(text, at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

std::size_t controlCharacter(std::string_view text)
{
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool control =
            (byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F;
        // RFC 3261 section 25.1: a quoted-pair may hold any of them.
        if (control && (at == 0 || text[at - 1] != '\\'))
            return at;
    }
    return std::string_view::npos;
}

std::string_view leadingNumber(std::string_view value)
{
    std::size_t end = 0;
    while (end < value.size() && value[end] != ';' && value[end] != '(' && !isBlank(value[end]))
        ++end;
    return value.substr(0, end);
}

bool readNumber(std::string_view digits, std::uint64_t &out)
{
    constexpr std::size_t kSure = 19; // so many digits fit into 64 bits
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    if (digits.empty())
        return false;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const auto digit = static_cast<unsigned char>(digits[i] - '0');
        if (digit > 9)
            return false;
        number = i >= kSure && number > (kMost - digit) / 10 ? kMost : number * 10 + digit;
    }
    out = number;
    return true;
}

bool listsPlainly(std::string_view list, std::string_view word)
{
    if (list.find('"') != std::string_view::npos || list.find('<') != std::string_view::npos)
        return false;
    for (;;) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (base::equalsNoCase(trimmed(list.substr(0, comma)), word))
            return true;
        if (comma == list.size())
            return false;
        list.remove_prefix(comma + 1);
    }
}

} // namespace sip
