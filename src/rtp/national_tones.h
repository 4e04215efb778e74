// SPDX-License-Identifier: Apache-2.0
// Ringback, busy and congestion tones of the world's networks, the figures of ITU-T E.180
// supplement 2, and how a rhythm that was heard compares to them. Pure functions.
#pragma once

#include <array>
#include <rtp/heard.h>
#include <span>

namespace rtp {

struct NationalTone {
    std::string_view country; // ISO 3166
    Sound means = Sound::Ringback;
    std::array<std::uint16_t, 2> hertz{};   // the second is 0 where there is one only
    std::uint16_t modulation = 0;           // the first is modulated by so many hertz
    std::array<std::uint16_t, 8> cadence{}; // milliseconds on, off, on, ...; 0 ends it
};
std::span<const NationalTone> nationalTones();
/// "Germany"
std::string_view countryName(std::string_view code);

/// How far measured frequencies (strongest first) are from the tone's: 0-1 of what is tolerated;
/// above 1: it is another tone.
double frequencyError(const NationalTone &tone, std::span<const double> hertz);

/// A rhythm as far as it was heard: on, off, on, ...
struct Rhythm {
    std::vector<base::Duration> parts;
    bool cutStart = false; // the first part may have begun before
    bool running = false;  // the last part goes on
};
struct RhythmMatch {
    bool fits = false;
    double error = 0; // mean, relative to the durations
    int complete = 0; // parts heard from their beginning to their end
};
RhythmMatch match(const Rhythm &rhythm, std::span<const std::uint16_t> cadence);
std::span<const std::uint16_t> cadenceOf(const NationalTone &tone);

} // namespace rtp
