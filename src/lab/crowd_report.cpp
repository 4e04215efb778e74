// SPDX-License-Identifier: Apache-2.0
#include <lab/lab.h>

#include <algorithm>
#include <base/time.h>
#include <fmt/format.h>

namespace lab {
namespace {

constexpr std::size_t kMostBars = 48;
constexpr std::size_t kBarWidth = 50;

/// The most that fall into any stretch of that length; `times` are in order.
std::size_t busiest(const std::vector<base::Duration> &times, base::Duration length)
{
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
        while (times[last] - times[first] >= length)
            ++first;
        most = std::max(most, last - first + 1);
    }
    return most;
}

} // namespace

base::Duration CrowdReport::window() const
{
    return backOffBase / 6; // 5 s of the RFC's 30 s
}

std::size_t CrowdReport::busiestReturn() const
{
    return busiest(returns, window());
}

std::vector<std::size_t> CrowdReport::bars(const std::vector<base::Duration> &times) const
{
    std::vector<std::size_t> out;
    for (const auto time : times) {
        const auto at = std::min<std::size_t>(
            static_cast<std::size_t>(time / std::max(window(), base::Duration{1})), kMostBars - 1);
        out.resize(std::max(out.size(), at + 1));
        ++out[at];
    }
    return out;
}

std::string CrowdReport::sentence() const
{
    if (members == 0)
        return {};
    if (lost == 0)
        return fmt::format("{} of {} user agents are registered", up, members);
    if (returns.empty())
        return fmt::format("{} user agents lost their flow at once, none is back yet", lost);
    const auto scaled = [this](base::Duration time) { return base::seconds(time * scale, 0); };
    return fmt::format(
        "{} of {} are back after {} REGISTERs, the first after {} s, half of them after {} s, the "
        "last after {} s; at most {} returned within any {} s",
        returns.size(), lost, attempts.size(), scaled(returns.front()),
        scaled(returns[returns.size() / 2]), scaled(returns.back()), busiestReturn(),
        scaled(window()));
}

std::string CrowdReport::table() const
{
    if (members == 0 || lost == 0)
        return {};
    std::string out = fmt::format(
        "Return of {} user agents after the edge's restart. Back-off of RFC 5626 section 4.5 with "
        "base {} s and at most {} s; played {} times as fast, times below are scaled back.\n{}.\n",
        lost, base::seconds(backOffBase * scale, 0), base::seconds(backOffMost * scale, 0), scale,
        sentence());
    const auto tried = bars(attempts);
    const auto back = bars(returns);
    std::size_t most = 1;
    for (const auto each : tried)
        most = std::max(most, each);
    out += fmt::format("{:>10}  {:>5} {:>5}\n", "from s", "tried", "back");
    for (std::size_t i = 0; i < tried.size(); ++i) {
        const auto returned = i < back.size() ? back[i] : 0;
        const auto width = [most](std::size_t value) {
            return (value * kBarWidth + most - 1) / most;
        };
        out += fmt::format(
            "{:>10}  {:>5} {:>5}  {}{}\n",
            base::seconds(window() * scale * static_cast<std::int64_t>(i), 0), tried[i], returned,
            std::string(width(returned), '#'),
            std::string(width(tried[i]) - std::min(width(tried[i]), width(returned)), '-'));
    }
    return out + "           # registered   - refused or waiting for the answer\n";
}

} // namespace lab
