// SPDX-License-Identifier: Apache-2.0
// The door from app to the window: builds application, desk and main window, runs until it closes.
#pragma once

#include <desk/desk.h>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ui {

struct StartOptions {
    desk::Options desk;
    std::vector<std::string> files;
    /// What to do about the clock of each of them; empty: estimate it.
    std::function<session::ClockChoice(const std::string &)> clocks;
    std::string story;      // a lab story to play at once
    std::string callTarget; // whom to call at once
    /// Told "mapped" at the window's first paint and "idle" when nothing is left to do after it.
    std::function<void(std::string_view)> milestone;
    // For tests and pictures of the window:
    std::string screenshot; // path of a PNG written before it closes by itself
    std::chrono::milliseconds screenshotAfter{2000};
    int width = 0, height = 0; // 0: as remembered
    std::string versions;      // of the program and what it is built on, a line each
    std::string scheme;        // "light", "dark"; empty: as chosen
    std::string
        raise; // a panel to bring forward: calls, explain, message, findings, compare, early
};

/// Blocks until the window is closed; the process's exit code.
int runWindow(int argc, char **argv, StartOptions options);

std::string qtVersion();

} // namespace ui
