// SPDX-License-Identifier: Apache-2.0
// ITU-T G.711 both ways, in 16-bit samples. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rtp {

constexpr int muLawSample(unsigned code) // table 2a
{
    const unsigned c = ~code & 0xFFU;
    const int step = static_cast<int>(((c & 0x0FU) << 3U) + 0x84U) << (c >> 4U & 7U);
    return (c & 0x80U) != 0 ? 0x84 - step : step - 0x84;
}

constexpr int aLawSample(unsigned code) // table 1a
{
    const unsigned c = code ^ 0x55U;
    const int mantissa = static_cast<int>((c & 0x0FU) << 4U);
    const unsigned segment = c >> 4U & 7U;
    const int size = segment == 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
    return (c & 0x80U) != 0 ? size : -size;
}

constexpr bool isG711(std::uint8_t payloadType)
{
    return payloadType == 0 || payloadType == 8;
}

/// Appends the samples of a payload of type 0 (PCMU) or 8 (PCMA); of another type nothing.
void decodeG711(std::uint8_t payloadType, std::string_view payload, std::vector<std::int16_t> &out);

/// The code whose sample is nearest.
std::uint8_t muLawCode(std::int16_t sample);
std::uint8_t aLawCode(std::int16_t sample);

} // namespace rtp
