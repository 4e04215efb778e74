// SPDX-License-Identifier: Apache-2.0
// Which Contact of a 2xx is the one that a REGISTER asked for.
#pragma once

#include <sip/uri.h>

namespace diagnosis {

/// Of two devices that name themselves only the same is the same (RFC 5626 section 6); else a
/// registrar or gateway may have written address or user anew.
bool sameBinding(const sip::NameAddress &bound, const sip::NameAddress &asked);

} // namespace diagnosis
