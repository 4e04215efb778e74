// SPDX-License-Identifier: Apache-2.0
#include <app/clock_option.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>

namespace app {
namespace {

constexpr double kMostSeconds = 1e9; // some thirty years

/// "+1.234s", "-20ms" or plain seconds.
std::optional<base::Duration> durationOf(std::string_view text)
{
    double unit = 1;
    if (text.size() > 2 && text.substr(text.size() - 2) == "ms") {
        unit = 1e-3;
        text.remove_suffix(2);
    } else if (text.size() > 1 && text.back() == 's') {
        text.remove_suffix(1);
    }
    if (text.size() > 1 && text.front() == '+' && text[1] != '-')
        text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(std::abs(number * unit) <= kMostSeconds))
        return std::nullopt;
    return base::Duration(static_cast<std::int64_t>(number * unit * 1e9));
}

std::string fileName(const std::string &path)
{
    return std::filesystem::path(path).filename().string();
}

} // namespace

base::Result<ClockOption> ClockOption::read(const Arguments &arguments,
                                            const std::vector<std::string> &files)
{
    ClockOption out;
    for (const std::string &value : arguments.values(kSpec.name)) {
        if (value == "auto" || value == "none") {
            out.m_all.how = value == "none" ? session::ClockChoice::How::Ignore
                                            : session::ClockChoice::How::Estimate;
            continue;
        }
        const auto equals = value.find_last_of('=');
        const auto offset = equals == std::string::npos
                                ? std::nullopt
                                : durationOf(std::string_view(value).substr(equals + 1));
        if (!offset)
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("--clock-offset takes auto, none or a file with its "
                                          "offset, such as b.pcap=+1.234s, not \"{}\".",
                                          base::printable(value)));
        const std::string name = value.substr(0, equals);
        const auto found = std::find_if(files.begin(), files.end(), [&](const std::string &file) {
            return file == name || fileName(file) == name ||
                   std::filesystem::path(file).stem().string() == name;
        });
        if (found == files.end())
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("--clock-offset names {}, which is not among the files.",
                                          base::printable(name)));
        out.m_given[*found] = *offset;
    }
    return out;
}

session::ClockChoice ClockOption::of(const std::string &file) const
{
    const auto given = m_given.find(file);
    if (given == m_given.end())
        return m_all;
    return {session::ClockChoice::How::Given, given->second};
}

void note(report::ReportFile &file, const session::ClockOffset &clock)
{
    file.clock.offset = clock.offset;
    file.clock.within = clock.within;
    file.clock.messages = clock.messages;
    file.clock.bothWays = clock.bothWays;
    file.clock.applied = clock.applied;
    file.clock.given = clock.given;
}

std::string clockSentence(const report::ReportFile &file, const std::string &reference)
{
    session::ClockOffset clock;
    clock.offset = file.clock.offset;
    clock.within = file.clock.within;
    clock.messages = file.clock.messages;
    clock.bothWays = file.clock.bothWays;
    clock.applied = file.clock.applied;
    clock.given = file.clock.given;
    return session::clockSentence(clock, fileName(file.name), fileName(reference));
}

} // namespace app
