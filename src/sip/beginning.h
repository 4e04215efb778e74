// SPDX-License-Identifier: Apache-2.0
// A message read no further than somebody needs.
#pragma once

#include <initializer_list>
#include <optional>
#include <sip/message.h>
#include <string_view>

namespace sip {

/// readMessage() up to the first of each header wanted, as it stands there, and no body: for who
/// wants these and nothing else. Other headers may be among them or not. nullopt: no SIP.
std::optional<Message> readBeginning(std::string_view text, std::initializer_list<HeaderId> wanted);

} // namespace sip
