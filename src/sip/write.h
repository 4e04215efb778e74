// SPDX-License-Identifier: Apache-2.0
// Writes SIP messages: the lab's peers and tests build every byte they send with this. Line ends
// are CRLF, Content-Length is always right.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sip/message.h>

namespace sip {

class Writer
{
public:
    static Writer request(std::string_view method, std::string_view uri);
    static Writer response(int status, std::string_view reason); // empty reason: the table's phrase

    /// Appended as "Name: value"; CR and LF in either are replaced by spaces (no header injection).
    Writer &header(std::string_view name, std::string_view value);
    Writer &body(std::string_view contentType, std::string_view text);
    std::string text() const;

private:
    std::string m_start;
    std::string m_headers;
    std::string m_contentType, m_body;
};

/// The response a server makes to `request`: Via, From, To (with `toTag` if it has none), Call-ID,
/// CSeq and, for 101-2xx to a dialog-forming request, Record-Route copied (RFC 3261 section 8.2.6).
Writer responseTo(const Message &request, int status, std::string_view reason,
                  std::string_view toTag);

} // namespace sip
