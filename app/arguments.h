// SPDX-License-Identifier: Apache-2.0
// The command line as tables: each command lists its options once, for parsing and for --help
// alike.
#pragma once

#include <base/result.h>
#include <base/time.h>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace app {

/// Exit codes, the same for every command.
enum Exit : int {
    kFine = 0,
    kFindings = 1, // lab: the story did not end as it should
    kUsage = 2,
    kUnreadable = 3, // input cannot be read
    kNoAccess = 4,   // permission or port
    kCallFailed = 5, // the call was not answered, no flow came up
};

struct OptionSpec {
    std::string_view name;  // "--from"
    std::string_view value; // "URI", "udp|tcp" (one of these); empty: a flag
    std::string_view help;
    bool repeats = false; // may be given more than once
};

class Arguments
{
public:
    /// Errors: an unknown option, a missing value a value that is none of the listed ones, an
    /// option given twice, too many positionals.
    static base::Result<Arguments> parse(std::span<const OptionSpec> options,
                                         std::size_t mostPositionals,
                                         std::span<const std::string_view> words);

    bool has(std::string_view option) const { return m_values.contains(option); }
    std::string value(std::string_view option, std::string_view otherwise = {}) const;
    std::vector<std::string> values(std::string_view option) const;
    const std::vector<std::string> &positionals() const { return m_positionals; }
    /// A number of seconds, up to a day; Error when it is none.
    base::Result<base::Duration> seconds(std::string_view option, base::Duration otherwise) const;

private:
    std::multimap<std::string, std::string, std::less<>> m_values;
    std::vector<std::string> m_positionals;
};

struct Command {
    std::string_view name, synopsis, summary;
    std::size_t mostPositionals = 0;
    std::span<const OptionSpec> options;
    int (*run)(const Arguments &arguments) = nullptr;
};

/// Every command, in the order --help lists them.
std::span<const Command *const> commands();
std::string usage(); // the whole program
std::string usage(const Command &command);

/// Parses and runs; writes usage errors to stderr.
int runCommand(const Command &command, std::span<const std::string_view> words);

} // namespace app
