// SPDX-License-Identifier: Apache-2.0
// What was offered, answered, sent and received, codec by codec (RFC 3264), as tables of text for
// the reports. Foreign text is redacted, not yet escaped.
#pragma once

#include <array>
#include <iosfwd>
#include <report/format.h>
#include <string>
#include <vector>

namespace report {

constexpr std::array<std::string_view, 5> kOfferColumns{"codec", "offered", "answered",
                                                        "caller sent", "caller received"};

struct OfferTable {
    std::string title;    // "audio, m= line 1, To-tag b"
    std::string offered;  // "by the caller, row 1: 192.0.2.1:4000, RTP/AVP, sendrecv"
    std::string answered; // "row 3: ...", "refused, row 3", "not yet"
    std::vector<std::array<std::string, kOfferColumns.size()>> codecs;
    bool foreign = false; // a codec was sent that its receiver had not asked for: marked with "!"
};
struct Offers {
    std::vector<OfferTable> tables;
    std::vector<std::string> changes; // sentences: how one answer differs from another
};
/// At most 16 tables: a call that is put on hold again and again says nothing new.
Offers offersOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline);

/// The same in the text report; nothing for a call without SDP.
void writeTextOffers(const ReportInput &input, const ReportCall &call,
                     const ladder::Outline &outline, std::ostream &out);

} // namespace report
