// SPDX-License-Identifier: Apache-2.0
// What somebody who listens would say of a sound, with what was measured.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rtp {

enum class Sound : std::uint8_t {
    Unknown,
    Silence,
    ComfortNoise, // quiet and even: a line that is open, nobody on it
    Noise,        // even and loud
    Ringback,
    Busy,
    Congestion,
    SpecialInformation, // three rising tones before an announcement (ITU-T E.180)
    Tone,               // any other: steady, or in a rhythm that no country uses
    Dtmf,
    Speech, // or an announcement
    Music,
};
std::string_view soundText(Sound sound); // "ringback", "comfort noise"
std::string_view soundKey(Sound sound);  // the same for programs: "comfort_noise"
/// The caller would say that nothing is heard.
inline bool isQuiet(Sound sound)
{
    return sound == Sound::Silence || sound == Sound::ComfortNoise;
}
inline bool isTone(Sound sound)
{
    return sound >= Sound::Ringback && sound <= Sound::Dtmf;
}

struct Heard {
    Sound what = Sound::Unknown;
    double confidence = 0;                   // 0-1
    std::vector<double> hertz;               // of a tone, strongest first; at most 3
    std::vector<base::Duration> cadence;     // on, off, on, ...: one period of it, as measured
    std::vector<std::string_view> countries; // ISO 3166 codes that use it; tones only
    std::vector<std::string_view> other;     // codes of countries where it means `otherwise`
    Sound otherwise = Sound::Unknown;
    double level = -96;            // dBFS while it sounds
    base::Duration from{0}, to{0}; // since the first sample
    bool settled = false;          // more listening would hardly change it
};

/// "ringback, 425 Hz, 1.0 s on, 4.0 s off, as in Germany and 12 other countries, -18 dBFS, 96 %
/// sure"
std::string describe(const Heard &heard);

} // namespace rtp
