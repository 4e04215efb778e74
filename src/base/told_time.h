// SPDX-License-Identifier: Apache-2.0
// Instants of text traces, which may tell no date, or no time at all. They count from the epoch:
// below a second they keep an order and nothing else, below 1974 they are a time of day (1970) or
// of a year that was not told (1972, and 1973 where a log goes on into the next year).
#pragma once

#include <base/time.h>
#include <string>

namespace base {

constexpr bool hasClock(Instant t)
{
    return t.ns >= 1'000'000'000;
}
constexpr bool hasDate(Instant t)
{
    return t.ns >= 126'230'400'000'000'000;
}
/// utc() as far as it is known: "10:31:00.123" without a date, empty without a clock.
std::string utcKnown(Instant t);

} // namespace base
