// SPDX-License-Identifier: Apache-2.0
// A diagnosis rule: one file in rules/, one object named as the file. check() is a pure function of
// the evidence, so a finding is retracted by not being found again; a rule that waits for time asks
// to be run again.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <span>
#include <string_view>

namespace diagnosis {

/// What a rule argues from, so that it is known when to doubt it.
enum class Reads : std::uint8_t {
    Little,   // start lines, CSeq, tags, times, what the network told
    Messages, // what headers and descriptions say, or do not say: not where they were cut short
};

/// Does it argue from what is there, or from what is not? The latter is no proof where the capture
/// holds one direction only.
enum class Argues : std::uint8_t { FromSight, FromAbsence };

struct Rule {
    std::string_view id; // "em-183-sdp-no-rtp"
    std::string_view title;
    Severity severity = Severity::Info; // the highest it reports
    std::string_view source;            // "RFC 3960 section 3.3"
    std::string_view article;           // name of the article that explains it
    std::string_view firesOn; // two short SIP conversations (tests/support/conversation.h explains
                              // the notation);
    std::string_view quietOn; // a generic test feeds both through the real stream
    void (*check)(const Evidence &evidence, Findings &out) = nullptr;
    Reads reads = Reads::Little;
    Argues argues = Argues::FromSight;
};

namespace rules {
std::span<const Rule *const> all(); // in name order, generated
}
const Rule *rule(std::string_view id);

} // namespace diagnosis
