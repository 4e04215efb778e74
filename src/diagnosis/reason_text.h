// SPDX-License-Identifier: Apache-2.0
// What a Reason header says (RFC 3326), in words. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace diagnosis {

/// What a cause of ITU-T Q.850 means: 34, "no circuit available"; empty: not one of its table.
std::string_view isdnCause(long long cause);
/// One value of Reason, safe to show, with what its number means: "Q.850;cause=102 (recovery on
/// timer expiry)", "SIP;cause=486 (Busy Here)".
std::string reasonText(std::string_view value);

} // namespace diagnosis
