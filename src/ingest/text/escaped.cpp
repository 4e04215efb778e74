// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/escaped.h>

#include <algorithm>
#include <array>
#include <base/escape.h>
#include <base/text.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

int octal(std::string_view text)
{
    if (text.size() < 3)
        return -1;
    int value = 0;
    for (const char c : text.substr(0, 3)) {
        if (c < '0' || c > '7')
            return -1;
        value = value * 8 + (c - '0');
    }
    return value <= 0xFF ? value : -1;
}

struct Escape {
    int byte = -1; // -1: no escape
    std::size_t length = 0;
};

Escape backslash(std::string_view text)
{
    if (text.size() < 2)
        return {};
    static constexpr std::string_view kLetters = "rnt\\\"/", kMeant = "\r\n\t\\\"/";
    if (const auto at = kLetters.find(text[1]); at != std::string_view::npos)
        return {static_cast<unsigned char>(kMeant[at]), 2};
    if (text[1] == 'x' && text.size() >= 4) {
        const int high = base::hexDigit(text[2]);
        const int low = base::hexDigit(text[3]);
        return high < 0 || low < 0 ? Escape{} : Escape{high * 16 + low, 4};
    }
    const int value = octal(text.substr(1));
    return value < 0 ? Escape{} : Escape{value, 4};
}

Escape escapeAt(std::string_view text, char style)
{
    if (text[0] != style)
        return {};
    if (style == '\\')
        return backslash(text);
    const int value = octal(text.substr(1)); // rsyslog: #015#012
    return value < 0 ? Escape{} : Escape{value, 4};
}

/// Which character escapes, told by the first escaped line end with a header behind it.
char styleOf(std::string_view line)
{
    static constexpr std::array<std::string_view, 8> kEnds{
        "#015#012", "\\r\\n", "\\015\\012", "\\x0d\\x0a", "\\x0D\\x0A", "#012", "\\n", "\\012"};
    const std::size_t version = line.find("SIP/2.0");
    std::size_t best = std::string_view::npos;
    char style = 0;
    for (const std::string_view end : kEnds) {
        const std::size_t at = line.find(end, std::min(version, line.size()));
        const std::size_t behind = at == std::string_view::npos ? at : at + end.size();
        if (at >= best || behind >= line.size())
            continue;
        const auto colon = line.find(':', behind);
        if (colon == std::string_view::npos || colon - behind > 64)
            continue;
        best = at;
        style = end[0];
    }
    return style;
}

/// Where the message ends: behind the body that its Content-Length tells.
std::size_t sizeOf(std::string_view message)
{
    const std::size_t crlf = message.find("\r\n\r\n");
    const std::size_t lf = message.find("\n\n");
    const std::size_t head = crlf < lf                      ? crlf + 4
                             : lf != std::string_view::npos ? lf + 2
                                                            : std::string_view::npos;
    if (head >= message.size())
        return message.size();
    const auto parsed = sip::parse(message.substr(0, head));
    const auto length = parsed ? parsed->number(sip::HeaderId::ContentLength) : std::nullopt;
    return length && *length <= message.size() - head ? head + *length : message.size();
}

} // namespace

std::optional<std::string> unescaped(std::string_view line, bool *ended)
{
    const char style = styleOf(line);
    if (style == 0)
        return std::nullopt;
    std::string out;
    out.reserve(line.size());
    while (!line.empty()) {
        const Escape escape = escapeAt(line, style);
        out += escape.byte < 0 ? line[0] : static_cast<char>(escape.byte);
        line.remove_prefix(escape.byte < 0 ? 1 : escape.length);
    }
    if (out.find('\r') == std::string::npos) { // the daemon dropped the CRs
        std::string ends;
        for (const char c : out)
            ends.append(c == '\n' ? "\r\n" : std::string_view(&c, 1));
        out = std::move(ends);
    }
    const bool whole = out.find("\r\n\r\n") != std::string::npos;
    if (ended != nullptr)
        *ended = whole;
    if (!whole) { // trimmed at the line's end
        while (!out.empty() && (out.back() == '\r' || out.back() == '\n' || out.back() == '"'))
            out.pop_back();
        out += "\r\n\r\n";
    }
    out.resize(sizeOf(out));
    return out;
}

} // namespace ingest::text
