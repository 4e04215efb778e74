// SPDX-License-Identifier: Apache-2.0
#include <app/arguments.h>
#include <app/versions.h>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <poll.h>
#include <unistd.h>

namespace {

/// A report that went nowhere is no success, whatever it would have said.
int unlessLost(int code)
{
    std::cout.flush();
    const bool written = std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    pollfd reader{STDOUT_FILENO, 0, 0};
    const bool nobodyReads = ::poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0;
    if (written || nobodyReads) // "| head" has seen enough
        return code;
    std::fputs("earshot: The output could not be written. Is the disk full?\n", stderr);
    return code == app::kFine ? app::kNoAccess : code;
}

} // namespace

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
            return unlessLost(app::runCommand(*command, std::span(words).subspan(1)));
    }
    return app::runWindow(argc, argv);
}
