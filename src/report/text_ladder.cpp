// SPDX-License-Identifier: Apache-2.0
#include <report/text_ladder.h>

#include <algorithm>
#include <fmt/format.h>
#include <ladder/measure.h>
#include <report/markup.h>
#include <vector>

namespace report {

using ladder::columns;
using ladder::cutColumns;
using ladder::LineStyle;
using ladder::Step;
using ladder::StepKind;

namespace {

constexpr std::size_t kLeft = 17; // number and time
constexpr std::size_t kNarrowest = 14, kWidest = 44;

/// One line, one character a cell.
class Canvas
{
public:
    void put(std::size_t column, std::string_view text)
    {
        std::size_t at = 0;
        while (at < text.size()) {
            std::size_t end = at + 1;
            while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
                ++end;
            if (column >= m_cells.size())
                m_cells.resize(column + 1, " ");
            m_cells[column++] = text.substr(at, end - at);
            at = end;
        }
    }
    void fill(std::size_t from, std::size_t to, std::string_view cell)
    {
        for (std::size_t i = from; i < to; ++i)
            put(i, cell);
    }
    std::size_t size() const { return m_cells.size(); }
    std::string line() const
    {
        std::string out;
        for (const std::string &cell : m_cells)
            out += cell;
        while (!out.empty() && out.back() == ' ')
            out.pop_back();
        return out + "\n";
    }

private:
    std::vector<std::string> m_cells;
};

std::string_view strokeOf(LineStyle style)
{
    switch (style) {
    case LineStyle::Dashed:
        return "╌";
    case LineStyle::Double:
        return "═";
    case LineStyle::Wave:
        return "~";
    case LineStyle::Dotted:
        return "┈";
    default:
        return "─";
    }
}

std::string labelOf(const Step &step)
{
    return step.glyph.empty() ? step.label : step.glyph + " " + step.label;
}

/// What stands right of the lifelines: badges, except those that the news says anyway.
std::string notesOf(const Step &step)
{
    std::string out;
    for (const ladder::Badge &badge : step.badges)
        if (badge.text != "SDP" || step.news.rfind("SDP", 0) != 0)
            out += fmt::format("{}[{}]", out.empty() ? "" : " ", badge.text);
    return out;
}

class Drawing
{
public:
    Drawing(const ladder::Outline &outline, std::size_t width) : m_outline(outline), m_width(width)
    {
        placeLanes();
    }

    std::string run()
    {
        std::string out = head();
        for (const Step &step : m_outline.steps)
            out += row(step);
        return out;
    }

private:
    void placeLanes();
    std::string head() const;
    std::string row(const Step &step) const;
    void arrow(Canvas &canvas, const Step &step) const;
    Canvas lifelines(bool broken = false) const;
    std::size_t right() const { return m_lanes.empty() ? kLeft : m_lanes.back(); }

    const ladder::Outline &m_outline;
    std::size_t m_width;
    std::vector<std::size_t> m_lanes; // columns
};

void Drawing::placeLanes()
{
    const auto &lanes = m_outline.lanes;
    std::vector<std::size_t> gaps(lanes.empty() ? 0 : lanes.size() - 1, kNarrowest);
    for (const Step &step : m_outline.steps) {
        const auto low = std::min(step.from, step.to), high = std::max(step.from, step.to);
        if (high - low == 1 && step.kind != StepKind::Gap)
            gaps[low] = std::max(gaps[low], std::min(columns(labelOf(step)) + 8, kWidest));
    }
    const auto wide = [&](const ladder::Lane &lane) {
        return std::max(columns(titleOf(lane)), columns(lane.address));
    };
    for (std::size_t i = 0; i < gaps.size(); ++i)
        gaps[i] =
            std::max(gaps[i], std::min(kWidest, (wide(lanes[i]) + wide(lanes[i + 1])) / 2 + 3));
    // Too wide together: the widest give way first.
    const auto total = [&] {
        std::size_t sum = kLeft + 24;
        for (const auto gap : gaps)
            sum += gap;
        return sum;
    };
    for (std::size_t cap = kWidest; cap > kNarrowest + 6 && total() > m_width; --cap)
        for (auto &gap : gaps)
            gap = std::min(gap, cap);
    std::size_t column = kLeft;
    if (!lanes.empty())
        column += std::min<std::size_t>(
            12, std::max(columns(titleOf(lanes[0])), columns(lanes[0].address)) / 2);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        m_lanes.push_back(column);
        column += i < gaps.size() ? gaps[i] : 0;
    }
}

std::string Drawing::head() const
{
    Canvas names, addresses;
    bool anyAddress = false;
    for (std::size_t i = 0; i < m_lanes.size(); ++i) {
        const auto &lane = m_outline.lanes[i];
        const std::size_t room = i + 1 < m_lanes.size() ? m_lanes[i + 1] - m_lanes[i] - 2 : 40;
        const auto place = [&](Canvas &canvas, const std::string &text) {
            const std::string shown = cutColumns(text, room);
            const std::size_t half = columns(shown) / 2;
            const std::size_t from = m_lanes[i] > kLeft - 1 + half ? m_lanes[i] - half : kLeft - 1;
            canvas.put(std::max(from, canvas.size() + (canvas.size() > 0 ? 1 : 0)), shown);
        };
        place(names, titleOf(lane));
        place(addresses, lane.address);
        anyAddress = anyAddress || !lane.address.empty();
    }
    return names.line() + (anyAddress ? addresses.line() : "");
}

Canvas Drawing::lifelines(bool broken) const
{
    Canvas canvas;
    for (const auto lane : m_lanes)
        canvas.put(lane, broken ? "┊" : "│");
    return canvas;
}

void Drawing::arrow(Canvas &canvas, const Step &step) const
{
    std::string label = " " + labelOf(step) + " ";
    const auto stroke = strokeOf(step.style);
    if (step.from == step.to) {
        const auto at = m_lanes[step.from];
        canvas.put(at, "├");
        canvas.put(at + 1, "⟲" + label);
        return;
    }
    const auto low = m_lanes[std::min(step.from, step.to)],
               high = m_lanes[std::max(step.from, step.to)];
    const bool rightwards = step.from < step.to;
    canvas.fill(low + 1, high, stroke);
    const std::string_view head = step.lost ? "✗" : rightwards ? "▶" : "◀";
    canvas.put(rightwards ? high - 1 : low + 1, head);
    const std::size_t room = high - low - 3;
    if (columns(label) > room) // the words matter more than the glyph
        label = " " + cutColumns(step.label, room - 2) + " ";
    canvas.put(low + 1 + (high - low - columns(label)) / 2, label);
}

std::string Drawing::row(const Step &step) const
{
    Canvas canvas = lifelines(step.kind == StepKind::Gap);
    if (step.kind == StepKind::Gap) {
        const std::string text = " ⋯ " + step.label + " ⋯ ";
        const auto middle = m_lanes.empty() ? kLeft : (m_lanes.front() + m_lanes.back()) / 2;
        canvas.put(std::max(kLeft, middle > columns(text) / 2 ? middle - columns(text) / 2 : 0),
                   text);
        return canvas.line();
    }
    canvas.put(0,
               fmt::format("{}{:>3} {:>10}", step.highlight ? "»" : " ", step.number, step.when));
    if (m_lanes.empty())
        return canvas.line();
    if (step.kind == StepKind::Local)
        canvas.put(m_lanes[step.from], "╞═[" + labelOf(step) + "]");
    else
        arrow(canvas, step);
    std::string notes = notesOf(step);
    const std::size_t notesAt = std::max(right() + 3, canvas.size() + 2);
    const bool beside = !step.news.empty() && step.kind != StepKind::Local &&
                        notesAt + columns(notes) + columns(step.news) + 1 <=
                            std::max<std::size_t>(m_width + 10, notesAt + 30);
    if (beside)
        notes += (notes.empty() ? "" : " ") + step.news;
    if (!notes.empty())
        canvas.put(notesAt, notes);
    std::string out = canvas.line();
    if (!beside && !step.news.empty()) {
        const auto at = m_lanes[std::min(step.from, step.to)] + 2;
        const std::size_t room = std::max<std::size_t>(60, m_width > at ? m_width - at : 0);
        for (const std::string &line : wrapped(step.news, room)) {
            Canvas second = lifelines();
            second.put(at, cutColumns(line, room));
            out += second.line();
        }
    }
    return out;
}

} // namespace

std::string textLadder(const ladder::Outline &outline, std::size_t width)
{
    return Drawing(outline, width).run();
}

} // namespace report
