// SPDX-License-Identifier: Apache-2.0
#include <ladder/measure.h>

namespace ladder {

namespace {

/// In thousandths of the font size.
int advance(char c)
{
    static constexpr std::string_view kNarrow = "iljI.,:;'|!() []ft/\\`-r";
    static constexpr std::string_view kWide = "mwMW@%&";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xC0) // the first byte of a longer character; the bytes after it take no room
        return 900;
    if (byte >= 0x80)
        return 0;
    if (kNarrow.find(c) != std::string_view::npos)
        return 370;
    if (kWide.find(c) != std::string_view::npos)
        return 920;
    if (c >= 'A' && c <= 'Z')
        return 700;
    if (c >= '0' && c <= '9')
        return 640;
    return 590;
}

bool continues(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

} // namespace

double textWidth(std::string_view text, double size, Weight weight)
{
    long long sum = 0;
    for (const char c : text)
        sum += advance(c);
    return static_cast<double>(sum) * size / 1000 * (weight == Weight::Bold ? 1.14 : 1);
}

std::string fitted(std::string_view text, double width, double size, Weight weight)
{
    if (textWidth(text, size, weight) <= width)
        return std::string(text);
    const double room = width - textWidth("…", size, weight);
    double used = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        std::size_t next = end + 1;
        while (next < text.size() && continues(text[next]))
            ++next;
        used += textWidth(text.substr(end, next - end), size, weight);
        if (used > room)
            break;
        end = next;
    }
    while (end > 0 && text[end - 1] == ' ')
        --end;
    return std::string(text.substr(0, end)) + "…";
}

std::string fittedAddress(std::string_view address, double width, double size, Weight weight)
{
    const auto colon = address.rfind(':');
    const std::string_view port =
        colon == std::string_view::npos ? std::string_view() : address.substr(colon);
    const double room = width - textWidth(port, size, weight);
    if (textWidth(address, size, weight) <= width || room < textWidth("0…", size, weight))
        return fitted(address, width, size, weight);
    return fitted(address.substr(0, colon), room, size, weight).append(port);
}

std::vector<std::string> broken(std::string_view text, double width, double size, std::size_t most)
{
    std::vector<std::string> lines;
    while (!text.empty()) {
        std::size_t end = 0; // the last space that still fits
        for (std::size_t at = text.find(' '); at != std::string_view::npos;
             at = text.find(' ', at + 1)) {
            if (textWidth(text.substr(0, at), size) > width)
                break;
            end = at;
        }
        if (lines.size() + 1 >= most || end == 0 || textWidth(text, size) <= width) {
            lines.push_back(fitted(text, width, size));
            break;
        }
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::size_t columns(std::string_view text)
{
    std::size_t count = 0;
    for (const char c : text)
        count += continues(c) ? 0 : 1;
    return count;
}

std::string cutColumns(std::string_view text, std::size_t most)
{
    if (columns(text) <= most)
        return std::string(text);
    std::size_t count = 0, end = 0;
    while (end < text.size() && count + 1 < most) {
        ++end;
        while (end < text.size() && continues(text[end]))
            ++end;
        ++count;
    }
    return std::string(text.substr(0, end)) + (most > 0 ? "…" : "");
}

} // namespace ladder
