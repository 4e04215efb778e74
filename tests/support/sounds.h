// SPDX-License-Identifier: Apache-2.0
// Sounds of telephone lines, made up: tones in a rhythm, things like speech and music, noise, and
// what codecs do to them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace support {

using Sound = std::vector<double>; // full scale being 1

inline std::size_t samplesIn(double seconds, double rate)
{
    return static_cast<std::size_t>(std::lround(seconds * rate));
}

/// The mean square of what sounds (not of the pauses) becomes `dbfs`.
inline Sound atLevel(Sound sound, double dbfs)
{
    double square = 0;
    std::size_t loud = 0;
    for (const double s : sound) {
        square += s * s;
        loud += s != 0 ? 1 : 0;
    }
    const double gain =
        loud == 0 ? 0 : std::sqrt(std::pow(10, dbfs / 10) / (square / static_cast<double>(loud)));
    for (double &s : sound)
        s *= gain;
    return sound;
}

/// Sines together, on and off as `cadence` says (seconds), from its beginning.
inline Sound tones(const std::vector<double> &hertz, const std::vector<double> &cadence,
                   double seconds, double rate = 8000)
{
    Sound out(samplesIn(seconds, rate));
    double period = 0;
    for (const double part : cadence)
        period += part;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double t = static_cast<double>(i) / rate;
        double at = period > 0 ? std::fmod(t, period) : 0;
        bool on = true;
        for (std::size_t k = 0; k < cadence.size(); ++k) {
            on = k % 2 == 0;
            if (at < cadence[k])
                break;
            at -= cadence[k];
        }
        for (const double f : hertz)
            out[i] += on ? std::sin(2 * std::numbers::pi * f * t) : 0;
    }
    return out;
}

inline Sound noise(double seconds, std::uint32_t seed, double rate = 8000)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    Sound out(samplesIn(seconds, rate));
    for (double &s : out)
        s = normal(random);
    return out;
}

/// Syllables of a gliding voice through two moving resonances, hisses between, pauses after words.
inline Sound speech(double seconds, std::uint32_t seed, double rate = 8000)
{
    std::mt19937 random(seed);
    const auto pick = [&](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random);
    };
    struct Resonance {
        double one = 0, two = 0;
        double run(double in, double hertz, double width, double sampleRate)
        {
            const double r = std::exp(-std::numbers::pi * width / sampleRate);
            const double out = in +
                               2 * r * std::cos(2 * std::numbers::pi * hertz / sampleRate) * one -
                               r * r * two;
            two = one;
            one = out;
            return out;
        }
    } first, second;
    Sound out;
    const double voice = pick(90, 220);
    double phase = 0;
    std::normal_distribution<double> hiss;
    while (out.size() < samplesIn(seconds, rate)) {
        const double length = pick(0.09, 0.28), f1a = pick(280, 800), f1b = pick(280, 800),
                     f2a = pick(900, 2400), f2b = pick(900, 2400), loud = pick(0.3, 1),
                     fall = pick(-0.25, 0.15);
        const std::size_t count = samplesIn(length, rate);
        for (std::size_t i = 0; i < count; ++i) {
            const double part = static_cast<double>(i) / static_cast<double>(count);
            phase += voice * (1 + fall * part) / rate;
            const double pulse = phase >= 1 ? 1 : 0;
            phase -= std::floor(phase);
            const double shape = std::sin(std::numbers::pi * part) * loud;
            const double a =
                first.run(pulse + 0.01 * hiss(random), f1a + (f1b - f1a) * part, 90, rate);
            const double b =
                second.run(pulse + 0.01 * hiss(random), f2a + (f2b - f2a) * part, 130, rate);
            out.push_back(shape * (a + 0.5 * b));
        }
        for (std::size_t i = samplesIn(pick(0, 0.09), rate); i > 0; --i)
            out.push_back(0.25 * loud * hiss(random));
        if (pick(0, 1) < 0.25)
            out.insert(out.end(), samplesIn(pick(0.15, 0.7), rate), 0);
    }
    out.resize(samplesIn(seconds, rate));
    return out;
}

/// Noise whose power falls with frequency, its loudness going up and down at the pace of syllables.
inline Sound babble(double seconds, std::uint32_t seed, double rate = 8000)
{
    Sound out = noise(seconds, seed, rate);
    std::mt19937 random(seed + 1);
    double low = 0, gain = 0, wanted = 0;
    std::size_t until = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i >= until) {
            wanted = std::uniform_real_distribution<double>(0, 1)(random);
            wanted = wanted < 0.25 ? 0 : wanted;
            until = i + samplesIn(std::uniform_real_distribution<double>(0.08, 0.3)(random), rate);
        }
        gain += (wanted - gain) * 80 / rate;
        low += (out[i] - low) * 0.35;
        out[i] = low * gain;
    }
    return out;
}

/// Chords, one after another without pause.
inline Sound music(double seconds, std::uint32_t seed, double rate = 8000)
{
    std::mt19937 random(seed);
    Sound out;
    while (out.size() < samplesIn(seconds, rate)) {
        const double root =
            220 * std::pow(2, std::uniform_int_distribution<int>(0, 11)(random) / 12.0);
        const double length = std::uniform_int_distribution<int>(1, 3)(random) * 0.2;
        const Sound chord = tones({root, root * 1.26, root * 1.498, root * 2}, {}, length, rate);
        for (std::size_t i = 0; i < chord.size(); ++i)
            out.push_back(chord[i] * std::exp(-2.0 * static_cast<double>(i) /
                                              static_cast<double>(chord.size())));
    }
    out.resize(samplesIn(seconds, rate));
    return out;
}

inline Sound mixed(Sound a, const Sound &b)
{
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        a[i] += b[i];
    return a;
}

inline Sound then(Sound a, const Sound &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline std::vector<std::int16_t> pcm(const Sound &sound)
{
    std::vector<std::int16_t> out;
    out.reserve(sound.size());
    for (const double s : sound)
        out.push_back(static_cast<std::int16_t>(std::lround(std::clamp(s, -1.0, 0.99996) * 32768)));
    return out;
}

} // namespace support
