// SPDX-License-Identifier: Apache-2.0
// G.711 loudness as power, so that packets can be summed before the logarithm is taken. Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rtp {

constexpr double kFloorDbfs = -96;

/// Sum of squared samples, 1 being a full-scale sample of that law. nullopt: neither payload type 0
/// nor 8.
std::optional<double> g711Energy(std::uint8_t payloadType, std::string_view payload);
/// Mean power to dBFS, never below kFloorDbfs.
double dbfs(double meanPower);

} // namespace rtp
