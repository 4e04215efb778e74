// SPDX-License-Identifier: Apache-2.0
#include <app/arguments.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <fmt/format.h>

namespace app {
namespace {

/// An option whose value is written as "udp|tcp" takes one of these words; in "CC|off" the one in
/// capitals stands for any.
bool listed(const OptionSpec &option, std::string_view value)
{
    if (option.value.find('|') == std::string_view::npos)
        return true;
    const auto words = base::split(option.value, '|');
    const auto stands = [](std::string_view word) {
        return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    };
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return stands(word) || base::equalsNoCase(word, value);
    });
}

} // namespace

base::Result<Arguments> Arguments::parse(std::span<const OptionSpec> options,
                                         std::size_t mostPositionals,
                                         std::span<const std::string_view> words)
{
    Arguments out;
    bool behind = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto word = words[i];
        if (word == "--" && !behind) { // the rest are no options, whatever they begin with
            behind = true;
            continue;
        }
        if (behind || word.size() < 2 || word.front() != '-') {
            if (out.m_positionals.size() == mostPositionals)
                return base::fail(
                    base::ErrorCode::BadInput,
                    fmt::format("\"{}\" is one argument too many.", base::printable(word)));
            out.m_positionals.emplace_back(word);
            continue;
        }
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const OptionSpec *found = nullptr;
        for (const auto &option : options) {
            if (option.name == name)
                found = &option;
        }
        if (found == nullptr)
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("There is no option {} here.", base::printable(name)));
        if (!found->repeats && out.has(name))
            return base::fail(base::ErrorCode::BadInput, fmt::format("{} was given twice.", name));
        if (found->value.empty() && equals != std::string_view::npos)
            return base::fail(base::ErrorCode::BadInput, fmt::format("{} takes no value.", name));
        if (!found->value.empty() && equals == std::string_view::npos && i + 1 == words.size())
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("{} needs a value: {}.", name, found->value));
        std::string_view value;
        if (!found->value.empty())
            value = equals == std::string_view::npos ? words[++i] : word.substr(equals + 1);
        if (!listed(*found, value))
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("{} takes {}, not \"{}\".", name, found->value,
                                          base::printable(value, false, 80)));
        out.m_values.emplace(name, value);
    }
    return out;
}

std::string Arguments::value(std::string_view option, std::string_view otherwise) const
{
    const auto at = m_values.find(option);
    return at == m_values.end() ? std::string(otherwise) : at->second;
}

std::vector<std::string> Arguments::values(std::string_view option) const
{
    std::vector<std::string> out;
    const auto [first, last] = m_values.equal_range(option);
    for (auto at = first; at != last; ++at)
        out.push_back(at->second);
    return out;
}

base::Result<base::Duration> Arguments::seconds(std::string_view option,
                                                base::Duration otherwise) const
{
    if (!has(option))
        return otherwise;
    const auto text = value(option);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !(number >= 0) ||
        number > 86400) {
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} takes seconds from 0 to 86400, not \"{}\".", option,
                                      base::printable(text)));
    }
    return base::Duration(static_cast<std::int64_t>(number * 1e9));
}

std::string usage()
{
    std::string out = "Earshot: place a SIP test call, watch its ladder, hear its early media, see "
                      "why it failed.\n\n"
                      "  earshot [FILE]                 open the window, with a capture in it\n";
    for (const auto *command : commands())
        out += fmt::format("  earshot {:<22} {}\n", std::string(command->name) + " ...",
                           command->summary);
    out += "  earshot --version              versions of Earshot, Qt, sofia-sip and GStreamer\n"
           "  earshot COMMAND --help         the options of a command\n\n"
           "Exit codes: 0 fine, 1 findings or a story that did not end as it should, 2 usage, 3 "
           "unreadable input,\n"
           "4 no permission or port, 5 the call or registration failed.\n";
    return out;
}

std::string usage(const Command &command)
{
    std::string out =
        fmt::format("earshot {} {}\n  {}\n\n", command.name, command.synopsis, command.summary);
    for (const auto &option : command.options) {
        const auto left =
            fmt::format("{}{}{}", option.name, option.value.empty() ? "" : " ", option.value);
        out += fmt::format("  {:<28} {}\n", left, option.help);
    }
    return out;
}

int runCommand(const Command &command, std::span<const std::string_view> words)
{
    for (const auto word : words) {
        if (word == "--")
            break;
        if (word == "--help" || word == "-h") {
            fmt::print("{}", usage(command));
            return kFine;
        }
    }
    const auto arguments = Arguments::parse(command.options, command.mostPositionals, words);
    if (!arguments) {
        fmt::print(stderr, "earshot: {} See earshot {} --help.\n", arguments.error().sentence,
                   command.name);
        return kUsage;
    }
    return command.run(*arguments);
}

} // namespace app
