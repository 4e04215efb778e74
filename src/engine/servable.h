// SPDX-License-Identifier: Apache-2.0
// Private to engine: whether a request can be served at all, before anybody looks at what it wants
// (RFC 3261 sections 8.2 and 12.2.2). Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <sip/message.h>
#include <string>

namespace engine {

inline constexpr const char *kAccept = "application/sdp";

struct Refused {
    int status = 0;
    std::string headers; // lines that end in CRLF
};

/// 420 with Unsupported for what it requires and we do not have; 415 where an INVITE, UPDATE or
/// PRACK carries a body that we cannot read and must not pass over (RFC 5621 section 8). `timers`:
/// sessions are refreshed (RFC 4028).
std::optional<Refused> unservable(const sip::Message &request, bool timers = false);

/// 500 with Retry-After: something earlier is still to be done (RFC 3261 section 14.2).
Refused notYet();

/// The CSeq numbers of the peer's requests within one dialog.
class RequestOrder
{
public:
    /// False: one with a higher number came before (RFC 3261 section 12.2.2: it gets a 500).
    bool takes(const sip::Message &request);

private:
    std::optional<std::uint32_t> m_last;
};

} // namespace engine
