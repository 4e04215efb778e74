// SPDX-License-Identifier: Apache-2.0
// Connections that proxies write into URIs in the clear, where user agents behind a NAT register
// without outbound. Pure.
#pragma once

#include <flows/flow.h>
#include <sip/uri.h>

namespace flows {

/// What `received` of a Path URI (Kamailio's add_path_received(), OpenSIPS the same) or `alias` of
/// a Contact (add_contact_alias()) names. The edge is the host of the Path, unknown where that is
/// no address, and of an alias. nullopt: the URI has neither, or they cannot be read.
std::optional<FlowToken> clearFlow(const sip::Uri &uri);

} // namespace flows
