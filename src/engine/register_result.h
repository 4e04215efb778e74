// SPDX-License-Identifier: Apache-2.0
// Private to engine: what the answer to a REGISTER of ours says (RFC 3261 section 10.3, RFC 5626
// sections 4.2 and 6, RFC 3327, RFC 3608, RFC 5627), and why not in a sentence for the user. Pure.
#pragma once

#include <engine/flow_keeper.h>
#include <sip/message.h>

namespace engine {

struct RegisterAsked {
    std::uint32_t regId = 1;
    std::string instance;
    std::string edge;     // as the user named it
    std::string contact;  // our Contact URI
    bool outbound = true; // reg-id and instance were in it
    base::Duration expires = std::chrono::seconds(600);
};

RegisterResult readRegisterResult(const sip::Message &response, const RegisterAsked &asked);

} // namespace engine
