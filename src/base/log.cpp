// SPDX-License-Identifier: Apache-2.0
#include <base/log.h>

#include <atomic>
#include <unistd.h>

#include <base/text.h>

namespace base {
namespace {
std::atomic<LogLevel> s_threshold{LogLevel::Warning};
} // namespace

void logThreshold(LogLevel level)
{
    s_threshold = level;
}

void logLine(LogLevel level, std::string_view area, std::string_view text)
{
    if (level < s_threshold.load())
        return;
    static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
    const std::string line = fmt::format("earshot {} {}: {}\n", kNames[static_cast<int>(level)],
                                         area, printable(text, false, 2000));
    // One write per line keeps lines of several threads whole; a full or closed stderr is not our
    // problem to report.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace base
