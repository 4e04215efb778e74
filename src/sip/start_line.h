// SPDX-License-Identifier: Apache-2.0
// Private to sip: reads request and status lines (RFC 3261 sections 7.1 and 7.2), tolerant of what
// can be guessed.
#pragma once

#include <string_view>

namespace sip {

struct StartLine {
    bool recognised = false; // false: this is no SIP message
    std::string_view method, uri, version, code, reason;
    bool odd = false; // spacing or letter case is not the grammar's
    bool isResponse() const { return method.empty(); }
};

StartLine readStartLine(std::string_view line);

} // namespace sip
