// SPDX-License-Identifier: Apache-2.0
// Unpredictable octets, for keys and for what only has to be nobody else's. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace base {

/// From the kernel's generator, fit for keys.
std::string randomBytes(std::size_t count);

} // namespace base
