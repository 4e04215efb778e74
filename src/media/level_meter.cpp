// SPDX-License-Identifier: Apache-2.0
#include "level_meter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace media {

namespace {

constexpr double kFull = 32768;
constexpr std::size_t kShortTerm = 5; // windows of 20 ms in level() and peak()

double decibel(double meanSquare)
{
    if (meanSquare <= 0)
        return kFloorLevel;
    return std::max(kFloorLevel, 10 * std::log10(meanSquare / (kFull * kFull)));
}

} // namespace

double levelOf(std::span<const std::int16_t> samples)
{
    double square = 0;
    for (const auto s : samples)
        square += static_cast<double>(s) * s;
    return samples.empty() ? kFloorLevel : decibel(square / static_cast<double>(samples.size()));
}

void LevelMeter::add(std::span<const std::int16_t> samples, std::uint32_t rate)
{
    const std::uint32_t window = std::max(1U, rate / 50);
    if (window != m_window) {
        m_window = window;
        m_filled = 0;
        m_square = 0;
    }
    for (const auto s : samples) {
        const double square = static_cast<double>(s) * s;
        m_square += square;
        m_allSquares += square;
        m_highest = std::max(m_highest, std::abs(static_cast<int>(s)));
        if (++m_filled >= m_window)
            close();
    }
    m_allSamples += samples.size();
}

void LevelMeter::close()
{
    const std::size_t at = m_closed % kKept;
    m_levels[at] = static_cast<float>(decibel(m_square / m_filled));
    m_peaks[at] = static_cast<float>(m_highest);
    ++m_closed;
    m_filled = 0;
    m_square = 0;
    m_highest = 0;
}

void LevelMeter::clear()
{
    *this = LevelMeter();
}

double LevelMeter::level() const
{
    const std::size_t count = std::min<std::size_t>(kShortTerm, m_closed);
    double power = 0;
    for (std::size_t i = 1; i <= count; ++i)
        power += std::pow(10, m_levels[(m_closed - i) % kKept] / 10);
    return count == 0 ? kFloorLevel
                      : std::max(kFloorLevel, 10 * std::log10(power / static_cast<double>(count)));
}

double LevelMeter::peak() const
{
    float highest = 0;
    for (std::size_t i = 1; i <= std::min<std::size_t>(kShortTerm, m_closed); ++i)
        highest = std::max(highest, m_peaks[(m_closed - i) % kKept]);
    return decibel(static_cast<double>(highest) * highest);
}

double LevelMeter::mean() const
{
    return m_allSamples == 0 ? kFloorLevel
                             : decibel(m_allSquares / static_cast<double>(m_allSamples));
}

std::vector<float> LevelMeter::waveform() const
{
    const std::size_t count = std::min<std::size_t>(kKept, m_closed);
    std::vector<float> out;
    out.reserve(count);
    for (std::size_t i = count; i > 0; --i)
        out.push_back(m_levels[(m_closed - i) % kKept]);
    return out;
}

} // namespace media
