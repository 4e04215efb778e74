// SPDX-License-Identifier: Apache-2.0
#include <ladder/scene.h>

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace ladder {

namespace {

bool before(Target a, Target b)
{
    return std::tie(a.kind, a.id) < std::tie(b.kind, b.id);
}

bool inside(const Rect &rect, double x, double y)
{
    return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

std::string_view styleText(LineStyle style)
{
    switch (style) {
    case LineStyle::Solid:
        return "solid";
    case LineStyle::Dashed:
        return "dashed";
    case LineStyle::Double:
        return "double";
    case LineStyle::Wave:
        return "wave";
    case LineStyle::Dotted:
        return "dotted";
    }
    return "solid";
}

std::string targetText(Target target)
{
    static constexpr std::string_view kKinds[] = {"none", "row",     "stream", "lane",
                                                  "gap",  "repeats", "dialog"};
    if (target.kind == TargetKind::None)
        return "";
    return fmt::format(" -> {} {}", kKinds[static_cast<std::size_t>(target.kind)], target.id);
}

void dumpRow(const Scene &scene, const SceneRow &row, std::string &out)
{
    out += fmt::format("row y {:.0f} height {:.0f}{}\n  says {}\n", row.y, row.height,
                       targetText(row.target), row.spoken);
    for (std::uint32_t i = row.firstRect; i < row.firstRect + row.rects; ++i) {
        const Rect &r = scene.rects[i];
        out += fmt::format("  rect {:.0f},{:.0f} {:.0f}x{:.0f} {}{}\n", r.x, r.y, r.width, r.height,
                           roleName(r.role), targetText(r.target));
    }
    for (std::uint32_t i = row.firstLine; i < row.firstLine + row.lines; ++i) {
        const Line &l = scene.lines[i];
        out += fmt::format("  {} {:.0f},{:.0f} {:.0f},{:.0f} {} {}{}\n", l.arrow ? "arrow" : "line",
                           l.x1, l.y1, l.x2, l.y2, styleText(l.style), roleName(l.role),
                           targetText(l.target));
    }
    for (std::uint32_t i = row.firstText; i < row.firstText + row.texts; ++i) {
        const Text &t = scene.texts[i];
        out += fmt::format("  text {:.0f},{:.0f} room {:.0f} {}{} \"{}\"{}\n", t.x, t.y, t.width,
                           t.weight == Weight::Bold ? "bold " : "", roleName(t.role), t.text,
                           targetText(t.target));
    }
}

} // namespace

std::string titleOf(const Lane &lane)
{
    return (lane.winner ? "✓ " : "") + lane.name;
}

Scene::Span Scene::visible(double y0, double y1) const
{
    // Rows follow each other without overlap, so both ends come by binary search.
    const auto first = std::partition_point(
        rows.begin(), rows.end(), [&](const SceneRow &row) { return row.y + row.height <= y0; });
    const auto last =
        std::partition_point(first, rows.end(), [&](const SceneRow &row) { return row.y < y1; });
    return {static_cast<std::size_t>(first - rows.begin()),
            static_cast<std::size_t>(last - rows.begin())};
}

Target Scene::hit(double x, double y) const
{
    if (y < headerHeight && y >= 0) {
        for (std::uint32_t i = 0; i < headRects && i < rects.size(); ++i)
            if (rects[i].target.kind != TargetKind::None && inside(rects[i], x, y))
                return rects[i].target;
        return {};
    }
    const Span span = visible(y, y + 0.001);
    if (span.first >= span.last)
        return {};
    const SceneRow &row = rows[span.first];
    // The piece drawn last lies on top.
    for (std::uint32_t i = row.firstRect + row.rects; i > row.firstRect; --i) {
        const Rect &rect = rects[i - 1];
        if (rect.target.kind != TargetKind::None && inside(rect, x, y))
            return rect.target;
    }
    return row.target;
}

const SceneRow *Scene::rowOf(Target target) const
{
    const auto found =
        std::lower_bound(places.begin(), places.end(), target,
                         [](const Place &place, Target t) { return before(place.target, t); });
    if (found == places.end() || found->target != target || found->row >= rows.size())
        return nullptr;
    return &rows[found->row];
}

std::string dump(const Scene &scene)
{
    std::string out = fmt::format("scene {:.0f}x{:.0f} header {:.0f}\ntitle {}\n", scene.width,
                                  scene.height, scene.headerHeight, scene.title);
    for (const Lane &lane : scene.lanes)
        out += fmt::format("lane {:.0f} {} ({})\n", lane.x, lane.name, lane.address);
    for (const SceneRow &row : scene.rows)
        dumpRow(scene, row, out);
    return out;
}

} // namespace ladder
