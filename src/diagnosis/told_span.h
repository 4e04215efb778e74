// SPDX-License-Identifier: Apache-2.0
// Time between two moments, as far as the trace tells it: texts may keep an order and no times.
// Pure, any thread.
#pragma once

#include <base/told_time.h>
#include <diagnosis/facts.h>
#include <string>

namespace diagnosis {

/// "22 ms", as lasting() words it; "an unknown time" where one of both has no clock.
inline std::string toldSpan(base::Instant from, base::Instant until)
{
    return base::hasClock(from) && base::hasClock(until) ? lasting(until - from)
                                                         : std::string("an unknown time");
}

} // namespace diagnosis
