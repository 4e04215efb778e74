// SPDX-License-Identifier: Apache-2.0
// What a caller's phone plays before the answer, and why: its own ringback, early media of one
// dialog, or nothing. The decision of RFC 3960 section 3.2 with exact thresholds, and what other
// phones make of the same trace. Pure functions: the same events give the same answer.
#pragma once

#include <diagnosis/evidence.h>
#include <span>
#include <string>
#include <vector>

namespace diagnosis {

enum class EarKind : std::uint8_t {
    Provisional, // a 101-199 but 199; `code`, `flag`: it has SDP
    Permission,  // P-Early-Media (RFC 5009); `flag`: the caller may hear
    MediaStarts, // the third packet within 300 ms
    MediaStops,  // a second without packets
    DialogEnds,  // 199, CANCEL, BYE, another's 2xx, a final refusal
    Answered,
    CallEnds,
};
struct EarEvent {
    base::Instant at;
    EarKind kind = EarKind::Provisional;
    std::uint32_t dialog = ~0U;
    int code = 0;
    bool flag = false;
    trace::RowId row;
    rtp::StreamId stream;
};
/// Of a call as it was captured or placed, in order of time.
std::vector<EarEvent> earEvents(const Evidence &evidence);

enum class Hears : std::uint8_t { Nothing, Ringback, EarlyMedia, Answer };
std::string_view hearsText(Hears hears); // "local ringback"

struct EarSwitch {
    base::Instant at;
    Hears what = Hears::Nothing;
    std::uint32_t dialog = ~0U; // whose
    int rule = 0;               // of RFC 3960 section 3.2, 0: none of them
    bool trap = false;          // progress without media for four seconds, and nobody rings
    std::string why;            // one sentence
    trace::RowId row;           // that made the phone decide so; may be invalid
    rtp::StreamId stream;       // likewise
};

enum class EarPolicy : std::uint8_t {
    Rfc3960, // ours
    Baresip,
    Linphone,
    Twinkle,
    Pjsip,
    Asterisk,
    FreeSwitch,
};
std::span<const EarPolicy> earPolicies();
std::string_view policyText(EarPolicy policy); // "baresip"
/// From the first event on; each entry holds until the next.
std::vector<EarSwitch> hearBy(EarPolicy policy, std::span<const EarEvent> events,
                              base::Instant now);
/// Nothing was played that long, from the first 18x to the answer or the end.
base::Duration silentFor(std::span<const EarSwitch> switches, base::Instant end);

} // namespace diagnosis
