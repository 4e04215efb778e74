// SPDX-License-Identifier: Apache-2.0
// Every RTP stream of a report with the call it belongs to, if any, and the transfers a call asked
// for. Pure.
#pragma once

#include <report/format.h>
#include <string>
#include <vector>

namespace report {

struct StreamPlace {
    const rtp::Stream *stream = nullptr;
    const ReportCall *call = nullptr; // nullptr: of no call
    const diagnosis::BoundStream *bound = nullptr;
};
/// Those the input lists in its order, then further ones of its calls. A relay's stream may be
/// bound by the calls on both sides of it: the surest counts.
std::vector<StreamPlace> streamPlaces(const ReportInput &input);
/// To-tag of the early dialog it is bound to, nullptr: to none.
const std::string *toTagOf(const StreamPlace &place);

struct TransferStep { // a NOTIFY with a sipfrag (RFC 3515 section 2.4.5)
    trace::RowId row;
    int code = 0;
};
struct Transfer {
    trace::RowId refer;
    std::string target;     // URI of Refer-To
    std::string referredBy; // URI of Referred-By, empty: none
    std::string replaces;   // Call-ID of the dialog to be replaced, empty: none
    int status = 0;         // final response to the REFER, 0: none
    std::vector<TransferStep> progress;
};
std::vector<Transfer> transfersOf(const ReportInput &input, const ReportCall &call);

} // namespace report
