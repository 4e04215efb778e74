// SPDX-License-Identifier: Apache-2.0
#include <desk/plot.h>

#include <algorithm>
#include <base/text.h>
#include <cmath>
#include <fmt/format.h>
#include <ladder/roles.h>
#include <map>
#include <report/markup.h>
#include <sstream>

namespace desk {
namespace {

using ladder::Role;

constexpr double kWidth = 860, kHeight = 360;
constexpr double kLeft = 64, kRight = 20, kTop = 64, kBottom = 72;
constexpr double kMark = 4;

struct Frame { // where numbers lie in the picture
    PlotScale scale;
    int last = 1;
    double x(int number) const
    {
        const double width = kWidth - kLeft - kRight;
        return last <= 1 ? kLeft + width / 2
                         : kLeft + 8 + (width - 16) * (number - 1) / (last - 1.0);
    }
    double y(double value) const
    {
        return kHeight - kBottom - (kHeight - kTop - kBottom) * value / scale.top();
    }
};

void text(std::ostream &out, double x, double y, const char *anchor, Role role,
          std::string_view words, int size = 12)
{
    out << fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" text-anchor=\"{}\" "
                       "fill=\"{}\">{}</text>\n",
                       x, y, size, anchor, report::colourOf(role), report::escaped(words));
}

void line(std::ostream &out, double x1, double y1, double x2, double y2, Role role)
{
    out << fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" "
                       "stroke=\"{}\"/>\n",
                       x1, y1, x2, y2, report::colourOf(role));
}

/// The first figure is a dot, the second an open square: told apart without colour as well.
void mark(std::ostream &out, double x, double y, bool second, Role role)
{
    const auto colour = report::colourOf(role);
    if (second)
        out << fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" "
                           "fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"/>\n",
                           x - kMark, y - kMark, 2 * kMark, 2 * kMark, colour);
    else
        out << fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>\n", x, y,
                           kMark, colour);
}

void axes(std::ostream &out, const Plot &plot, const Frame &frame)
{
    for (int i = 0; i <= frame.scale.steps; ++i) {
        const double value = frame.scale.step * i;
        line(out, kLeft, frame.y(value), kWidth - kRight, frame.y(value), Role::Lifeline);
        text(out, kLeft - 8, frame.y(value) + 4, "end", Role::Muted,
             fmt::format("{:.{}f}", value, frame.scale.decimals));
    }
    const int every = std::max(1, static_cast<int>(std::ceil(frame.last / 10.0)));
    for (int number = 1; number <= frame.last; number += every)
        text(out, frame.x(number), kHeight - kBottom + 30, "middle", Role::Muted,
             std::to_string(number));
    text(out, (kLeft + kWidth - kRight) / 2, kHeight - kBottom + 48, "middle", Role::Muted,
         plot.across);
    text(out, 12, kTop - 10, "start", Role::Muted, plot.up);
}

std::map<int, int> codesOf(const Plot &plot)
{
    std::map<int, int> out;
    for (const PlotPoint &each : plot.points)
        ++out[each.code];
    return out;
}

std::string codeText(int code)
{
    return code == 0 ? "none" : std::to_string(code);
}

void legend(std::ostream &out, const Plot &plot)
{
    double x = kLeft;
    for (const bool second : {false, true}) {
        const std::string &name = second ? plot.secondName : plot.firstName;
        if (name.empty())
            continue;
        mark(out, x, 40, second, Role::Text);
        text(out, x + 10, 44, "start", Role::Text, name);
        x += 30 + 7.5 * static_cast<double>(name.size());
    }
    for (const auto &[code, count] : codesOf(plot)) {
        if (x > kWidth - 90)
            return text(out, x, 44, "start", Role::Muted, "and others");
        const std::string words = fmt::format("{} x {}", count, codeText(code));
        out << fmt::format("<rect x=\"{:.1f}\" y=\"34\" width=\"10\" height=\"10\" fill=\"{}\"/>\n",
                           x, report::colourOf(ladder::roleOfStatus(code)));
        text(out, x + 15, 44, "start", Role::Text, words);
        x += 32 + 7.5 * static_cast<double>(words.size());
    }
}

} // namespace

PlotScale scaleFor(double greatest)
{
    constexpr double kMost = 1e12;
    greatest = std::isfinite(greatest) ? std::clamp(greatest, 0.0, kMost) : kMost;
    if (greatest < 1e-6)
        return {};
    const double rough = greatest / 5;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    PlotScale out;
    for (const double times : {1.0, 2.0, 5.0, 10.0}) {
        out.step = times * power;
        if (greatest / out.step <= 5 + 1e-9)
            break;
    }
    out.steps = std::max(1, static_cast<int>(std::ceil(greatest / out.step - 1e-9)));
    out.decimals = std::max(0, -static_cast<int>(std::floor(std::log10(out.step) + 1e-9)));
    return out;
}

double greatestOf(const Plot &plot)
{
    double out = 0;
    for (const PlotPoint &each : plot.points)
        out = std::max({out, each.first.value_or(0), each.second.value_or(0)});
    return out;
}

std::string spokenPlot(const Plot &plot)
{
    std::string out = fmt::format("{}: {} points, up to {:.3f} {}; codes", plot.title,
                                  plot.points.size(), greatestOf(plot), plot.up);
    for (const auto &[code, count] : codesOf(plot))
        out += fmt::format(" {} x {}", count, codeText(code));
    return out;
}

std::string svgOf(const Plot &plot)
{
    Frame frame{scaleFor(greatestOf(plot))};
    for (const PlotPoint &each : plot.points)
        frame.last = std::max(frame.last, each.number);
    std::ostringstream out;
    out << fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" font-family=\"Inter, Noto Sans, DejaVu Sans, sans-serif\">\n"
        "<title>{2}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"{3}\"/>\n",
        kWidth, kHeight, report::escaped(spokenPlot(plot)), report::colourOf(Role::Background));
    text(out, kLeft, 22, "start", Role::Text, plot.title, 14);
    axes(out, plot, frame);
    legend(out, plot);
    for (const PlotPoint &each : plot.points) {
        const Role role = each.code == 0 ? Role::Muted : ladder::roleOfStatus(each.code);
        const double x = frame.x(each.number);
        out << fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"3\" height=\"10\" "
                           "fill=\"{}\"/>\n",
                           x - 1.5, kHeight - kBottom + 4, report::colourOf(role));
        if (each.first)
            mark(out, x, frame.y(*each.first), false, role);
        if (each.second)
            mark(out, x, frame.y(*each.second), true, role);
    }
    out << "</svg>\n";
    return out.str();
}

} // namespace desk
