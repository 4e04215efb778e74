// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/as_shown.h>

#include <algorithm>
#include <array>
#include <ingest/text/lines.h>
#include <utility>

namespace ingest::text {
namespace {

constexpr std::size_t kMost = std::size_t{256} << 20U; // bytes
constexpr int kLooks = 64;
constexpr char kEscape = '\x1B';

/// Lines of messages have colours, not only those that the log puts above them.
bool coloured(std::string_view text)
{
    if (text.find(kEscape) == std::string_view::npos)
        return false;
    std::size_t at = text.find("SIP/2.0");
    for (int looks = 0; looks < kLooks && at != std::string_view::npos; ++looks) {
        const Line line = lineAround(text, at, 0);
        if (line.in(text).starts_with("\x1B["))
            return true;
        at = text.find("SIP/2.0", std::max(line.end, at + 1));
    }
    return false;
}

std::string withoutColours(std::string_view text)
{
    std::string out, room;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Line line = lineAt(text, at);
        const std::string_view whole = text.substr(line.begin, line.next - line.begin);
        out += withoutEscapes(whole, room);
        at = std::max(line.next, at + 1);
    }
    return out;
}

/// Signs that a message cannot do without stand there as entities, and nowhere as they are.
bool hasEntities(std::string_view text)
{
    const auto has = [&](std::string_view what) {
        return text.find(what) != std::string_view::npos;
    };
    return (has("&lt;sip") || has("&lt;tel:")) && !has("<sip:") && !has("<sips:");
}

std::string withoutEntities(std::string_view text)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEntities{
        {{"&lt;", "<"},
         {"&gt;", ">"},
         {"&quot;", "\""},
         {"&#34;", "\""},
         {"&#39;", "'"},
         {"&apos;", "'"},
         {"&nbsp;", " "},
         {"&amp;", "&"}}};
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t sign = std::min(text.find('&'), text.size());
        out += text.substr(0, sign);
        text.remove_prefix(sign);
        const auto *const known =
            std::find_if(kEntities.begin(), kEntities.end(),
                         [&](const auto &entity) { return text.starts_with(entity.first); });
        if (known != kEntities.end()) {
            out += known->second;
            text.remove_prefix(known->first.size());
        } else if (!text.empty()) {
            out += '&';
            text.remove_prefix(1);
        }
    }
    return out;
}

/// Is the line behind `line` empty? Moves on to it.
bool emptyBehind(std::string_view text, Line &line)
{
    if (line.next >= text.size())
        return false;
    line = lineAt(text, line.next);
    return line.begin == line.end;
}

/// A web page showed each line as a paragraph: an empty line behind each, the first line of a
/// message too, where none can stand (RFC 3261 section 7.5).
bool isDoubled(std::string_view text)
{
    bool found = false;
    std::size_t at = text.find("SIP/2.0");
    for (int looks = 0; looks < kLooks && at != std::string_view::npos; ++looks) {
        Line line = lineAround(text, at, 0);
        const std::string_view shown = line.in(text);
        at = text.find("SIP/2.0", std::max(line.end, at + 1));
        if (!shown.starts_with("SIP/2.0 ") && !shown.ends_with(" SIP/2.0"))
            continue;
        for (int headers = 0; headers < 2; ++headers) {
            if (!emptyBehind(text, line) || line.next >= text.size())
                return false;
            line = lineAt(text, line.next);
            if (!isHeaderLine(line.in(text)))
                return false;
        }
        found = true;
    }
    return found;
}

std::string withoutDoubling(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        Line line = lineAt(text, at);
        out += text.substr(line.begin, line.next - line.begin);
        at = std::max(line.next, at + 1);
        if (emptyBehind(text, line))
            at = std::max(line.next, at);
    }
    return out;
}

} // namespace

std::string withoutShowing(std::string_view text)
{
    if (text.size() > kMost)
        return {};
    std::string out;
    if (coloured(text))
        out = withoutColours(text);
    if (const std::string_view now = out.empty() ? text : std::string_view(out); hasEntities(now))
        out = withoutEntities(now);
    if (const std::string_view now = out.empty() ? text : std::string_view(out); isDoubled(now))
        out = withoutDoubling(now);
    return out;
}

} // namespace ingest::text
