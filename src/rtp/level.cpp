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

std::optional<Energy> plainEnergy(const VoiceFormat &format, std::string_view payload)
{
    constexpr double kFull = 32768;
    const bool muLaw = format.encoding == "PCMU";
    if (muLaw || format.encoding == "PCMA") {
        const auto sum = g711Energy(muLaw ? kPcmu : kPcma, payload);
        return payload.empty() ? std::nullopt : std::optional(Energy{*sum, payload.size()});
    }
    if (format.encoding != "L16" || payload.size() < 2)
        return std::nullopt;
    Energy out;
    for (; payload.size() >= 2; payload.remove_prefix(2)) {
        const double sample = static_cast<std::int16_t>(
            static_cast<unsigned char>(payload[0]) << 8U | static_cast<unsigned char>(payload[1]));
        out.sum += sample * sample;
        ++out.samples;
    }
    out.sum /= kFull * kFull;
    return out;
}

std::optional<double> comfortNoiseLevel(const VoiceFormat &format, std::string_view payload)
{
    if (format.encoding != kComfortNoise.encoding)
        return std::nullopt;
    return payload.empty() ? kFloorDbfs : -static_cast<double>(payload[0] & 0x7F);
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
