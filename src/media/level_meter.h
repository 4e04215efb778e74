// SPDX-License-Identifier: Apache-2.0
// Loudness of what goes by: root mean square per 20 ms in dBFS (0 = full-scale square wave), the
// newest 512 of them, and level and peak of the last 100 ms. Media thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace media {

constexpr double kFloorLevel = -96; // what 16 bits can tell; also "nothing heard"

/// Root mean square of the samples in dBFS, never below the floor.
double levelOf(std::span<const std::int16_t> samples);

class LevelMeter
{
public:
    void add(std::span<const std::int16_t> samples, std::uint32_t rate);
    void clear();

    double level() const; // last 100 ms
    double peak() const;  // last 100 ms
    double mean() const;  // since clear()
    /// Oldest first, at most 512 levels of 20 ms.
    std::vector<float> waveform() const;

private:
    void close();

    static constexpr std::size_t kKept = 512;
    std::vector<float> m_levels = std::vector<float>(kKept, static_cast<float>(kFloorLevel));
    std::vector<float> m_peaks = std::vector<float>(kKept, 0.F);
    std::uint64_t m_closed = 0; // windows of 20 ms so far
    double m_square = 0;
    double m_allSquares = 0;
    std::uint64_t m_allSamples = 0;
    std::uint32_t m_filled = 0, m_window = 160;
    int m_highest = 0;
};

} // namespace media
