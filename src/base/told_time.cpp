// SPDX-License-Identifier: Apache-2.0
#include <base/told_time.h>

namespace base {

std::string utcKnown(Instant t)
{
    if (!hasClock(t))
        return {};
    const std::string full = utc(t);
    return hasDate(t) ? full : full.substr(full.find(' ') + 1);
}

} // namespace base
