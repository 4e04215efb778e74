// SPDX-License-Identifier: Apache-2.0
#include <ladder/layout.h>

#include <ladder/lane_head.h>
#include <ladder/measure.h>
#include <ladder/places.h>

#include <algorithm>
#include <cmath>

namespace ladder {

namespace {

constexpr double kGapHeight = 30, kBottom = 16;
constexpr std::size_t kMostTinted = 24; // lanes up to which a highlight runs over all of them
constexpr double kBoxLine = 17;
constexpr std::size_t kBoxLines = 4;

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
        m_header = kHeader + (listens() ? kListen : 0);
        m_scene.headerHeight = m_header;
        const Places at = placesOf(m_outline, m_options);
        for (std::size_t i = 0; i < at.lanes.size(); ++i)
            m_scene.lanes[i].x = at.lanes[i];
        m_scene.lanesLeft = at.left;
        m_scene.lanesRight = at.right;
        m_scene.width = at.width;
        m_notesX = at.notes;
        double height = m_header + 8;
        m_ends.assign(m_scene.lanes.size(), 0);
        for (const Step &step : m_outline.steps) {
            noteEnds(step, height);
            height += heightOf(step);
        }
        m_scene.height = height + kBottom;
        drawHead();
        double y = m_header + 8;
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
        if (step.kind == StepKind::Local && !step.news.empty())
            return m_options.compactHeight + kBoxLine * static_cast<double>(boxLines(step).size());
        if (step.kind == StepKind::Media)
            return m_options.rowHeight + 8; // waves take more room than lines
        return step.news.empty() ? m_options.compactHeight : m_options.rowHeight;
    }
    /// Boxes may reach over the notes where none stand in their row.
    double boxRoom(const Step &step) const
    {
        const double end = step.badges.empty() ? m_scene.width - 12 : m_notesX - 8;
        return end - m_options.timeWidth;
    }
    std::vector<std::string> boxLines(const Step &step) const
    {
        return broken(step.news, boxRoom(step) - 24, kSmallSize, kBoxLines);
    }

    /// The window has buttons for them, and there is a choice.
    bool listens() const
    {
        return m_options.listen && std::any_of(m_outline.lanes.begin(), m_outline.lanes.end(),
                                               [](const Lane &lane) { return lane.dialog != ~0U; });
    }
    void noteEnds(const Step &step, double y);
    double endOf(std::size_t lane) const
    {
        return m_ends[lane] > 0 ? m_ends[lane] : m_scene.height - kBottom / 2;
    }
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
    double m_notesX = 0;
    double m_header = kHeader;
    std::vector<double> m_ends; // y where a lane's early dialog was over, 0: it stands
};

/// A fork that is over has no line below the last row it takes part in.
void Drawing::noteEnds(const Step &step, double y)
{
    for (std::size_t i = 0; i < m_scene.lanes.size(); ++i) {
        const Lane &lane = m_scene.lanes[i];
        if (!lane.ended.known())
            continue;
        const bool takesPart = step.kind != StepKind::Gap && (step.from == i || step.to == i);
        if (takesPart || step.time <= lane.ended)
            m_ends[i] = y + heightOf(step);
    }
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
    s.lines.push_back(
        {0, m_header, s.width, m_header, Role::Lifeline, LineStyle::Solid, false, {}});
    for (std::size_t i = 0; i < s.lanes.size(); ++i)
        drawLane(s, i, endOf(i), listens() ? &m_options : nullptr);
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
/// text away again. Among very many lanes only time and notes are tinted, or the pieces would
/// outnumber everything else.
void Drawing::highlight(const Step &step)
{
    const double bottom = m_row.y + m_row.height;
    if (m_scene.lanes.size() > kMostTinted) {
        m_scene.rects.push_back(
            {0, m_row.y, m_options.timeWidth, m_row.height, Role::Highlight, step.target});
        m_scene.rects.push_back({m_notesX - 8, m_row.y, m_scene.width - m_notesX + 8, m_row.height,
                                 Role::Highlight, step.target});
        return;
    }
    m_scene.rects.push_back(
        {0, m_row.y, m_scene.width, m_row.height, Role::Highlight, step.target});
    for (std::size_t i = 0; i < m_scene.lanes.size(); ++i) {
        const double x = m_scene.lanes[i].x;
        if (endOf(i) > m_row.y)
            m_scene.lines.push_back({x,
                                     m_row.y,
                                     x,
                                     std::min(bottom, endOf(i)),
                                     Role::Lifeline,
                                     LineStyle::Solid,
                                     false,
                                     {}});
    }
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
    if (!step.highlight || lanes.size() > kMostTinted) {
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
    const auto put = [&](const std::string &text, double size, Weight weight, Role role,
                         double baseline, double top, double height) {
        const double need = textWidth(text, size, weight);
        double room = width, at = x;
        if (align == Align::Centre && need > width) { // the row is its own: over other lifelines
            room = std::min(need, m_notesX - m_options.timeWidth - 12);
            at = std::clamp(x, m_options.timeWidth + room / 2, m_notesX - 8 - room / 2);
        }
        const double used = std::min(room, need);
        back((align == Align::Centre ? at - used / 2 : at) - 3, used + 6, top, height, step);
        m_scene.texts.push_back({at, baseline, room, align, weight, role, text, step.target});
    };
    const double off = step.style == LineStyle::Wave ? 3 : 0; // a wave needs more room than a line
    put(labelOf(step), kLabelSize, Weight::Bold, step.role, m_arrowY - 7 - off, m_arrowY - 20 - off,
        17);
    if (!step.news.empty())
        put(step.news, kSmallSize, Weight::Normal, step.newsRole, m_arrowY + 17 + off,
            m_arrowY + 5 + off, 16);
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
    const LineStyle style =
        step.style == LineStyle::Double ? LineStyle::Solid : step.style; // too narrow for two
    m_scene.lines.push_back({x, top, out, top, step.role, style, false, step.target});
    m_scene.lines.push_back({out, top, out, bottom, step.role, style, false, step.target});
    m_scene.lines.push_back({out, bottom, x + 2, bottom, step.role, style, true, step.target});
}

void Drawing::drawBox(const Step &step)
{
    const std::string text = labelOf(step);
    const auto lines = boxLines(step);
    double want = textWidth(text, kLabelSize, Weight::Bold);
    for (const std::string &line : lines)
        want = std::max(want, textWidth(line, kSmallSize));
    const double left = m_options.timeWidth;
    const double width = std::min(want + 26, boxRoom(step));
    const double x =
        std::clamp(laneX(step.from) - 28, left, std::max(left, left + boxRoom(step) - width));
    m_scene.rects.push_back({x, m_row.y + 3, width, m_row.height - 6, Role::Local, step.target});
    double y = m_row.y + 21;
    m_scene.texts.push_back(
        {x + 12, y, width - 24, Align::Left, Weight::Bold, Role::Local, text, step.target});
    for (const std::string &line : lines)
        m_scene.texts.push_back({x + 12, y += kBoxLine, width - 24, Align::Left, Weight::Normal,
                                 Role::Text, line, step.target});
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
