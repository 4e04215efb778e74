// SPDX-License-Identifier: Apache-2.0
// ITU-T G.722 at 64 kbit/s both ways: 16000 samples a second from and to a byte for each two of
// them. Each object is one stream: it adapts to what it heard before. Any one thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtp {

/// The adaptive predictor of one sub-band (blocks 3L/3H and 4L/4H of the recommendation).
class G722Band
{
public:
    G722Band(int firstStep, int largestLog, int shift)
        : m_step(firstStep), m_largestLog(largestLog), m_shift(shift)
    {
    }
    int step() const { return m_step; }
    int prediction() const { return m_prediction; }
    /// The band's next sample from its quantised difference.
    int reconstruct(int difference) const;
    /// Adapts step size and predictor to a quantised difference.
    void adapt(int logStep, int difference);

private:
    void adaptPoles(int partial);
    void adaptZeros(int difference);

    int m_step, m_largestLog, m_shift;
    int m_logStep = 0, m_prediction = 0, m_fromZeros = 0;
    std::array<int, 2> m_reconstructed{}; // newest first
    std::array<int, 2> m_partial{};
    std::array<int, 2> m_poles{};
    std::array<int, 6> m_zeros{}, m_differences{};
};

class G722Decoder
{
public:
    /// Appends two samples for each byte.
    void decode(std::string_view payload, std::vector<std::int16_t> &out);

private:
    G722Band m_low{32, 18432, 8}, m_high{8, 22528, 10};
    std::array<int, 24> m_history{}; // sum and difference of the bands, in turn
};

class G722Encoder
{
public:
    /// A byte for each two samples.
    std::string encode(std::span<const std::int16_t> samples);

private:
    unsigned encodeLow(int sample);
    unsigned encodeHigh(int sample);

    G722Band m_low{32, 18432, 8}, m_high{8, 22528, 10};
    std::array<int, 24> m_history{};
};

} // namespace rtp
