// SPDX-License-Identifier: Apache-2.0
// The ladders of all calls, one below the other, as one self-contained picture on a light ground.
#include <report/format.h>

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <report/facts.h>
#include <report/markup.h>
#include <report/picture.h>

namespace report::formats {

namespace {

constexpr double kMargin = 24, kTitle = 64, kLeastWidth = 640;
constexpr std::size_t kMostCalls = 200;

struct Drawn {
    ladder::Outline outline;
    ladder::Scene scene;
    std::string figures;
};

std::string joined(const std::vector<std::string> &parts)
{
    std::string out;
    for (const std::string &part : parts)
        out += (out.empty() ? "" : "  ·  ") + part;
    return out;
}

void write(const ReportInput &input, std::ostream &out)
{
    const auto options = ladderOptions(input);
    std::vector<Drawn> calls;
    double width = kLeastWidth, height = kMargin;
    for (const ReportCall &call : input.calls.first(std::min(kMostCalls, input.calls.size()))) {
        Drawn drawn{outlineOf(input, call, options), {}, joined(callFigures(input, call))};
        drawn.scene = ladder::layout(drawn.outline, options);
        width = std::max(width, drawn.scene.width);
        height += kTitle + drawnHeight(drawn.scene) + kMargin;
        calls.push_back(std::move(drawn));
    }
    if (calls.size() < input.calls.size() || calls.empty())
        height += kTitle;
    width += 2 * kMargin;
    out << fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
        "viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" font-family=\"{2}\">\n"
        "<title>{3}</title>\n<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#FFFFFF\"/>\n",
        width, height, kFontFamily, escaped(kept(input, input.title)));
    double y = kMargin;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const Drawn &call = calls[i];
        drawText(out, kMargin, y + 20, 20, true, colourOf(ladder::Role::Text), call.outline.title);
        drawText(out, kMargin, y + 44, 13, false, colourOf(ladder::Role::Muted), call.figures);
        out << fmt::format("<g transform=\"translate({:.0f} {:.0f})\">\n", kMargin, y + kTitle);
        y += kTitle + kMargin +
             drawScene(out, call.scene, call.outline, fmt::format("c{}-r", i + 1));
        out << "</g>\n";
    }
    if (calls.empty())
        drawText(out, kMargin, y + 24, 14, false, colourOf(ladder::Role::Muted), "No calls.");
    else if (calls.size() < input.calls.size())
        drawText(out, kMargin, y + 24, 14, false, colourOf(ladder::Role::Muted),
                 fmt::format("{} more calls are not drawn.", input.calls.size() - calls.size()));
    out << "</svg>\n";
}

} // namespace

extern const Format svg;
const Format svg{"svg", "Ladder picture", "svg", write};

} // namespace report::formats
