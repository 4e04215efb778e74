// SPDX-License-Identifier: Apache-2.0
// Private to ingest: the time that a line of a log tells, in whatever form. Pure, bounded.
#pragma once

#include <base/time.h>
#include <string_view>

namespace ingest::text {

struct Moment {
    enum class Tells : unsigned char {
        Nothing,
        Clock,   // a time of day
        NoYear,  // month, day and time of day; `time` is in 1972
        Instant, // all of it
    };
    Tells tells = Tells::Nothing;
    base::Instant time; // without a zone: as if it were UTC. Clock: since midnight

    bool known() const { return tells != Tells::Nothing; }
};

/// The first time in `line` (its first 512 bytes): ISO 8601, syslog, ctime, Wireshark, a clock
/// alone or of half a day, seconds since the epoch at its beginning.
Moment momentIn(std::string_view line);

} // namespace ingest::text
