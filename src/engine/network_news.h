// SPDX-License-Identifier: Apache-2.0
// What the system's messages about its network mean (rtnetlink). Pure, any thread.
#pragma once

#include <cstddef>

namespace engine {

/// Do these rtnetlink messages tell of an address, a route or a link that came up?
bool tellsReturn(const char *messages, std::size_t size);

} // namespace engine
