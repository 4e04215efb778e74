// SPDX-License-Identifier: Apache-2.0
// Addresses as hosts write them into messages. Pure.
#pragma once

#include <base/endpoint.h>
#include <optional>
#include <string_view>

namespace sip {

/// An IP address, of IPv6 with or without brackets and with or without a zone ("fe80::1%eth0", RFC
/// 4007 section 11). The zone is a name that its own host alone knows: no packet has it, so that it
/// is left out where addresses are compared.
std::optional<base::Address> addressOf(std::string_view host);

} // namespace sip
