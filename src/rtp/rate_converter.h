// SPDX-License-Identifier: Apache-2.0
// Sound at one rate as sound at another, as it comes, by a windowed sinc: what the lower of the two
// rates cannot hold is taken out. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtp {

class RateConverter
{
public:
    /// Appends what `samples` make; a change of rates begins anew. Rates in Hz, above 0.
    void run(std::span<const std::int16_t> samples, std::uint32_t from, std::uint32_t to,
             std::vector<float> &out);
    /// Appends what the last samples still make; what follows begins anew.
    void finish(std::vector<float> &out);
    void restart();

private:
    void tune(std::uint32_t from, std::uint32_t to);

    std::uint32_t m_fromRate = 0, m_toRate = 0;
    double m_reach = 0;          // of the filter to each side, in samples that come
    std::vector<float> m_filter; // its right half
    std::vector<float> m_past;   // samples that may still count
    double m_at = 0;             // of the next sample that goes out, in m_past
};

} // namespace rtp
