// SPDX-License-Identifier: Apache-2.0
// Reading integers out of foreign bytes: an offset beyond the end reads as 0, never out of bounds.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingest::decode {

inline std::uint8_t u8(std::string_view bytes, std::size_t at)
{
    return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

inline std::uint16_t be16(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(u8(bytes, at) << 8U | u8(bytes, at + 1));
}

inline std::uint32_t be32(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint32_t>(be16(bytes, at)) << 16U | be16(bytes, at + 2);
}

/// Integers of a file that says itself in which order its bytes stand.
struct Order {
    bool big = false;

    std::uint16_t u16(std::string_view bytes, std::size_t at) const
    {
        const std::uint16_t value = be16(bytes, at);
        return big ? value : static_cast<std::uint16_t>(value << 8U | value >> 8U);
    }
    std::uint32_t u32(std::string_view bytes, std::size_t at) const
    {
        return big ? be32(bytes, at) : __builtin_bswap32(be32(bytes, at));
    }
};

} // namespace ingest::decode
