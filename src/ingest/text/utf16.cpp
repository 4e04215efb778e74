// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/utf16.h>

#include <algorithm>

namespace ingest::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

std::uint8_t byteAt(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint8_t>(bytes[at]);
}

char16_t unitAt(std::string_view bytes, std::size_t at, Wide order)
{
    const unsigned one = byteAt(bytes, at), two = byteAt(bytes, at + 1);
    return static_cast<char16_t>(order == Wide::LittleEndian ? one | two << 8U : one << 8U | two);
}

bool isHigh(char32_t unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

bool isLow(char32_t unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

void append(std::string &out, char32_t code)
{
    const auto byte = [&](char32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6U);
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12U);
        byte(0x80 | (code >> 6U & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | code >> 18U);
        byte(0x80 | (code >> 12U & 0x3F));
        byte(0x80 | (code >> 6U & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
}

/// Printable ASCII or white space, in all of the first units.
bool isPlain(std::string_view bytes, Wide order)
{
    constexpr std::size_t kLooks = 64, kLeast = 8; // bytes
    const std::size_t size = std::min(bytes.size() / 2 * 2, kLooks);
    for (std::size_t at = 0; at < size; at += 2) {
        const char16_t unit = unitAt(bytes, at, order);
        const bool white = unit == '\t' || unit == '\r' || unit == '\n';
        if (!white && (unit < ' ' || unit > '~'))
            return false;
    }
    return size >= kLeast;
}

} // namespace

Wide wideOf(std::string_view firstBytes)
{
    if (firstBytes.starts_with("\xFF\xFE"))
        return Wide::LittleEndian;
    if (firstBytes.starts_with("\xFE\xFF"))
        return Wide::BigEndian;
    return isPlain(firstBytes, Wide::LittleEndian) ? Wide::LittleEndian
           : isPlain(firstBytes, Wide::BigEndian)  ? Wide::BigEndian
                                                   : Wide::No;
}

std::string narrowed(std::string_view bytes, Wide order)
{
    std::string out;
    out.reserve(bytes.size() / 2 + bytes.size() / 8);
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        const char32_t unit = unitAt(bytes, at, order);
        if (at == 0 && unit == 0xFEFF)
            continue;
        const char32_t next =
            isHigh(unit) && at + 3 < bytes.size() ? unitAt(bytes, at + 2, order) : 0;
        if (isLow(next)) {
            append(out, 0x10000 + ((unit - 0xD800) << 10U) + (next - 0xDC00));
            at += 2;
        } else {
            append(out, isHigh(unit) || isLow(unit) ? kReplacement : unit);
        }
    }
    return out;
}

} // namespace ingest::text
