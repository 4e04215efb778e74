// SPDX-License-Identifier: Apache-2.0
#include <rtp/level.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <rtp/rtp_packet.h>

namespace rtp {

namespace {

constexpr std::uint8_t kPcmu = 0, kPcma = 8;

constexpr int muLaw(unsigned code) // ITU-T G.711 table 2a
{
    const unsigned c = ~code & 0xFFU;
    const int step = static_cast<int>(((c & 0x0FU) << 3U) + 0x84U) << (c >> 4U & 7U);
    return step - 0x84;
}

constexpr int aLaw(unsigned code) // ITU-T G.711 table 1a
{
    const unsigned c = code ^ 0x55U;
    const int mantissa = static_cast<int>((c & 0x0FU) << 4U);
    const unsigned segment = c >> 4U & 7U;
    return segment == 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
}

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

constexpr Powers kMuPowers = powers(muLaw, 0x80);
constexpr Powers kAPowers = powers(aLaw, 0xAA);

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
