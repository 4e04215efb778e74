// SPDX-License-Identifier: Apache-2.0
#include "tone.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <rtp/national_tones.h>

namespace media {

namespace {

class Noise final : public Voice
{
public:
    explicit Noise(std::uint32_t seed) : m_random(seed) {}
    void fill(std::span<std::int16_t> samples) override
    {
        constexpr std::uint32_t kPeak = 28; // even spread of +-28: 16 in the mean square, -66 dBFS
        for (auto &s : samples)
            s = static_cast<std::int16_t>(static_cast<int>(m_random() % (2 * kPeak + 1)) -
                                          static_cast<int>(kPeak));
    }

private:
    std::minstd_rand m_random;
};

class Sine final : public Voice
{
public:
    Sine(double hertz, std::uint32_t rate) : m_step(2 * std::numbers::pi * hertz / rate) {}
    void fill(std::span<std::int16_t> samples) override
    {
        constexpr double kPeak = 32767 * 0.447; // -7 dB peak, -10 dBFS in the mean square
        for (auto &s : samples) {
            s = static_cast<std::int16_t>(std::lround(kPeak * std::sin(m_phase)));
            m_phase = std::fmod(m_phase + m_step, 2 * std::numbers::pi);
        }
    }

private:
    double m_step, m_phase = 0;
};

class Cadenced final : public Voice
{
public:
    Cadenced(const rtp::NationalTone &tone, std::uint32_t rate, base::Duration since)
        : m_tone(tone), m_rate(rate),
          m_at(static_cast<std::uint64_t>(std::max(0.0, base::toSeconds(since)) * rate))
    {
        for (const std::uint16_t part : rtp::cadenceOf(tone))
            m_period += part;
    }
    void fill(std::span<std::int16_t> samples) override
    {
        // Two sines share the level of one; a modulated one swings between a third of it and all.
        const bool two = m_tone.hertz[1] != 0;
        const double peak = 32767 * 0.224 / (two ? std::numbers::sqrt2 : 1);
        for (auto &s : samples) {
            const double at = 2 * std::numbers::pi * static_cast<double>(m_at) / m_rate;
            double value = std::sin(at * m_tone.hertz[0]);
            if (m_tone.modulation != 0)
                value *= (2 + std::sin(at * m_tone.modulation)) / 3;
            if (two)
                value += std::sin(at * m_tone.hertz[1]);
            s = sounds() ? static_cast<std::int16_t>(std::lround(peak * value)) : std::int16_t{0};
            ++m_at;
        }
    }

private:
    bool sounds() const
    {
        if (m_period == 0)
            return true;
        std::uint64_t ms = m_at * 1000 / m_rate % m_period;
        bool on = true;
        for (const std::uint16_t part : rtp::cadenceOf(m_tone)) {
            if (ms < part)
                return on;
            ms -= part;
            on = !on;
        }
        return false;
    }

    const rtp::NationalTone &m_tone; // of the table
    std::uint32_t m_rate, m_period = 0;
    std::uint64_t m_at; // samples since the beginning
};

class Recorded final : public Voice
{
public:
    explicit Recorded(std::shared_ptr<const std::vector<std::int16_t>> samples)
        : m_samples(std::move(samples)), m_after(1)
    {
    }
    void fill(std::span<std::int16_t> samples) override
    {
        const std::size_t count = std::min(samples.size(), m_samples->size() - m_at);
        std::copy_n(m_samples->begin() + static_cast<std::ptrdiff_t>(m_at), count, samples.begin());
        m_at += count;
        m_after.fill(samples.subspan(count));
    }

private:
    std::shared_ptr<const std::vector<std::int16_t>> m_samples;
    std::size_t m_at = 0;
    Noise m_after;
};

} // namespace

std::unique_ptr<Voice> comfortNoise(std::uint32_t seed)
{
    return std::make_unique<Noise>(seed);
}

std::unique_ptr<Voice> tone(double hertz, std::uint32_t rate)
{
    return std::make_unique<Sine>(hertz, rate);
}

std::unique_ptr<Voice> ringback(std::string_view country, std::uint32_t rate, base::Duration since)
{
    for (const auto &tone : rtp::nationalTones())
        if (tone.means == rtp::Sound::Ringback && tone.country == country)
            return std::make_unique<Cadenced>(tone, rate, since);
    return nullptr;
}

std::unique_ptr<Voice> recorded(std::shared_ptr<const std::vector<std::int16_t>> samples)
{
    return std::make_unique<Recorded>(std::move(samples));
}

} // namespace media
