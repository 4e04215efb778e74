// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>

#include <algorithm>
#include <array>
#include <base/random.h>
#include <charconv>
#include <fmt/format.h>

namespace base {
namespace {

char lowerChar(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0; // 0: broken UTF-8
};

CodePoint decodeUtf8(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    std::size_t length = 0;
    char32_t value = 0;
    if (first < 0x80)
        return {first, 1};
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
        value = first & 0x1FU;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        value = first & 0x0FU;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        value = first & 0x07U;
    }
    if (length == 0 || text.size() < length)
        return {};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U)
            return {};
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    static constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return {};
    return {value, length};
}

bool isHidden(char32_t c)
{
    return (c >= 0x80 && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           c == 0x61C;
}

int base64Value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

} // namespace

std::string_view trim(std::string_view text)
{
    // A plain loop: find_first_not_of calls memchr for every character, and the SIP parser trims
    // every line.
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

bool equalsNoCase(std::string_view a, std::string_view b)
{
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i) { // most are written alike
        if (a[i] != b[i] && lowerChar(a[i]) != lowerChar(b[i]))
            return false;
    }
    return true;
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lowerChar);
    return out;
}

std::optional<long long> toInteger(std::string_view text)
{
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> out;
    std::size_t from = 0;
    for (;;) {
        const auto at = text.find(separator, from);
        out.push_back(text.substr(from, at == std::string_view::npos ? at : at - from));
        if (at == std::string_view::npos)
            return out;
        from = at + 1;
    }
}

std::string printable(std::string_view text, bool keepLines, std::size_t most)
{
    constexpr std::size_t kNote = 18; // "... (7 bytes more)" takes the room of what it leaves out
    if (text.size() > most && text.size() - most <= kNote)
        most = text.size();
    std::string out;
    out.reserve(std::min(text.size(), most) + kNote);
    std::size_t at = 0;
    while (at < text.size() && at < most) {
        const auto point = decodeUtf8(text.substr(at));
        const auto byte = static_cast<unsigned char>(text[at]);
        if (point.length == 0) {
            out += fmt::format("\\x{:02x}", byte);
            ++at;
        } else if (point.value == '\n' && keepLines) {
            out += '\n';
            ++at;
        } else if (point.value == '\r' && keepLines && at + 1 < text.size() &&
                   text[at + 1] == '\n') {
            ++at;
        } else if ((point.value < 0x20 && point.value != '\t') || point.value == 0x7F) {
            out += fmt::format("\\x{:02x}", byte);
            ++at;
        } else if (isHidden(point.value)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
            at += point.length;
        } else {
            out += text.substr(at, point.length);
            at += point.length;
        }
    }
    if (at < text.size())
        out += fmt::format("... ({} bytes more)", text.size() - at);
    return out;
}

std::string base64(std::string_view bytes)
{
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned group = 0;
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8U | (i < have ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            out += i <= have ? kAlphabet[group >> (18U - 6U * i) & 63U] : '=';
    }
    return out;
}

std::optional<std::string> fromBase64(std::string_view text)
{
    while (!text.empty() && text.back() == '=')
        text.remove_suffix(1);
    std::string out;
    unsigned bits = 0;
    int have = 0;
    for (const char c : text) {
        const int value = base64Value(c);
        if (value < 0)
            return std::nullopt;
        bits = (bits << 6U | static_cast<unsigned>(value)) & 0xFFFFFFU;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out += static_cast<char>(bits >> static_cast<unsigned>(have) & 0xFFU);
        }
    }
    if (text.size() % 4 == 1)
        return std::nullopt;
    return out;
}

std::string hex(std::string_view bytes)
{
    std::string out;
    for (const char c : bytes)
        out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

std::string fileNamePart(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, 100)) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                           (c == '.' && !out.empty());
        out += plain ? c : '_';
    }
    return out.empty() ? "_" : out;
}

std::string randomToken(std::size_t bytes)
{
    return hex(randomBytes(bytes));
}

} // namespace base
