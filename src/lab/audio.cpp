// SPDX-License-Identifier: Apache-2.0
#include <lab/audio.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace lab {
namespace {

constexpr std::uint64_t kRate = 8000;

struct Tone {
    double hertz; // 0: silence
    std::uint64_t milliseconds;
};

// 425 Hz as in most of Europe; the pause is short enough for a story.
constexpr std::array<Tone, 2> kRingback{{{425, 1000}, {0, 1000}}};
// Three rising tones, then a slow tune: heard as "a voice is telling something" without any
// recording.
constexpr std::array<Tone, 12> kAnnouncement{{{950, 330},
                                              {1400, 330},
                                              {1800, 330},
                                              {0, 300},
                                              {523, 220},
                                              {659, 220},
                                              {784, 300},
                                              {0, 120},
                                              {659, 220},
                                              {587, 220},
                                              {523, 400},
                                              {0, 330}}};
constexpr std::array<Tone, 6> kTalk{
    {{440, 300}, {0, 80}, {494, 250}, {0, 80}, {392, 400}, {0, 200}}};

template <std::size_t N> constexpr std::uint64_t length(const std::array<Tone, N> &tones)
{
    std::uint64_t out = 0;
    for (const Tone &tone : tones)
        out += tone.milliseconds;
    return out;
}

template <const auto &kTones> std::int16_t play(std::uint64_t n)
{
    constexpr std::uint64_t kRound = length(kTones) * kRate / 1000;
    static_assert(kRound > 0);
    std::uint64_t at = n % kRound;
    for (const Tone &tone : kTones) {
        const auto samples = tone.milliseconds * kRate / 1000;
        if (at >= samples) {
            at -= samples;
            continue;
        }
        const double phase = 2 * std::numbers::pi * tone.hertz * static_cast<double>(at) /
                             static_cast<double>(kRate);
        // A few milliseconds of fade at each end, so that no tone begins with a click.
        const double edge =
            static_cast<double>(std::min<std::uint64_t>({at, samples - 1 - at, 40})) / 40;
        return static_cast<std::int16_t>(8000 * edge * std::sin(phase));
    }
    return 0;
}

} // namespace

base::Duration duration(Sound sound)
{
    switch (sound) {
    case Sound::Ringback:
        return std::chrono::milliseconds(length(kRingback));
    case Sound::Announcement:
        return std::chrono::milliseconds(length(kAnnouncement));
    case Sound::Talk:
        return std::chrono::milliseconds(length(kTalk));
    default:
        return std::chrono::seconds(1);
    }
}

std::int16_t sample(Sound sound, std::uint64_t n)
{
    switch (sound) {
    case Sound::Ringback:
        return play<kRingback>(n);
    case Sound::Announcement:
        return play<kAnnouncement>(n);
    case Sound::Talk:
        return play<kTalk>(n);
    default:
        return 0;
    }
}

// ITU-T G.711: sign, three bits of exponent, four of mantissa, all inverted.
std::uint8_t muLaw(std::int16_t linear)
{
    constexpr int kBias = 0x84;
    constexpr int kClip = 32635;
    const int sign = linear < 0 ? 0x80 : 0;
    const int magnitude = std::min(std::abs(static_cast<int>(linear)), kClip) + kBias;
    int exponent = 7;
    for (int mask = 0x4000; exponent > 0 && (magnitude & mask) == 0; mask >>= 1)
        --exponent;
    const int mantissa = magnitude >> (exponent + 3) & 0x0F;
    return static_cast<std::uint8_t>(~(sign | exponent << 4 | mantissa));
}

} // namespace lab
