// SPDX-License-Identifier: Apache-2.0
#include <app/clock_option.h>
#include <app/console.h>
#include <app/display.h>
#include <app/versions.h>

#include <array>
#include <base/text.h>
#include <cstdlib>
#include <fmt/format.h>
#include <QCoreApplication>
#include <ui/window.h>
#include <unistd.h>

namespace app {
namespace {

constexpr std::array kOwn{
    OptionSpec{"--lab", "STORY", "play a story of the lab at once"},
    OptionSpec{"--call", "TARGET", "call at once"},
    OptionSpec{"--scheme", "light|dark", "colours, whatever the desktop says"},
    OptionSpec{"--size", "WxH", "size of the window"},
    ClockOption::kSpec,
    OptionSpec{"--output", "auto|silent", "where early media is played (auto)"},
    OptionSpec{"--audio-device", "NAME", "play on this device of the audio server (its default)"},
    OptionSpec{"--screenshot", "PNG", "write a picture of the window and close it"},
    OptionSpec{"--screenshot-after", "S", "when (2)"},
    OptionSpec{"--raise", "PANEL", "bring that panel to the front first"},
    OptionSpec{"--port-range", "A-B", "local UDP ports for RTP"},
    OptionSpec{"--memory", "MB",
               "text of live messages kept in memory (256); older ones wait on the disk"},
    OptionSpec{"--report-milestones", "FD",
               "write \"mapped\" and \"idle\" to that descriptor, then close"},
};
constexpr auto kOptions = joined(kOwn, kNetworkOptions);

/// For bench start: the parent reads the other end of the pipe and has the clock.
std::function<void(std::string_view)> milestones(int descriptor)
{
    return [descriptor](std::string_view name) {
        const std::string line = std::string(name) + "\n";
        const bool told =
            ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
        if (!told || name == "idle")
            QCoreApplication::quit();
    };
}

} // namespace

int runWindow(int argc, char **argv)
{
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto arguments = Arguments::parse(kOptions, 64, words);
    if (!arguments)
        return complain(arguments.error().sentence + " See earshot --help.", kUsage);
    if (const auto display = displayThere(); !display)
        return complain(display.error().sentence, kNoAccess);
    ui::StartOptions start;
    start.versions = versions();
    start.desk = deskOptions(*arguments);
    if (const auto ok = readNetwork(*arguments, start.desk.engine); !ok)
        return complain(ok.error().sentence, kUsage);
    if (const auto ok = readPortRange(*arguments, start.desk.media); !ok)
        return complain(ok.error().sentence, kUsage);
    start.desk.recording.folder = record::sessionsFolder();
    const auto memory = base::toInteger(arguments->value("--memory", "256"));
    if (!memory || *memory < 1 || *memory > 1'000'000)
        return complain("--memory takes a number of megabytes from 1 to 1000000.", kUsage);
    start.desk.session.textInMemory = static_cast<std::size_t>(*memory) << 20U;
    start.files = arguments->positionals();
    const auto clock = ClockOption::read(*arguments, start.files);
    if (!clock)
        return complain(clock.error().sentence, kUsage);
    start.clocks = [clock = *clock](const std::string &file) { return clock.of(file); };
    start.story = arguments->value("--lab");
    start.callTarget = arguments->value("--call");
    start.scheme = arguments->value("--scheme");
    start.screenshot = arguments->value("--screenshot");
    start.raise = arguments->value("--raise");
    const auto after = arguments->seconds("--screenshot-after", std::chrono::seconds(2));
    const auto size = sizeNamed(arguments->value("--size", "0x0"));
    if (!after || !size)
        return complain((after ? size.error() : after.error()).sentence, kUsage);
    start.screenshotAfter = std::chrono::duration_cast<std::chrono::milliseconds>(*after);
    start.width = size->first;
    start.height = size->second;
    if (const auto descriptor = base::toInteger(arguments->value("--report-milestones"));
        descriptor && *descriptor > 2)
        start.milestone = milestones(static_cast<int>(*descriptor));
    return ui::runWindow(argc, argv, std::move(start));
}

} // namespace app
