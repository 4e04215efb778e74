// SPDX-License-Identifier: Apache-2.0
#include <app/arguments.h>
#include <app/versions.h>
#include <base/text.h>
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

/// No option, and neither written like a path or URI nor there: a mistyped command.
bool isStrangeWord(std::string_view word)
{
    return !word.empty() && word[0] != '-' && word.find_first_of("./:") == word.npos &&
           ::access(std::string(word).c_str(), F_OK) != 0;
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
    if (isStrangeWord(first)) {
        fmt::print(stderr, "earshot: \"{}\" is neither a command nor a file. See earshot --help.\n",
                   base::printable(first, false, 80));
        return app::kUsage;
    }
    return app::runWindow(argc, argv);
}
