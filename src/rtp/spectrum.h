// SPDX-License-Identifier: Apache-2.0
// The spectrum of 64 ms of telephone sound, and what stands out of it.
#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

namespace rtp {

constexpr int kEarRate = 8000;        // Hz; what is heard is judged at this rate
constexpr std::size_t kWindow = 512;  // samples, Hann
constexpr std::size_t kBins = 232;    // up to 3.6 kHz
constexpr std::size_t kFirstBin = 13; // 200 Hz: below it is hum
constexpr double kBinHertz = static_cast<double>(kEarRate) / kWindow;

using Powers = std::array<float, kBins>; // mean square per bin, full scale being 1

class Spectrum
{
public:
    Spectrum();
    void of(std::span<const float, kWindow> samples, Powers &out);

private:
    std::array<float, kWindow> m_window{};
    std::array<std::complex<float>, kWindow / 2> m_twiddle{}, m_work{};
};

struct Peak {
    double hertz = 0;
    double power = 0; // with what leaks into its neighbours
};

/// Sum over kFirstBin and up, mean square.
double bandPower(const Powers &powers);
/// Power within four bins of a frequency.
double powerNear(const Powers &powers, double hertz);
/// The strongest, and the next that stands clear of it; none in silence.
std::vector<Peak> strongest(const Powers &powers, std::size_t most);
/// Separate tones in the mean of many spectra, at most three, strongest first; quieter ones than
/// 10 dB below the strongest are left out, and so is what clipping makes of one. Tells tones apart
/// that lie 30 Hz or more from another.
std::vector<Peak> tonesIn(const Powers &mean);

} // namespace rtp
