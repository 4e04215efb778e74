// SPDX-License-Identifier: Apache-2.0
#include <rtp/resample.h>

#include <cmath>
#include <numbers>

namespace rtp {
namespace {

constexpr double kRate = 8000, kCut = 3600; // Hz
constexpr std::uint32_t kHighest = 192000;

} // namespace

/// A windowed sinc as long as 3 ms.
void Resampler::tune(std::uint32_t rate)
{
    m_rate = rate;
    m_phase = 0;
    m_at = 0;
    const auto half = static_cast<int>(rate * 3 / 2000);
    m_taps.clear();
    double sum = 0;
    for (int i = -half; i <= half; ++i) {
        const double x = 2 * kCut / rate * i;
        const double sinc = i == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
        const double window = 0.54 + 0.46 * std::cos(std::numbers::pi * i / (half + 1));
        m_taps.push_back(static_cast<float>(sinc * window));
        sum += sinc * window;
    }
    for (float &tap : m_taps)
        tap /= static_cast<float>(sum);
    m_past.assign(m_taps.size(), 0);
}

void Resampler::run(std::span<const std::int16_t> samples, std::uint32_t rate,
                    const std::function<void(float)> &take)
{
    constexpr float kFull = 1.0F / 32768;
    if (rate < static_cast<std::uint32_t>(kRate) || rate > kHighest)
        return;
    if (rate == static_cast<std::uint32_t>(kRate)) {
        for (const std::int16_t sample : samples)
            take(static_cast<float>(sample) * kFull);
        return;
    }
    if (rate != m_rate)
        tune(rate);
    for (const std::int16_t sample : samples) {
        m_past[m_at] = static_cast<float>(sample) * kFull;
        m_at = (m_at + 1) % m_past.size();
        m_phase -= 1;
        if (m_phase > 0)
            continue;
        m_phase += rate / kRate;
        float out = 0;
        for (std::size_t i = 0, k = m_at; i < m_taps.size();
             ++i, k = k + 1 == m_past.size() ? 0 : k + 1)
            out += m_taps[i] * m_past[k];
        take(out);
    }
}

} // namespace rtp
