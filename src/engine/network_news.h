// SPDX-License-Identifier: Apache-2.0
// What the system's messages about its network mean (rtnetlink). Any thread.
#pragma once

#include <base/endpoint.h>
#include <cstddef>
#include <string>
#include <string_view>

namespace engine {

/// Do these rtnetlink messages tell of an address, a route or a link that came up?
bool tellsReturn(const char *messages, std::size_t size);

/// Is it an address of this computer now? Where that cannot be found out: yes.
bool isOurAddress(const base::Address &address);

/// Is this IPv6 address ours, though the system still looks whether somebody else has it too (RFC
/// 4862 section 5.4)? Until then nothing can be bound to it. `table`: as /proc/net/if_inet6 has it.
bool isTentative(const base::Address &address, std::string_view table);

/// The name of the link that has this address of ours and does not run; empty: it runs, or nobody
/// knows. Asks the system.
std::string linkThatIsDown(const base::Address &address);

} // namespace engine
