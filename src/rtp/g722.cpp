// SPDX-License-Identifier: Apache-2.0
#include <rtp/g722.h>

#include <algorithm>
#include <cstdlib>

namespace rtp {
namespace {

// Figures of ITU-T G.722, tables 11 to 21.
constexpr std::array<int, 12> kFilter{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};
constexpr std::array<int, 32> kAntilog{
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};
// How the step size follows: by the four upper bits of the low band's code, the two of the high's.
constexpr std::array<int, 8> kLowLog{-60, -30, 58, 172, 334, 538, 1198, 3042};
constexpr std::array<int, 16> kLowLogIndex{0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0};
constexpr std::array<int, 2> kHighLog{798, -214}; // outer level, inner level
// The inverse quantisers: magnitudes from the innermost level outwards.
constexpr std::array<int, 8> kLow4{0, 1200, 2584, 4240, 6288, 8968, 12896, 20456};
constexpr std::array<int, 30> kLow6{136,   432,   728,   1040,  1360,  1688,  2032,  2400,
                                    2776,  3168,  3576,  4008,  4464,  4944,  5456,  6000,
                                    6576,  7192,  7856,  8576,  9360,  10232, 11192, 12280,
                                    13512, 14984, 16704, 19008, 21904, 24808};
constexpr std::array<int, 30> kLowDecision{
    0,   35,  72,  110, 150,  190,  233,  276,  323,  370,  422,  473,  530,  587,  650,
    714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};
constexpr int kHighInner = 1616, kHighOuter = 7408, kHighDecision = 564;

int limited(int value)
{
    return std::clamp(value, -32768, 32767);
}

/// The four upper bits of a low band code as a signed level.
int lowLevel4(unsigned code4)
{
    if (code4 == 0)
        return 0;
    if (code4 < 8)
        return -kLow4[8 - code4];
    return kLow4[15 - code4];
}

/// All six bits. Four codes that no encoder sends read as the innermost negative level.
int lowLevel6(unsigned code6)
{
    if (code6 < 4)
        return -kLow6[0];
    if (code6 < 32)
        return -kLow6[33 - code6];
    if (code6 < 62)
        return kLow6[61 - code6];
    return code6 == 62 ? -kLow6[1] : -kLow6[0];
}

int highLevel(unsigned code)
{
    const int magnitude = (code & 1U) != 0 ? kHighInner : kHighOuter;
    return (code & 2U) != 0 ? magnitude : -magnitude;
}

void adaptLow(G722Band &band, unsigned code6)
{
    const unsigned code4 = code6 >> 2U;
    band.adapt(kLowLog[static_cast<std::size_t>(kLowLogIndex[code4])],
               band.step() * lowLevel4(code4) >> 15);
}

void adaptHigh(G722Band &band, unsigned code)
{
    band.adapt(kHighLog[code & 1U], band.step() * highLevel(code) >> 15);
}

} // namespace

int G722Band::reconstruct(int difference) const
{
    return limited(m_prediction + difference);
}

void G722Band::adaptPoles(int partial)
{
    const bool same0 = (partial ^ m_partial[0]) >= 0, same1 = (partial ^ m_partial[1]) >= 0;
    const int first = limited(m_poles[0] * 4);
    int turn = same0 ? -first : first;
    turn = std::min(turn, 32767);
    int second = (same1 ? 128 : -128) + (turn >> 7) + (m_poles[1] * 32512 >> 15);
    second = std::clamp(second, -12288, 12288);
    int next = (same0 ? 192 : -192) + (m_poles[0] * 32640 >> 15);
    const int most = limited(15360 - second);
    next = std::clamp(next, -most, most);
    m_poles = {next, second};
}

void G722Band::adaptZeros(int difference)
{
    const int change = difference == 0 ? 0 : 128;
    for (std::size_t i = 0; i < m_zeros.size(); ++i) {
        const bool same = (difference ^ m_differences[i]) >= 0;
        m_zeros[i] = limited((same ? change : -change) + (m_zeros[i] * 32640 >> 15));
    }
}

void G722Band::adapt(int logStep, int difference)
{
    m_logStep = std::clamp((m_logStep * 127 >> 7) + logStep, 0, m_largestLog);
    const int whole = m_shift - (m_logStep >> 11);
    const int fraction = kAntilog[static_cast<std::size_t>(m_logStep >> 6 & 31)];
    m_step = (whole < 0 ? fraction << -whole : fraction >> whole) * 4;

    const int partial = limited(m_fromZeros + difference);
    const int reconstructed = reconstruct(difference);
    adaptPoles(partial);
    adaptZeros(difference);
    std::copy_backward(m_differences.begin(), m_differences.end() - 1, m_differences.end());
    m_differences[0] = difference;
    m_partial = {partial, m_partial[0]};
    m_reconstructed = {reconstructed, m_reconstructed[0]};

    int poles = 0;
    for (std::size_t i = 0; i < m_poles.size(); ++i)
        poles += m_poles[i] * limited(m_reconstructed[i] * 2) >> 15;
    int zeros = 0;
    for (std::size_t i = 0; i < m_zeros.size(); ++i)
        zeros += m_zeros[i] * limited(m_differences[i] * 2) >> 15;
    m_fromZeros = limited(zeros);
    m_prediction = limited(limited(poles) + m_fromZeros);
}

void G722Decoder::decode(std::string_view payload, std::vector<std::int16_t> &out)
{
    for (const char byte : payload) {
        const unsigned code = static_cast<unsigned char>(byte);
        const unsigned lowCode = code & 0x3FU, highCode = code >> 6U;
        const int low =
            std::clamp(m_low.reconstruct(m_low.step() * lowLevel6(lowCode) >> 15), -16384, 16383);
        adaptLow(m_low, lowCode);
        const int high = std::clamp(m_high.reconstruct(m_high.step() * highLevel(highCode) >> 15),
                                    -16384, 16383);
        adaptHigh(m_high, highCode);

        std::copy(m_history.begin() + 2, m_history.end(), m_history.begin());
        m_history[22] = low + high;
        m_history[23] = low - high;
        int even = 0, odd = 0;
        for (std::size_t i = 0; i < kFilter.size(); ++i) {
            even += m_history[2 * i] * kFilter[i];
            odd += m_history[2 * i + 1] * kFilter[kFilter.size() - 1 - i];
        }
        out.push_back(static_cast<std::int16_t>(limited(odd >> 11)));
        out.push_back(static_cast<std::int16_t>(limited(even >> 11)));
    }
}

unsigned G722Encoder::encodeLow(int sample)
{
    const int difference = limited(sample - m_low.prediction());
    const int size = difference < 0 ? -(difference + 1) : difference;
    std::size_t level = 1;
    while (level < kLowDecision.size() && size >= kLowDecision[level] * m_low.step() >> 12)
        ++level;
    if (difference >= 0)
        return static_cast<unsigned>(62 - level);
    return static_cast<unsigned>(level < 3 ? 64 - level : 34 - level);
}

unsigned G722Encoder::encodeHigh(int sample)
{
    const int difference = limited(sample - m_high.prediction());
    const int size = difference < 0 ? -(difference + 1) : difference;
    const bool inner = size < kHighDecision * m_high.step() >> 12;
    return (difference < 0 ? 0U : 2U) | (inner ? 1U : 0U);
}

std::string G722Encoder::encode(std::span<const std::int16_t> samples)
{
    std::string out;
    out.reserve(samples.size() / 2);
    for (std::size_t at = 0; at + 1 < samples.size(); at += 2) {
        std::copy(m_history.begin() + 2, m_history.end(), m_history.begin());
        m_history[22] = samples[at];
        m_history[23] = samples[at + 1];
        int even = 0, odd = 0;
        for (std::size_t i = 0; i < kFilter.size(); ++i) {
            odd += m_history[2 * i] * kFilter[i];
            even += m_history[2 * i + 1] * kFilter[kFilter.size() - 1 - i];
        }
        const unsigned low = encodeLow((even + odd) >> 14), high = encodeHigh((even - odd) >> 14);
        adaptLow(m_low, low);
        adaptHigh(m_high, high);
        out += static_cast<char>(high << 6U | low);
    }
    return out;
}

} // namespace rtp
