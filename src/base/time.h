// SPDX-License-Identifier: Apache-2.0
// Time is integer nanoseconds. An Instant counts from the Unix epoch, so that captures and live
// traffic share a clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace base {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

struct Instant {
    std::int64_t ns = 0;

    constexpr bool known() const { return ns != 0; }
    friend constexpr auto operator<=>(const Instant &, const Instant &) = default;
    friend constexpr Instant operator+(Instant t, Duration d) { return {t.ns + d.count()}; }
    friend constexpr Instant operator-(Instant t, Duration d) { return {t.ns - d.count()}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return Duration{a.ns - b.ns}; }
};

/// The wall clock (CLOCK_REALTIME), the clock of kernel packet stamps.
Instant now();

/// "12.345" for 12.345678 s; `decimals` digits after the point, cut, never rounded up.
std::string seconds(Duration d, int decimals = 3);

/// "2026-11-22 10:31:00.123" in UTC.
std::string utc(Instant t);

/// The nearest double: 0.3 for 300 ms. A factor of 1e-9 is no exact number, and makes a stray digit
/// of the last place in what is printed.
constexpr double toSeconds(Duration d)
{
    return static_cast<double>(d.count()) / 1'000'000'000;
}
constexpr double toMilliseconds(Duration d)
{
    return static_cast<double>(d.count()) / 1'000'000;
}

} // namespace base
