// SPDX-License-Identifier: Apache-2.0
#include <report/markup.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <ladder/measure.h>

namespace report {

namespace {

// In the order of ladder::Role. Classes of response are told apart under every common colour-vision
// deficiency.
constexpr std::array<std::string_view, 21> kLight{
    "#FFFFFF", "#F4F6F9", "#B4BCC8", "#1B2430", "#55606F", "#1F2937", "#2463E0",
    "#0B774E", "#7A0C96", "#864600", "#D4004A", "#4D0010", "#0B774E", "#2463E0",
    "#55606F", "#55606F", "#E6EFFF", "#55606F", "#D4004A", "#864600", "#2463E0"};

int hexPair(std::string_view text)
{
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
    return digit(text[0]) * 16 + digit(text[1]);
}

/// `code` and **bold** within a line that is escaped already.
std::string inlineHtml(std::string_view line)
{
    std::string out;
    std::size_t at = 0;
    while (at < line.size()) {
        const bool bold = line.substr(at, 2) == "**";
        const std::string_view mark = bold ? "**" : line[at] == '`' ? "`" : "";
        const auto close =
            mark.empty() ? std::string_view::npos : line.find(mark, at + mark.size());
        if (close == std::string_view::npos) {
            out += line[at++];
            continue;
        }
        const std::string_view tag = bold ? "strong" : "code";
        out += fmt::format("<{0}>{1}</{0}>", tag,
                           line.substr(at + mark.size(), close - at - mark.size()));
        at = close + mark.size();
    }
    return out;
}

} // namespace

std::string escaped(std::string_view text, bool keepLines)
{
    std::string out;
    for (const char c : base::printable(text, keepLines, 1U << 20U)) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string_view colourOf(ladder::Role role)
{
    const auto index = static_cast<std::size_t>(role);
    return index < kLight.size() ? kLight[index] : kLight[3];
}

std::string tintOf(ladder::Role role)
{
    const auto colour = colourOf(role);
    const auto part = [&](std::size_t at) {
        return 255 - (255 - hexPair(colour.substr(at, 2))) / 10;
    };
    return fmt::format("#{:02X}{:02X}{:02X}", part(1), part(3), part(5));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width)
{
    std::vector<std::string> lines;
    std::string line;
    for (const std::string_view word : base::split(text, ' ')) {
        if (word.empty())
            continue;
        if (!line.empty() && ladder::columns(line) + 1 + ladder::columns(word) > width) {
            lines.push_back(std::move(line));
            line.clear();
        }
        line += (line.empty() ? "" : " ") + std::string(word);
    }
    if (!line.empty())
        lines.push_back(std::move(line));
    return lines;
}

namespace {

struct Block {
    std::string_view tag; // "h5", "ul", "ol", "p"
    std::string text;     // plain
};

Block blockOf(std::string_view line)
{
    const auto dot = line.find(". ");
    if (line.front() == '#')
        return {"h5", std::string(base::trim(
                          line.substr(std::min(line.size(), line.find_first_not_of('#')))))};
    if (line.substr(0, 2) == "- " || line.substr(0, 2) == "* ")
        return {"ul", std::string(base::trim(line.substr(2)))};
    if (dot != std::string_view::npos && dot > 0 && dot <= 2 &&
        line.find_first_not_of("0123456789") == dot)
        return {"ol", std::string(base::trim(line.substr(dot + 2)))};
    return {"p", std::string(line)};
}

/// Lines joined to blocks: one that starts nothing new goes on with the block before it.
std::vector<Block> blocksOf(std::string_view markdown)
{
    std::vector<Block> blocks;
    bool open = false;
    for (const std::string_view raw : base::split(markdown, '\n')) {
        const auto line = base::trim(raw);
        if (line.empty()) {
            open = false;
            continue;
        }
        Block block = blockOf(line);
        if (open && block.tag == "p")
            blocks.back().text += " " + block.text;
        else
            blocks.push_back(std::move(block));
        open = blocks.back().tag != "h5";
    }
    return blocks;
}

} // namespace

std::string articleHtml(std::string_view markdown)
{
    std::string out;
    std::string_view list; // the list that is open, empty: none
    for (const Block &block : blocksOf(markdown)) {
        const bool item = block.tag == "ul" || block.tag == "ol";
        const std::string_view wanted = item ? block.tag : "";
        if (list != wanted) {
            out += list.empty() ? "" : fmt::format("</{}>\n", list);
            out += wanted.empty() ? "" : fmt::format("<{}>", wanted);
            list = wanted;
        }
        out += fmt::format("<{0}>{1}</{0}>\n", item ? "li" : block.tag,
                           inlineHtml(escaped(block.text)));
    }
    return list.empty() ? out : out + fmt::format("</{}>\n", list);
}

} // namespace report
