// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/lines.h>

#include <algorithm>
#include <base/text.h>

namespace ingest::text {
namespace {

constexpr char kEscape = '\x1B';

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isNameChar(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}

std::size_t digitsEnd(std::string_view text, std::size_t at)
{
    while (at < text.size() && isDigit(text[at]))
        ++at;
    return at;
}

std::size_t blanksEnd(std::string_view text, std::size_t at)
{
    while (at < text.size() && text[at] == ' ')
        ++at;
    return at;
}

} // namespace

Line lineAt(std::string_view text, std::size_t begin)
{
    Line line;
    line.begin = begin = std::min(begin, text.size());
    const std::string_view window = text.substr(begin, kLongestLine);
    const std::size_t feed = window.find('\n');
    line.end = begin + std::min(feed, window.size());
    line.next = feed == std::string_view::npos ? line.end : line.end + 1;
    std::size_t returns = 0;
    while (line.end > line.begin && text[line.end - 1] == '\r') {
        --line.end;
        ++returns;
    }
    line.carriageReturn = returns == 1 && feed != std::string_view::npos;
    return line;
}

std::string withFeeds(std::string_view text)
{
    if (text.find('\n') != std::string_view::npos || text.find('\r') == std::string_view::npos)
        return {};
    std::string out(text);
    std::replace(out.begin(), out.end(), '\r', '\n');
    return out;
}

Line lineAround(std::string_view text, std::size_t at, std::size_t floor)
{
    const std::size_t from =
        std::max(std::min(floor, at), at > kLongestLine ? at - kLongestLine : 0);
    const std::size_t feed = text.substr(from, at - from).rfind('\n');
    return lineAt(text, feed == std::string_view::npos ? from : from + feed + 1);
}

std::string_view withoutEscapes(std::string_view line, std::string &room)
{
    if (line.find(kEscape) == std::string_view::npos)
        return line;
    room.clear();
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] != kEscape) {
            room += line[at];
            continue;
        }
        if (at + 1 >= line.size() || line[at + 1] != '[')
            continue;
        at += 2; // parameters, then one letter
        while (at < line.size() && (isDigit(line[at]) || line[at] == ';' || line[at] == '?'))
            ++at;
    }
    return room;
}

bool isBorder(std::string_view line)
{
    line = base::trim(line);
    return line.size() >= 3 && line.find_first_not_of("-=_*#<>~") == std::string_view::npos;
}

std::size_t samePrefix(std::string_view prefix, std::string_view line)
{
    std::size_t at = 0;
    std::size_t i = 0;
    while (i < prefix.size()) {
        if (at >= line.size())
            return std::string_view::npos;
        const bool process = i > 0 && prefix[i - 1] == '[';
        if (isDigit(prefix[i]) && !process) {
            if (!isDigit(line[at]))
                return std::string_view::npos;
            i = digitsEnd(prefix, i);
            at = digitsEnd(line, at);
        } else if (prefix[i] == ' ') { // "Jan  2" and "Jan 12" are of one shape
            const std::size_t wide = blanksEnd(prefix, i);
            if (line[at] != ' ')
                return std::string_view::npos;
            // At the prefix's end the text begins: a blank more belongs to it.
            at = wide == prefix.size() ? std::min(at + (wide - i), blanksEnd(line, at))
                                       : blanksEnd(line, at);
            i = wide;
        } else if (prefix[i] != line[at]) {
            return std::string_view::npos;
        } else {
            ++i;
            ++at;
        }
    }
    return at;
}

bool looksLikeText(std::string_view bytes)
{
    std::size_t odd = 0;
    for (const char c : bytes) {
        if (c == '\0')
            return false;
        const auto byte = static_cast<unsigned char>(c);
        odd += byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\v' && c != kEscape;
    }
    return odd * 20 <= bytes.size();
}

bool isHeaderLine(std::string_view line)
{
    constexpr std::size_t kLongestName = 128;
    std::size_t at = 0;
    while (at < line.size() && at < kLongestName && isNameChar(line[at]))
        ++at;
    if (at == 0)
        return false;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t'))
        ++at;
    return at < line.size() && line[at] == ':';
}

} // namespace ingest::text
