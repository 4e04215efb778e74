// SPDX-License-Identifier: Apache-2.0
#include <report/picture.h>

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <ladder/measure.h>
#include <ostream>
#include <report/markup.h>

namespace report {

using ladder::Align;
using ladder::LineStyle;
using ladder::Role;

// The last families are what the system has when the better ones are missing; glyphs come from
// wherever they are.
const std::string_view kFontFamily =
    "Inter, 'Noto Sans', 'DejaVu Sans', 'Segoe UI', Arial, sans-serif";

namespace {

bool isPlain(Role role)
{
    return role == Role::Background || role == Role::Surface || role == Role::Highlight;
}

void drawRect(std::ostream &out, const ladder::Rect &rect)
{
    if (isPlain(rect.role)) {
        out << fmt::format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
            rect.x, rect.y, rect.width, rect.height, colourOf(rect.role));
        return;
    }
    const bool lane = rect.role == Role::Lifeline;
    const double radius = std::min(rect.height / 2, rect.height > 24 ? 6.0 : 9.0);
    out << fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                       "rx=\"{:.1f}\" fill=\"{}\" "
                       "stroke=\"{}\" stroke-width=\"{}\"/>\n",
                       rect.x + 0.5, rect.y + 0.5, rect.width - 1, rect.height - 1, radius,
                       lane ? std::string(colourOf(Role::Background)) : tintOf(rect.role),
                       colourOf(rect.role), lane ? "1" : "1.2");
}

std::string_view dashes(LineStyle style)
{
    switch (style) {
    case LineStyle::Dashed:
        return " stroke-dasharray=\"7 4\"";
    case LineStyle::Dotted:
        return " stroke-dasharray=\"2 4\"";
    default:
        return "";
    }
}

void drawStroke(std::ostream &out, double x1, double y1, double x2, double y2,
                const ladder::Line &line)
{
    const bool life = line.role == Role::Lifeline;
    out << fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-width=\"{}\"{}/>\n",
        x1, y1, x2, y2, colourOf(line.role), life ? "1.2" : "1.8", dashes(line.style));
}

void drawWave(std::ostream &out, const ladder::Line &line)
{
    const double length = line.x2 - line.x1;
    const int waves = std::max(1, static_cast<int>(std::abs(length) / 14));
    const double half = length / waves / 2;
    std::string path = fmt::format("M{:.1f} {:.1f}", line.x1, line.y1);
    for (int i = 0; i < waves; ++i)
        path += fmt::format("q{0:.2f} -6 {1:.2f} 0q{0:.2f} 6 {1:.2f} 0", half / 2, half);
    out << fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"/>\n", path,
                       colourOf(line.role));
}

void drawHead(std::ostream &out, const ladder::Line &line)
{
    const double length = std::hypot(line.x2 - line.x1, line.y2 - line.y1);
    if (length < 1)
        return;
    const double ux = (line.x2 - line.x1) / length, uy = (line.y2 - line.y1) / length;
    const double bx = line.x2 - 10 * ux, by = line.y2 - 10 * uy;
    out << fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}z\" fill=\"{}\"/>\n",
                       line.x2, line.y2, bx - 5 * uy, by + 5 * ux, bx + 5 * uy, by - 5 * ux,
                       colourOf(line.role));
}

void drawLine(std::ostream &out, const ladder::Line &whole)
{
    ladder::Line line = whole;
    if (line.arrow) { // the stroke ends inside the head, not at its tip
        drawHead(out, whole);
        const double length = std::hypot(line.x2 - line.x1, line.y2 - line.y1);
        if (length > 8) {
            line.x2 -= 7 * (line.x2 - line.x1) / length;
            line.y2 -= 7 * (line.y2 - line.y1) / length;
        }
    }
    if (line.style == LineStyle::Wave) {
        drawWave(out, line);
    } else if (line.style == LineStyle::Double) {
        drawStroke(out, line.x1, line.y1 - 1.8, line.x2, line.y2 - 1.8, line);
        drawStroke(out, line.x1, line.y1 + 1.8, line.x2, line.y2 + 1.8, line);
    } else {
        drawStroke(out, line.x1, line.y1, line.x2, line.y2, line);
    }
}

void drawRun(std::ostream &out, const ladder::Text &text)
{
    const bool bold = text.weight == ladder::Weight::Bold;
    const double size = bold ? ladder::kLabelSize : ladder::kSmallSize;
    const char *anchor = text.align == Align::Centre  ? " text-anchor=\"middle\""
                         : text.align == Align::Right ? " text-anchor=\"end\""
                                                      : "";
    const std::string shown =
        text.width > 0 ? ladder::fitted(text.text, text.width, size, text.weight) : text.text;
    out << fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\"{}{} fill=\"{}\">{}</text>\n", text.x,
        text.y, size, bold ? " font-weight=\"600\"" : "", anchor, colourOf(text.role),
        escaped(shown));
}

template <class Piece, class Draw>
void each(std::ostream &out, const std::vector<Piece> &pieces, std::size_t first, std::size_t count,
          Draw draw)
{
    for (std::size_t i = first; i < first + count && i < pieces.size(); ++i)
        draw(out, pieces[i]);
}

/// Lifelines end where the drawing does, also when rows were left out.
void drawHeadPieces(std::ostream &out, const ladder::Scene &scene, double height)
{
    out << fmt::format("<rect x=\"0\" y=\"0\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
                       scene.width, height, colourOf(Role::Background));
    each(out, scene.rects, 0, scene.headRects, drawRect);
    for (std::size_t i = 0; i < scene.headLines && i < scene.lines.size(); ++i) {
        ladder::Line line = scene.lines[i];
        if (line.y1 > height - 8)
            continue; // the end of a fork below the rows that are drawn
        line.y1 = std::max(line.y1, std::min(scene.headerHeight - 9, line.y2));
        line.y2 = std::min(line.y2, height - 8);
        drawLine(out, line);
    }
    each(out, scene.texts, 0, scene.headTexts, drawRun);
}

} // namespace

double drawnHeight(const ladder::Scene &scene, std::size_t mostRows)
{
    if (scene.rows.size() <= mostRows)
        return scene.height;
    return scene.rows[mostRows].y + 36;
}

double drawScene(std::ostream &out, const ladder::Scene &scene, const ladder::Outline &outline,
                 const std::string &prefix, std::size_t mostRows)
{
    const double height = drawnHeight(scene, mostRows);
    drawHeadPieces(out, scene, height);
    const std::size_t shown = std::min(scene.rows.size(), mostRows);
    for (std::size_t i = 0; i < shown; ++i) {
        const ladder::SceneRow &row = scene.rows[i];
        const std::uint32_t number = i < outline.steps.size() ? outline.steps[i].number : 0;
        out << (number > 0 ? fmt::format("<g id=\"{}{}\">", prefix, number) : "<g>");
        if (i < outline.steps.size()) // the outline's words went through the redaction
            out << "<title>" << escaped(outline.steps[i].spoken) << "</title>\n";
        each(out, scene.rects, row.firstRect, row.rects, drawRect);
        each(out, scene.lines, row.firstLine, row.lines, drawLine);
        each(out, scene.texts, row.firstText, row.texts, drawRun);
        out << "</g>\n";
    }
    if (shown < scene.rows.size())
        drawText(out, scene.lanesLeft, height - 12, 12, false, colourOf(Role::Muted),
                 fmt::format("{} more rows are not drawn", scene.rows.size() - shown));
    return height;
}

void drawText(std::ostream &out, double x, double y, double size, bool bold,
              std::string_view colour, std::string_view text)
{
    out << fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\"{} fill=\"{}\">{}</text>\n",
                       x, y, size, bold ? " font-weight=\"600\"" : "", colour, escaped(text));
}

} // namespace report
