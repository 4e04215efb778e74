// SPDX-License-Identifier: Apache-2.0
#include <app/arguments.h>
#include <app/versions.h>
#include <csignal>
#include <fmt/format.h>

int main(int argc, char **argv)
{
    std::signal(SIGPIPE,
                SIG_IGN); // a peer that went away is an error of a call, not the end of the program
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const std::string_view first = words.empty() ? std::string_view() : words.front();
    if (first == "--version" || first == "-v") {
        fmt::print("{}", app::versions());
        return app::kFine;
    }
    if (first == "--help" || first == "-h" || first == "help") {
        fmt::print("{}", app::usage());
        return app::kFine;
    }
    for (const auto *command : app::commands()) {
        if (command->name == first)
            return app::runCommand(*command, std::span(words).subspan(1));
    }
    return app::runWindow(argc, argv);
}
