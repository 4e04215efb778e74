// SPDX-License-Identifier: Apache-2.0
// The ladder as plain geometry: rectangles, lines and text runs, each with a role (never a colour)
// and a target for hit tests, in logical pixels. Window, SVG, PDF and text all replay the same
// Scene.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <ladder/roles.h>
#include <rtp/stream_table.h>
#include <string>
#include <trace/trace.h>
#include <vector>

namespace ladder {

enum class TargetKind : std::uint8_t { None, Row, Stream, Lane, Gap, Repeats, Dialog };
struct Target {
    TargetKind kind = TargetKind::None;
    std::uint32_t id = 0; // row, stream, lane index or early dialog
    friend bool operator==(const Target &, const Target &) = default;
};

/// Background, Surface and Highlight fill plainly; a rectangle of any other role is a chip or box:
/// a light tint of the role with an edge in its colour, corners rounded.
struct Rect {
    double x = 0, y = 0, width = 0, height = 0;
    Role role = Role::Background;
    Target target;
};
struct Line {
    double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
    Role role = Role::Text;
    LineStyle style = LineStyle::Solid;
    bool arrow = false; // head at (x2, y2)
    Target target;
};
/// Bold is 13 logical pixels high, normal 12: the layout measured with these.
struct Text {
    double x = 0, y = 0; // baseline; x by `align`
    double width = 0;    // room; longer text is cut with an ellipsis by the painter
    Align align = Align::Left;
    Weight weight = Weight::Normal;
    Role role = Role::Text;
    std::string text; // printable already (base::printable)
    Target target;
};

struct SceneRow {
    double y = 0, height = 0;
    Target target;
    std::uint32_t firstRect = 0, rects = 0, firstLine = 0, lines = 0, firstText = 0, texts = 0;
    std::string spoken; // for screen readers: "4 of 15, plus 20 milliseconds, 430 Flow Failed, ..."
};

struct Lane {
    std::string name;    // "bob", "192.0.2.1"
    std::string address; // second line
    double x = 0;
    /// Of a call that forked: the early dialog this lane is the far end of, by its index; ~0: none.
    std::uint32_t dialog = ~0U;
    bool winner = false;   // its 2xx was taken
    base::Instant ended{}; // its early dialog: nothing of it comes after that; unknown: it stands
};
std::string titleOf(const Lane &lane); // its name, with the winner's mark

struct Scene {
    double width = 0, height = 0;
    double headerHeight = 0; // lanes' names; the view keeps it in sight
    std::vector<Lane> lanes;
    std::vector<Rect> rects; // rows' pieces lie together, see SceneRow
    std::vector<Line> lines;
    std::vector<Text> texts;
    std::vector<SceneRow> rows;           // sorted by y
    std::string title;                    // "alice -> bob, 430 Flow Failed"
    double lanesLeft = 0, lanesRight = 0; // x of the first and the last lane
    /// Pieces [0, head...) belong to no row: the header band with the lanes' names (y <
    /// headerHeight) and the lifelines, which run the whole height. Paint them first; then row by
    /// row rects, lines, texts, in this order.
    std::uint32_t headRects = 0, headLines = 0, headTexts = 0;
    struct Place {
        Target target;
        std::uint32_t row = 0;
    };
    std::vector<Place>
        places; // sorted by target: which row shows it; folded repeats lead to their original's row

    struct Span {
        std::size_t first = 0, last = 0; // rows [first, last)
    };
    /// The rows that touch [y0, y1), by binary search.
    Span visible(double y0, double y1) const;
    /// What lies at a point; the row if nothing smaller does.
    Target hit(double x, double y) const;
    const SceneRow *rowOf(Target target) const;
};

/// One line per piece, for text goldens: what is drawn where, without pixels' fractions.
std::string dump(const Scene &scene);

} // namespace ladder
