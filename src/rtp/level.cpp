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

struct Powers {
    std::array<std::uint32_t, 256> squares{}; // whole numbers: their sums wait for nothing
    double full = 0;
};

template <class Law> constexpr Powers powers(Law law, unsigned loudest)
{
    Powers out;
    for (unsigned code = 0; code < 256; ++code) {
        const std::int64_t sample = law(code);
        out.squares[code] = static_cast<std::uint32_t>(sample * sample);
    }
    out.full = out.squares[loudest];
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
    std::uint64_t sum = 0;
    for (const char c : payload)
        sum += table.squares[static_cast<unsigned char>(c)];
    return static_cast<double>(sum) / table.full;
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
