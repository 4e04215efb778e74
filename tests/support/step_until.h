// SPDX-License-Identifier: Apache-2.0
// Waits for a condition instead of sleeping for a guess.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace support {

/// Calls `step` (may be empty) until `condition` holds or `limit` has passed; true: it holds.
inline bool stepUntil(const std::function<bool()> &condition,
                      std::chrono::milliseconds limit = std::chrono::seconds(10),
                      const std::function<void()> &step = {})
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end)
            return condition();
        if (step)
            step();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

} // namespace support
