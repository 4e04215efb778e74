// SPDX-License-Identifier: Apache-2.0
#include <base/time.h>

#include <ctime>
#include <fmt/format.h>

namespace base {

Instant now()
{
    timespec ts{};
    clock_gettime(CLOCK_REALTIME, &ts);
    return {static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec};
}

std::string seconds(Duration d, int decimals)
{
    const std::int64_t total = d.count();
    const auto magnitude =
        total < 0 ? 0U - static_cast<std::uint64_t>(total) : static_cast<std::uint64_t>(total);
    std::string fraction = fmt::format("{:09}", magnitude % 1'000'000'000U);
    fraction.resize(static_cast<std::size_t>(decimals < 0 ? 0 : decimals > 9 ? 9 : decimals));
    std::string out = fmt::format("{}{}", total < 0 ? "-" : "", magnitude / 1'000'000'000U);
    return fraction.empty() ? out : out + "." + fraction;
}

std::string utc(Instant t)
{
    std::int64_t whole = t.ns / 1'000'000'000;
    std::int64_t rest = t.ns % 1'000'000'000;
    if (rest < 0) {
        --whole;
        rest += 1'000'000'000;
    }
    const auto when = static_cast<std::time_t>(whole);
    std::tm parts{};
    gmtime_r(&when, &parts);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       rest / 1'000'000);
}

} // namespace base
