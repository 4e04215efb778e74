// SPDX-License-Identifier: Apache-2.0
// What the system's messages about its network mean (rtnetlink). Any thread.
#pragma once

#include <base/endpoint.h>
#include <cstddef>
#include <string>

namespace engine {

/// Do these rtnetlink messages tell of an address, a route or a link that came up?
bool tellsReturn(const char *messages, std::size_t size);

/// The name of the link that has this address of ours and does not run; empty: it runs, or nobody
/// knows. Asks the system.
std::string linkThatIsDown(const base::Address &address);

} // namespace engine
