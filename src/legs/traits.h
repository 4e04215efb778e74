// SPDX-License-Identifier: Apache-2.0
// Private to legs: what an initial INVITE tells of the call it may be a leg of. Views of the
// message's text. Pure.
#pragma once

#include <base/endpoint.h>
#include <optional>
#include <sip/message.h>
#include <string>
#include <string_view>
#include <trace/trace.h>
#include <vector>

namespace legs {

struct Mark { // a header that is made to tie legs together
    std::string_view name, value;
    bool correlates = false; // the name says so: the same value in two calls means something
};

/// What a description tells of the session it is of.
struct Described {
    std::string origin; // "user session address" of its o= line, empty: says nothing
    std::optional<base::Endpoint> media; // of the first audio line
};
Described describedBy(std::string_view sdp);
/// The same of a message's whole text, without reading its headers.
Described describedIn(std::string_view message);
Described describedIn(const trace::Trace &trace, trace::RowId row);

struct Traits {
    std::string_view callId;
    std::string_view stem;  // of the Call-ID, without what back-to-back user agents add
    bool decorated = false; // something was taken off
    std::vector<std::string_view> sessionIds; // RFC 7989 and 7329, without nil
    std::vector<Mark> marks;
    std::string_view icid;             // P-Charging-Vector (RFC 7315 section 5.6)
    std::string from, to;              // normalised numbers or user names, empty: says nothing
    std::vector<std::string> diverted; // Diversion and History-Info, normalised
    std::string target;                // user of the Request-URI, normalised
    std::string_view replaces;         // Call-ID of Replaces (RFC 3891)
    bool referred = false;             // Referred-By (RFC 3892)
    Described offer, answer;           // of the INVITE, of its first answer that has one
};
Traits traitsOf(const sip::Message &invite);

/// A Call-ID, or a header's value that may be one, without host and what B2BUAs add to it. Empty:
/// too short to mean anything.
std::string_view stemOf(std::string_view callId, bool *decorated = nullptr);
/// "+49 (30) 123", "0049301 23" and "tel:+4930123" as digits without prefix; other users as they
/// are.
std::string normalised(std::string_view user);
/// Numbers count as the same where one ends in all of the other's digits, at least seven.
bool sameUser(std::string_view a, std::string_view b);
/// What two numbers that are the same have in common: the last digits, else the whole.
std::string_view userKey(std::string_view user);
/// User of Refer-To's URI, normalised; empty: none.
std::string referTarget(const sip::Message &refer);

} // namespace legs
