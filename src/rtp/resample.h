// SPDX-License-Identifier: Apache-2.0
// Sound of any usual rate down to 8 kHz, as it comes. What lies above 3.6 kHz is taken out first,
// so that it does not fold back into the telephone band.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace rtp {

class Resampler
{
public:
    /// `take` gets samples at 8 kHz, full scale being 1. Rates below 8000 Hz give none.
    void run(std::span<const std::int16_t> samples, std::uint32_t rate,
             const std::function<void(float)> &take);

private:
    void tune(std::uint32_t rate);

    std::uint32_t m_rate = 0;
    std::vector<float> m_taps, m_past;
    std::size_t m_at = 0;
    double m_phase = 0; // of the next sample at 8 kHz, in samples of the input
};

} // namespace rtp
