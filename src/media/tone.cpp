// SPDX-License-Identifier: Apache-2.0
#include "tone.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

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

std::unique_ptr<Voice> recorded(std::shared_ptr<const std::vector<std::int16_t>> samples)
{
    return std::make_unique<Recorded>(std::move(samples));
}

} // namespace media
