// SPDX-License-Identifier: Apache-2.0
#include <ladder/layout.h>

#include <ladder/measure.h>

#include <algorithm>
#include <cmath>

namespace ladder {

namespace {

constexpr double kHeader = 64, kGapHeight = 30, kBottom = 16;
constexpr double kSide = 64;       // least room left of the first and right of the last lane
constexpr double kWidestGap = 340; // between two lanes that stand side by side
constexpr double kArrowPad = 14;   // text keeps this off the lifelines
constexpr double kChipHeight = 18, kChipPad = 7, kChipSpace = 6;
constexpr double kSelfReach = 40; // how far an arrow to its own lane swings out

std::string labelOf(const Step &step)
{
    return step.glyph.empty() ? step.label : step.glyph + " " + step.label;
}

double badgesWidth(const Step &step)
{
    double width = 0;
    for (const Badge &badge : step.badges)
        width += textWidth(badge.text, kSmallSize) + 2 * kChipPad + kChipSpace;
    return width;
}

class Drawing
{
public:
    Drawing(const Outline &outline, const Options &options) : m_outline(outline), m_options(options)
    {
    }

    Scene run()
    {
        m_scene.title = m_outline.title;
        m_scene.lanes = m_outline.lanes;
        m_scene.places = m_outline.places;
        m_scene.headerHeight = kHeader;
        placeLanes();
        double height = kHeader + 8;
        for (const Step &step : m_outline.steps)
            height += heightOf(step);
        m_scene.height = height + kBottom;
        drawHead();
        double y = kHeader + 8;
        m_scene.rows.reserve(m_outline.steps.size());
        for (const Step &step : m_outline.steps) {
            beginRow(step, y);
            drawStep(step);
            endRow();
            y += heightOf(step);
        }
        return std::move(m_scene);
    }

private:
    double heightOf(const Step &step) const
    {
        if (step.kind == StepKind::Gap)
            return kGapHeight;
        return step.news.empty() ? m_options.compactHeight : m_options.rowHeight;
    }
    double textNeed(const Step &step) const
    {
        return 2 +
               std::max(textWidth(labelOf(step), kLabelSize, Weight::Bold),
                        textWidth(step.news, kSmallSize)) +
               2 * kArrowPad;
    }

    void placeLanes();
    void spread(std::vector<double> &gaps, double outside) const;
    void drawHead();
    void beginRow(const Step &step, double y);
    void endRow();
    void drawStep(const Step &step);
    void drawArrow(const Step &step);
    void drawSelf(const Step &step);
    void drawBox(const Step &step);
    void drawGap(const Step &step);
    void drawBadges(const Step &step);
    void drawTime(const Step &step);
    void highlight(const Step &step);
    void back(double x, double width, double top, double height, const Step &step);
    void label(const Step &step, double x, double width, Align align);
    double laneX(std::uint32_t lane) const
    {
        return lane < m_scene.lanes.size() ? m_scene.lanes[lane].x : 0;
    }

    const Outline &m_outline;
    const Options &m_options;
    Scene m_scene;
    SceneRow m_row;
    double m_arrowY = 0;
    double m_notesX = 0, m_notesWidth = 0;
};

void Drawing::placeLanes()
{
    const std::size_t count = m_scene.lanes.size();
    std::vector<double> gaps(count > 1 ? count - 1 : 0, m_options.laneWidth);
    double right = kSide;
    m_notesWidth = m_options.noteWidth;
    for (const Step &step : m_outline.steps) {
        m_notesWidth = std::max(m_notesWidth, badgesWidth(step) + kChipSpace);
        const auto low = std::min(step.from, step.to), high = std::max(step.from, step.to);
        if (step.kind == StepKind::Gap || step.kind == StepKind::Local)
            continue;
        const double need = textNeed(step) + (low == high ? kSelfReach : 0);
        if (low == high && high >= gaps.size())
            right = std::max(right, std::min(need, kWidestGap));
        else if (high - low <= 1)
            gaps[low] = std::max(gaps[low], std::min(need, kWidestGap));
    }
    double first = kSide;
    for (std::size_t i = 0; i < count; ++i) { // names must not touch their neighbours
        const Lane &lane = m_scene.lanes[i];
        const double half = std::max(textWidth(lane.name, kLabelSize, Weight::Bold),
                                     textWidth(lane.address, kSmallSize)) /
                                2 +
                            20;
        if (i == 0)
            first = std::max(first, std::min(half, kWidestGap / 2));
        else
            gaps[i - 1] = std::max(gaps[i - 1], std::min(2 * half, kWidestGap));
        if (i + 1 == count)
            right = std::max(right, std::min(half, kWidestGap / 2));
    }
    spread(gaps, m_options.timeWidth + first + right + m_notesWidth);
    double x = m_options.timeWidth + first;
    for (std::size_t i = 0; i < count; ++i) {
        m_scene.lanes[i].x = std::round(x);
        x += i < gaps.size() ? gaps[i] : 0;
    }
    m_scene.lanesLeft = laneX(0);
    m_scene.lanesRight = count == 0 ? m_options.timeWidth + first : m_scene.lanes.back().x;
    m_notesX = m_scene.lanesRight + right;
    m_scene.width = std::max(m_notesX + m_notesWidth, m_options.viewWidth);
}

void Drawing::spread(std::vector<double> &gaps, double outside) const
{
    double total = outside;
    for (const double gap : gaps)
        total += gap;
    if (gaps.empty() || total >= m_options.viewWidth)
        return;
    const double more = (m_options.viewWidth - total) / static_cast<double>(gaps.size());
    for (double &gap : gaps)
        gap += more;
}

void Drawing::drawHead()
{
    static constexpr std::string_view kTimes[] = {"delta", "seconds", "UTC"};
    Scene &s = m_scene;
    s.rects.push_back({0, 0, s.width, kHeader, Role::Surface, {}});
    s.texts.push_back({m_options.timeWidth - 14,
                       38,
                       m_options.timeWidth - 18,
                       Align::Right,
                       Weight::Normal,
                       Role::Muted,
                       std::string(kTimes[static_cast<std::size_t>(m_options.time)]),
                       {}});
    s.lines.push_back({0, kHeader, s.width, kHeader, Role::Lifeline, LineStyle::Solid, false, {}});
    for (std::size_t i = 0; i < s.lanes.size(); ++i) {
        const Lane &lane = s.lanes[i];
        const Target target{TargetKind::Lane, static_cast<std::uint32_t>(i)};
        double room = kWidestGap;
        if (i > 0)
            room = std::min(room, lane.x - s.lanes[i - 1].x);
        if (i + 1 < s.lanes.size())
            room = std::min(room, s.lanes[i + 1].x - lane.x);
        room -= 12;
        const double width =
            std::min(room, 24 + std::max(textWidth(lane.name, kLabelSize, Weight::Bold),
                                         textWidth(lane.address, kSmallSize)));
        const bool two = !lane.address.empty();
        s.rects.push_back({lane.x - width / 2, 9, width, kHeader - 18, Role::Lifeline, target});
        s.texts.push_back({lane.x, two ? 29.0 : 37.0, width - 12, Align::Centre, Weight::Bold,
                           Role::Text, lane.name, target});
        if (two)
            s.texts.push_back({lane.x, 46, width - 12, Align::Centre, Weight::Normal, Role::Muted,
                               lane.address, target});
        s.lines.push_back({lane.x,
                           kHeader - 9,
                           lane.x,
                           s.height - kBottom / 2,
                           Role::Lifeline,
                           LineStyle::Solid,
                           false,
                           {}});
    }
    s.headRects = static_cast<std::uint32_t>(s.rects.size());
    s.headLines = static_cast<std::uint32_t>(s.lines.size());
    s.headTexts = static_cast<std::uint32_t>(s.texts.size());
}

void Drawing::beginRow(const Step &step, double y)
{
    m_row = {};
    m_row.y = y;
    m_row.height = heightOf(step);
    m_row.target = step.target;
    m_row.spoken = step.spoken;
    m_row.firstRect = static_cast<std::uint32_t>(m_scene.rects.size());
    m_row.firstLine = static_cast<std::uint32_t>(m_scene.lines.size());
    m_row.firstText = static_cast<std::uint32_t>(m_scene.texts.size());
    m_arrowY = std::round(y + (step.news.empty() ? m_row.height - 9 : m_row.height / 2 + 1));
}

void Drawing::endRow()
{
    m_row.rects = static_cast<std::uint32_t>(m_scene.rects.size()) - m_row.firstRect;
    m_row.lines = static_cast<std::uint32_t>(m_scene.lines.size()) - m_row.firstLine;
    m_row.texts = static_cast<std::uint32_t>(m_scene.texts.size()) - m_row.firstText;
    m_scene.rows.push_back(std::move(m_row));
}

void Drawing::drawStep(const Step &step)
{
    if (step.kind == StepKind::Gap)
        return drawGap(step);
    if (step.highlight)
        highlight(step);
    drawTime(step);
    if (step.kind == StepKind::Local)
        drawBox(step);
    else if (step.from == step.to)
        drawSelf(step);
    else
        drawArrow(step);
    drawBadges(step);
}

/// The band hides the lifelines, so it brings its own pieces of them; back() takes those under the
/// text away again.
void Drawing::highlight(const Step &step)
{
    m_scene.rects.push_back(
        {0, m_row.y, m_scene.width, m_row.height, Role::Highlight, step.target});
    for (const Lane &lane : m_scene.lanes)
        m_scene.lines.push_back({lane.x,
                                 m_row.y,
                                 lane.x,
                                 m_row.y + m_row.height,
                                 Role::Lifeline,
                                 LineStyle::Solid,
                                 false,
                                 {}});
}

/// Text that crosses lifelines stands on a clean ground.
void Drawing::back(double x, double width, double top, double height, const Step &step)
{
    const auto crossed = [&](double lane) { return lane > x - 2 && lane < x + width + 2; };
    const auto &lanes = m_scene.lanes; // sorted by x
    const auto next = std::partition_point(lanes.begin(), lanes.end(),
                                           [&](const Lane &lane) { return lane.x <= x - 2; });
    if (next == lanes.end() || !crossed(next->x))
        return;
    if (!step.highlight) {
        m_scene.rects.push_back({x, top, width, height, Role::Background, step.target});
        return;
    }
    const auto first = m_scene.lines.begin() + m_row.firstLine;
    m_scene.lines.erase(std::remove_if(first, m_scene.lines.end(),
                                       [&](const Line &line) {
                                           return line.role == Role::Lifeline && crossed(line.x1);
                                       }),
                        m_scene.lines.end());
}

void Drawing::label(const Step &step, double x, double width, Align align)
{
    const std::string text = labelOf(step);
    const auto place = [&](double used) { return align == Align::Centre ? x - used / 2 : x; };
    const double used = std::min(width, textWidth(text, kLabelSize, Weight::Bold));
    const double off = step.style == LineStyle::Wave ? 3 : 0; // a wave needs more room than a line
    back(place(used) - 3, used + 6, m_arrowY - 20 - off, 17, step);
    m_scene.texts.push_back(
        {x, m_arrowY - 7 - off, width, align, Weight::Bold, step.role, text, step.target});
    if (step.news.empty())
        return;
    const double under = std::min(width, textWidth(step.news, kSmallSize));
    back(place(under) - 3, under + 6, m_arrowY + 5 + off, 16, step);
    m_scene.texts.push_back({x, m_arrowY + 17 + off, width, align, Weight::Normal, step.newsRole,
                             step.news, step.target});
}

void Drawing::drawArrow(const Step &step)
{
    const double from = laneX(step.from), to = laneX(step.to);
    label(step, (from + to) / 2, std::abs(to - from) - 2 * kArrowPad, Align::Centre);
    // A request nobody answered ends before the lane it was meant for.
    const double end = step.lost ? to - (to - from) * 0.12 : to - (to > from ? 2 : -2);
    m_scene.lines.push_back(
        {from, m_arrowY, end, m_arrowY, step.role, step.style, !step.lost, step.target});
    if (step.lost) {
        for (const double slope : {-1.0, 1.0})
            m_scene.lines.push_back({end - 5, m_arrowY - 5 * slope, end + 5, m_arrowY + 5 * slope,
                                     Role::FindingError, LineStyle::Solid, false, step.target});
    }
}

void Drawing::drawSelf(const Step &step)
{
    const double x = laneX(step.from), out = x + kSelfReach - 12;
    double room = kWidestGap;
    if (step.from + 1 < m_scene.lanes.size())
        room = laneX(step.from + 1) - x;
    else
        room = m_notesX - x;
    label(step, out + 8, room - kSelfReach - 4, Align::Left);
    const double top = m_arrowY - 8, bottom = m_arrowY + 1;
    m_scene.lines.push_back({x, top, out, top, step.role, step.style, false, step.target});
    m_scene.lines.push_back({out, top, out, bottom, step.role, step.style, false, step.target});
    m_scene.lines.push_back({out, bottom, x + 2, bottom, step.role, step.style, true, step.target});
}

void Drawing::drawBox(const Step &step)
{
    const std::string text = labelOf(step);
    const double left = m_options.timeWidth, right = m_notesX - 8;
    const double want =
        std::max(textWidth(text, kLabelSize, Weight::Bold), textWidth(step.news, kSmallSize)) + 24;
    const double width = std::min(want, right - left);
    const double x = std::clamp(laneX(step.from) - 28, left, std::max(left, right - width));
    m_scene.rects.push_back({x, m_row.y + 3, width, m_row.height - 6, Role::Local, step.target});
    const bool two = !step.news.empty();
    m_scene.texts.push_back({x + 12, m_row.y + (two ? 20 : m_row.height / 2 + 5), width - 24,
                             Align::Left, Weight::Bold, Role::Local, text, step.target});
    if (two)
        m_scene.texts.push_back({x + 12, m_row.y + 37, width - 24, Align::Left, Weight::Normal,
                                 Role::Text, step.news, step.target});
}

void Drawing::drawGap(const Step &step)
{
    const double left = m_scene.lanesLeft - 40, right = m_scene.lanesRight + 40;
    m_scene.rects.push_back(
        {left, m_row.y + 4, right - left, m_row.height - 8, Role::Surface, step.target});
    m_scene.texts.push_back({(left + right) / 2, m_row.y + m_row.height / 2 + 4, right - left - 16,
                             Align::Centre, Weight::Normal, Role::Gap, "⋯  " + step.label + "  ⋯",
                             step.target});
}

void Drawing::drawTime(const Step &step)
{
    m_scene.texts.push_back({m_options.timeWidth - 14, m_arrowY + 4, m_options.timeWidth - 18,
                             Align::Right, Weight::Normal, Role::Muted, step.when, step.target});
}

void Drawing::drawBadges(const Step &step)
{
    double x = m_notesX;
    for (const Badge &badge : step.badges) {
        const Target target = badge.target.kind == TargetKind::None ? step.target : badge.target;
        const double width = textWidth(badge.text, kSmallSize) + 2 * kChipPad;
        m_scene.rects.push_back(
            {x, m_arrowY - kChipHeight / 2, width, kChipHeight, badge.role, target});
        m_scene.texts.push_back({x + width / 2, m_arrowY + 4, width - 4, Align::Centre,
                                 Weight::Normal, badge.role, badge.text, target});
        x += width + kChipSpace;
    }
}

} // namespace

Scene layout(const Outline &outline, const Options &options)
{
    return Drawing(outline, options).run();
}

Scene layout(const diagnosis::Evidence &evidence, std::span<const diagnosis::Finding> findings,
             const Options &options)
{
    return layout(outline(evidence, findings, options), options);
}

} // namespace ladder
