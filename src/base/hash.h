// SPDX-License-Identifier: Apache-2.0
// A quick hash of bytes for tables in memory; seeded where the bytes are foreign. Not for keeping:
// it may change, and differs between byte orders.
#pragma once

#include <cstdint>
#include <string_view>

namespace base {

std::uint64_t hashOf(std::string_view bytes, std::uint64_t seed = 0);

/// Two words into one, each bit of which depends on all of them.
inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b)
{
    // Each step can be undone, so nothing of either word is lost before they meet.
    std::uint64_t out = (a + 0x9E3779B97F4A7C15ULL) ^ (b * 0xD6E8FEB86659FD93ULL);
    out = (out ^ out >> 32U) * 0xD6E8FEB86659FD93ULL;
    out = (out ^ out >> 29U) * 0x9E3779B97F4A7C15ULL;
    return out ^ out >> 32U;
}

/// Different in every run of the program.
std::uint64_t freshSeed();

} // namespace base
