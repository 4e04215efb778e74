// SPDX-License-Identifier: Apache-2.0
// The program's own log: bounded lines to stderr, control characters escaped, never message bodies
// or secrets.
#pragma once

#include <fmt/format.h>
#include <functional>
#include <string>
#include <string_view>

namespace base {

enum class LogLevel { Debug, Info, Warning, Error };

/// Lines below `level` are not written. Default: Warning.
void logThreshold(LogLevel level);
void logLine(LogLevel level, std::string_view area, std::string_view text);

template <class... Args>
void log(LogLevel level, std::string_view area, fmt::format_string<Args...> format, Args &&...args)
{
    logLine(level, area, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace base
