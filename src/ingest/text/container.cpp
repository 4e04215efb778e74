// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/container.h>

#include <algorithm>

namespace ingest::text {
namespace {

constexpr std::string_view kLog = "\"log\"", kTime = "\"time\"";

/// Where the string behind a key begins, npos: it has none.
std::size_t stringBehind(std::string_view line, std::string_view key)
{
    const std::size_t at = line.find(key);
    const std::size_t colon =
        at == std::string_view::npos ? at : line.find_first_not_of(' ', at + key.size());
    if (colon == std::string_view::npos || line[colon] != ':')
        return std::string_view::npos;
    const std::size_t quote = line.find_first_not_of(' ', colon + 1);
    return quote == std::string_view::npos || line[quote] != '"' ? std::string_view::npos
                                                                 : quote + 1;
}

void appendUtf8(std::string &out, unsigned code)
{
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | code >> 6U);
        out += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
        out += static_cast<char>(0xE0U | code >> 12U);
        out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    }
}

/// "000d" at `at`; 0xFFFD where it is no number.
unsigned codeAt(std::string_view text, std::size_t at)
{
    unsigned code = 0;
    for (const char c : text.substr(std::min(at, text.size()), 4)) {
        const char low = static_cast<char>(c | 0x20);
        const int digit = c >= '0' && c <= '9'       ? c - '0'
                          : low >= 'a' && low <= 'f' ? low - 'a' + 10
                                                     : -1;
        if (digit < 0)
            return 0xFFFD;
        code = code * 16 + static_cast<unsigned>(digit);
    }
    return code;
}

/// The string that begins behind `key`, taken out of JSON's escapes; false: there is none.
bool valueOf(std::string_view line, std::string_view key, std::string &out)
{
    static constexpr std::string_view kLetters = "nrtbf", kMeant = "\n\r\t\b\f";
    out.clear();
    std::size_t at = stringBehind(line, key);
    if (at == std::string_view::npos)
        return false;
    for (; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\' || at + 1 >= line.size()) {
            out += line[at];
            continue;
        }
        ++at;
        if (line[at] == 'u') {
            appendUtf8(out, codeAt(line, at + 1));
            at += 4;
        } else {
            const auto letter = kLetters.find(line[at]);
            out += letter == std::string_view::npos ? line[at] : kMeant[letter];
        }
    }
    return true;
}

} // namespace

std::string unwrapped(std::string_view text, const std::atomic<bool> &cancel)
{
    std::string out, log, time;
    bool lineBegins = true; // long ones come in pieces
    while (!text.empty() && !cancel.load(std::memory_order_relaxed)) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!valueOf(line, kLog, log))
            continue;
        if (lineBegins && valueOf(line, kTime, time))
            out.append(time).append(" ");
        out += log;
        lineBegins = !log.empty() && log.back() == '\n';
    }
    return out;
}

bool isContainerLog(std::string_view text)
{
    const std::string_view line = text.substr(0, text.find('\n'));
    return !line.empty() && line[0] == '{' && stringBehind(line, kLog) != std::string_view::npos &&
           stringBehind(line, kTime) != std::string_view::npos;
}

} // namespace ingest::text
