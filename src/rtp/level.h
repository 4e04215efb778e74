// SPDX-License-Identifier: Apache-2.0
// How loud payloads are: of G.711 as power, so that packets can be summed before the logarithm is
// taken. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <rtp/voice.h>
#include <string_view>

namespace rtp {

constexpr double kFloorDbfs = -96;

/// Sum of squared samples, 1 being a full-scale sample of that law. nullopt: neither payload type 0
/// nor 8.
std::optional<double> g711Energy(std::uint8_t payloadType, std::string_view payload);
struct Energy {
    double sum = 0; // of squared samples, 1 being a full-scale one
    std::size_t samples = 0;
};
/// Of a payload that tells it without a decoder: G.711 and L16; nullopt: another, or it is empty.
std::optional<Energy> plainEnergy(const VoiceFormat &format, std::string_view payload);
/// dBFS of the noise that a payload of comfort noise describes (RFC 3389 section 3); nullopt: it is
/// something else. The floor where it does not say.
std::optional<double> comfortNoiseLevel(const VoiceFormat &format, std::string_view payload);
/// Mean power to dBFS, never below kFloorDbfs.
double dbfs(double meanPower);

} // namespace rtp
