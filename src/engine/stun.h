// SPDX-License-Identifier: Apache-2.0
// Private to engine: the STUN of RFC 5626 section 8, a binding request without attributes and what
// its response says (RFC 5389). Pure, any thread.
#pragma once

#include <base/endpoint.h>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

/// What tells STUN from SIP on one socket: two zero bits and the magic cookie (section 6).
bool isStun(std::string_view datagram);

/// A binding request; `transaction` gets its 12 random octets.
std::string stunRequest(std::string &transaction);

struct StunAnswer {
    std::string transaction;
    bool success = false;
    base::Endpoint mapped; // unknown: the response does not say
    int error = 0;         // ERROR-CODE, 0: none
    std::string reason;
};
/// nullopt: no binding response, or a broken one.
std::optional<StunAnswer> readStun(std::string_view datagram);

} // namespace engine
