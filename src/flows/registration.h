// SPDX-License-Identifier: Apache-2.0
// What a REGISTER and its responses say of a flow (RFC 5626 section 4.2 and 6). Pure readers of one
// message.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <optional>
#include <sip/message.h>
#include <string>
#include <string_view>

namespace flows {

/// One value of a Contact header, as far as a binding cares.
struct Contact {
    std::string_view uri;      // as written, without angle brackets
    std::string_view instance; // urn:..., empty: none
    std::optional<std::uint32_t> regId;
    std::optional<std::uint32_t> expires; // seconds, of the contact itself
    std::string_view q, publicGruu, temporaryGruu;
};
Contact readContact(std::string_view value);

struct Binding {
    std::string aor, instance, edge; // edge: the topmost Route's URI
    std::uint32_t regId = 0;
    bool removes = false; // expires 0
};
/// nullopt: the REGISTER asks for no outbound flow.
std::optional<Binding> readBinding(const sip::Message &request);

/// The address-of-record that a REGISTER is about, empty if it cannot be read.
std::string readAor(const sip::Message &request);
/// "Contact: *" (RFC 3261 section 10.2.2).
bool removesAll(const sip::Message &request);

struct PathToken {
    bool outbound = false; // a Path URI with ;ob
    std::string token;     // its user part
};
PathToken readPath(const sip::Message &message);

/// How long a 2xx keeps this binding, nullopt if it does not say.
std::optional<base::Duration> readExpiry(const sip::Message &response, std::string_view instance,
                                         std::uint32_t regId);

} // namespace flows
