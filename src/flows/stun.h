// SPDX-License-Identifier: Apache-2.0
// The one attribute of STUN answers that says something about a flow. Pure function over views.
#pragma once

#include <base/endpoint.h>
#include <optional>
#include <string_view>

namespace flows {

/// XOR-MAPPED-ADDRESS (RFC 8489 section 14.2), or MAPPED-ADDRESS of older servers; nullopt: the
/// bytes are no binding response, or hold neither.
std::optional<base::Endpoint> mappedAddress(std::string_view stun);

} // namespace flows
