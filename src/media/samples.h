// SPDX-License-Identifier: Apache-2.0
// Plain sound in memory: a WAV file read without trust, sampling rates changed.
#pragma once

#include <base/result.h>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace media {

struct Samples {
    std::uint32_t rate = 8000;
    std::vector<std::int16_t> mono;
};

/// PCM of 8, 16, 24 or 32 bits or 32 bit float, any rate, mono or stereo; the first ten minutes of
/// it.
base::Result<Samples> readWav(const std::string &path);
/// The same from memory; `name` is for the error's sentence.
base::Result<Samples> parseWav(std::string_view bytes, const std::string &name);

/// Straight lines between samples, averaged first when the rate falls: enough for speech and tones.
std::vector<std::int16_t> resample(std::span<const std::int16_t> in, std::uint32_t from,
                                   std::uint32_t to);

} // namespace media
