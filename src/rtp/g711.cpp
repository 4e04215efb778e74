// SPDX-License-Identifier: Apache-2.0
#include <rtp/g711.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace rtp {
namespace {

using Samples = std::array<std::int16_t, 256>;

constexpr Samples samplesOf(int (*law)(unsigned))
{
    Samples out{};
    for (unsigned code = 0; code < 256; ++code)
        out[code] = static_cast<std::int16_t>(law(code));
    return out;
}

constexpr Samples kMuSamples = samplesOf(muLawSample);
constexpr Samples kASamples = samplesOf(aLawSample);

/// Positive codes of both laws rise with the sample once their bits are put right; the nearest is
/// one of the two around it.
template <class Decode> unsigned nearest(int size, Decode decode)
{
    unsigned low = 0, high = 127;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (decode(middle) < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && size - decode(low - 1) <= decode(low) - size ? low - 1 : low;
}

} // namespace

void decodeG711(std::uint8_t payloadType, std::string_view payload, std::vector<std::int16_t> &out)
{
    if (!isG711(payloadType))
        return;
    const Samples &samples = payloadType == 0 ? kMuSamples : kASamples;
    out.reserve(out.size() + payload.size());
    for (const char c : payload)
        out.push_back(samples[static_cast<unsigned char>(c)]);
}

std::uint8_t muLawCode(std::int16_t sample)
{
    const unsigned size = nearest(std::abs(static_cast<int>(sample)),
                                  [](unsigned c) { return muLawSample((~c & 0x7FU) | 0x80U); });
    return static_cast<std::uint8_t>((~size & 0x7FU) | (sample < 0 ? 0U : 0x80U));
}

std::uint8_t aLawCode(std::int16_t sample)
{
    const unsigned size = nearest(std::abs(static_cast<int>(sample)),
                                  [](unsigned c) { return aLawSample((c | 0x80U) ^ 0x55U); });
    return static_cast<std::uint8_t>((size | (sample < 0 ? 0U : 0x80U)) ^ 0x55U);
}

} // namespace rtp
