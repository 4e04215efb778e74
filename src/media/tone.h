// SPDX-License-Identifier: Apache-2.0
// What our side of a call sounds like: quiet noise, a tone, a file followed by quiet noise. Each
// sender owns its own.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace media {

class Voice
{
public:
    virtual ~Voice() = default;
    virtual void fill(std::span<std::int16_t> samples) = 0;
    /// Why it is not what it should be, a sentence; empty: it is.
    virtual std::string trouble() const { return {}; }
};

/// Noise about 66 dB below full scale: enough for relays and NAT to see packets, hardly heard.
std::unique_ptr<Voice> comfortNoise(std::uint32_t seed);
/// A sine 10 dB below full scale.
std::unique_ptr<Voice> tone(double hertz, std::uint32_t rate);
/// A country's ringback (ITU-T E.180), `since` its cadence began, 16 dB below full scale.
/// nullptr: no figures of that country (ISO 3166).
std::unique_ptr<Voice> ringback(std::string_view country, std::uint32_t rate,
                                base::Duration since = {});
/// The samples once, at the voice's own rate, then comfort noise so that the path stays open.
std::unique_ptr<Voice> recorded(std::shared_ptr<const std::vector<std::int16_t>> samples);

} // namespace media
