// SPDX-License-Identifier: Apache-2.0
// Two figures of numbered things (calls, probes) as a picture: the data, its scale, and the picture
// as SVG. The window paints the same data in its own colours. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace desk {

struct PlotPoint {
    int number = 0;                      // 1, 2, ...
    std::optional<double> first, second; // of the two figures; neither: only its code is shown
    int code = 0;                        // colours the point; 0: nothing came
};

struct Plot {
    std::string title, across, up;       // what the axes count: "call", "seconds"
    std::string firstName, secondName{}; // second empty: there is none
    std::vector<PlotPoint> points{};
};

/// Steps of 1, 2 or 5 times a power of ten, 2 to 6 of them, the last at or above the greatest.
struct PlotScale {
    double step = 1;
    int steps = 1;
    int decimals = 0;
    double top() const { return step * steps; }
};
PlotScale scaleFor(double greatest);
double greatestOf(const Plot &plot); // 0 without a figure
/// What the picture says, for those who cannot see it.
std::string spokenPlot(const Plot &plot);
/// A document of its own in the light palette; foreign text is escaped.
std::string svgOf(const Plot &plot);

} // namespace desk
