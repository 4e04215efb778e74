// SPDX-License-Identifier: Apache-2.0
// Challenges for credentials (RFC 3261 section 22, RFC 8760) and the request that comes behind one.
// Pure functions of the Evidence, any thread. Values view the trace's text.
#pragma once

#include <diagnosis/facts.h>
#include <string_view>
#include <vector>

namespace diagnosis {

constexpr int kMostChallenges = 64; // of one call that are looked at

inline bool isChallenge(const calls::Transaction &t)
{
    return (t.finalStatus == 401 || t.finalStatus == 407) && t.finalResponse.valid();
}
/// Header values of what a 401 or 407 asks for, in order.
std::vector<std::string_view> challengesOf(const Evidence &evidence, trace::RowId response);
/// Header values of the credentials in a request, in order.
std::vector<std::string_view> credentialsOf(const Evidence &evidence, trace::RowId request);
/// MD5 where none is named (RFC 7616 section 3.3).
std::string_view algorithmOf(std::string_view value);
/// The next request of the same method on the same hop behind a challenge that brings credentials;
/// nullptr: none does. The first that brings none ends the search: it begins anew.
const calls::Transaction *answerTo(const Evidence &evidence, const calls::Transaction &challenged);

} // namespace diagnosis
