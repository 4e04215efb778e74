// SPDX-License-Identifier: Apache-2.0
// What STUN answers say about a flow. Pure function over views.
#pragma once

#include <base/endpoint.h>
#include <optional>
#include <string_view>

namespace flows {

/// XOR-MAPPED-ADDRESS (RFC 8489 section 14.2), or MAPPED-ADDRESS of older servers; nullopt: the
/// bytes are no binding response, or hold neither.
std::optional<base::Endpoint> mappedAddress(std::string_view stun);
/// ERROR-CODE of a binding error response (RFC 8489 section 14.8), 0: it has none; nullopt: the
/// bytes are no such response.
std::optional<int> stunError(std::string_view stun);

} // namespace flows
