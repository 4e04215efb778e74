// SPDX-License-Identifier: Apache-2.0
#include <rtp/level.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <rtp/g711.h>
#include <rtp/rtp_packet.h>

namespace rtp {

namespace {

constexpr std::uint8_t kPcmu = 0, kPcma = 8;

using Powers = std::array<double, 256>;

template <class Law> constexpr Powers powers(Law law, unsigned loudest)
{
    Powers out{};
    const double full = law(loudest);
    for (unsigned code = 0; code < 256; ++code) {
        const double sample = law(code) / full;
        out[code] = sample * sample;
    }
    return out;
}

constexpr Powers kMuPowers = powers(muLawSample, 0x80);
constexpr Powers kAPowers = powers(aLawSample, 0xAA);

} // namespace

std::optional<double> g711Energy(std::uint8_t payloadType, std::string_view payload)
{
    if (payloadType != kPcmu && payloadType != kPcma)
        return std::nullopt;
    const Powers &table = payloadType == kPcmu ? kMuPowers : kAPowers;
    double sum = 0;
    for (const char c : payload)
        sum += table[static_cast<unsigned char>(c)];
    return sum;
}

double dbfs(double meanPower)
{
    return meanPower > 0 ? std::max(kFloorDbfs, 10 * std::log10(meanPower)) : kFloorDbfs;
}

std::optional<double> g711Level(std::uint8_t payloadType, std::string_view payload)
{
    const auto energy = g711Energy(payloadType, payload);
    if (!energy || payload.empty())
        return std::nullopt;
    return dbfs(*energy / static_cast<double>(payload.size()));
}

} // namespace rtp
