// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/hexdump.h>

#include <array>
#include <base/escape.h>
#include <ingest/decode/ip.h>
#include <ingest/decode/link.h>
#include <ingest/text/lines.h>

namespace ingest::text {
namespace {

constexpr std::size_t kMostBytes = 256U << 10U;
constexpr std::size_t kMostOfLine = 32;

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

/// How many hex digits stand at `at`.
std::size_t hexRun(std::string_view line, std::size_t at)
{
    std::size_t end = at;
    while (end < line.size() && base::hexDigit(line[end]) >= 0)
        ++end;
    return end - at;
}

} // namespace

std::optional<DumpLine> readDumpLine(std::string_view line, unsigned radix)
{
    std::size_t at = 0;
    while (at < line.size() && isBlank(line[at]))
        ++at;
    if (line.substr(at, 2) == "0x")
        at += 2;
    const std::size_t digits = hexRun(line, at);
    if (digits < 4 || digits > 8)
        return std::nullopt;
    DumpLine out;
    for (std::size_t i = 0; i < digits; ++i) {
        const auto digit = static_cast<std::size_t>(base::hexDigit(line[at + i]));
        if (digit >= radix)
            return std::nullopt;
        out.offset = out.offset * radix + digit;
    }
    at += digits;
    if (at < line.size() && line[at] == ':')
        ++at;
    std::size_t gap = 0;
    while (at < line.size() && out.bytes.size() < kMostOfLine) {
        for (gap = 0; at < line.size() && isBlank(line[at]); ++at)
            ++gap;
        const std::size_t run = hexRun(line, at);
        // Two blanks stand in the middle of a line or before its text.
        const bool text = gap > 1 && !out.bytes.empty() && out.bytes.size() != 8;
        if (gap == 0 || text || run == 0 || run % 2 != 0 || run > 8 ||
            (at + run < line.size() && !isBlank(line[at + run])))
            break;
        for (const std::size_t end = at + run; at < end; at += 2)
            out.bytes +=
                static_cast<char>(base::hexDigit(line[at]) * 16 + base::hexDigit(line[at + 1]));
    }
    return out.bytes.empty() ? std::nullopt : std::optional(std::move(out));
}

std::string bytesOfHex(std::string_view hex)
{
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t at = 0; at < hex.size(); at += 2) {
        if (hex[at] == ':' && ++at >= hex.size())
            return {};
        const int high = base::hexDigit(hex[at]);
        const int low = at + 1 < hex.size() ? base::hexDigit(hex[at + 1]) : -1;
        if (high < 0 || low < 0)
            return {};
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

namespace {

Dump dumpAt(std::string_view text, std::size_t line, unsigned radix)
{
    Dump out;
    out.next = line;
    std::size_t previous = 0; // offset of the line before
    while (out.next < text.size() && out.bytes.size() < kMostBytes) {
        const Line where = lineAt(text, out.next);
        if (where.end - where.begin > 200)
            break;
        const auto read = readDumpLine(where.in(text), radix);
        if (!read || (read->offset == 0) != (out.next == line) || read->offset > out.bytes.size() ||
            (read->offset != 0 && read->offset <= previous))
            break;
        out.bytes.resize(read->offset); // what was text, not bytes, in the line before
        out.bytes += read->bytes;
        previous = read->offset;
        out.next = where.next;
    }
    return out;
}

} // namespace

std::optional<Dump> readDump(std::string_view text, std::size_t line)
{
    Dump out = dumpAt(text, line, 16);
    if (out.bytes.size() <= kMostOfLine) { // od counts in octal: the second line goes on in that
        Dump octal = dumpAt(text, line, 8);
        if (octal.bytes.size() > out.bytes.size())
            out = std::move(octal);
    }
    return out.bytes.size() < 16 ? std::nullopt : std::optional(std::move(out));
}

std::optional<std::uint32_t> linkTypeOf(std::string_view bytes)
{
    static constexpr std::array<std::uint32_t, 5> kTypes{101, 1, 113, 276, 0};
    std::optional<std::uint32_t> likely;
    for (const std::uint32_t type : kTypes) {
        const auto inside = decode::linkReader(type)(bytes);
        const auto packet = inside ? decode::parseIp(*inside) : std::nullopt;
        if (!packet)
            continue;
        const bool transport = packet->protocol == 17 || packet->protocol == 6;
        if (transport && packet->missing == 0)
            return type;
        if (!likely)
            likely = type;
    }
    return likely;
}

} // namespace ingest::text
