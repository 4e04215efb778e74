// SPDX-License-Identifier: Apache-2.0
#include <rtp/spectrum.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rtp {
namespace {

constexpr std::size_t kHalf = kWindow / 2;
constexpr std::size_t kLobe = 4; // bins to either side that a tone leaks into
constexpr double kFaint = 0.1;   // of the strongest tone's power

/// In place, size a power of two.
void fft(std::array<std::complex<float>, kHalf> &data,
         const std::array<std::complex<float>, kHalf> &twiddle)
{
    for (std::size_t i = 1, j = 0; i < kHalf; ++i) {
        std::size_t bit = kHalf >> 1U;
        for (; (j & bit) != 0; bit >>= 1U)
            j ^= bit;
        j ^= bit;
        if (i < j)
            std::swap(data[i], data[j]);
    }
    for (std::size_t size = 2; size <= kHalf; size *= 2) {
        const std::size_t step = kWindow / size; // the twiddles are those of kWindow
        for (std::size_t start = 0; start < kHalf; start += size) {
            for (std::size_t k = 0; k < size / 2; ++k) {
                const std::complex<float> w = twiddle[k * step], b = data[start + k + size / 2];
                const std::complex<float> odd(w.real() * b.real() - w.imag() * b.imag(),
                                              w.real() * b.imag() + w.imag() * b.real());
                const std::complex<float> even = data[start + k];
                data[start + k] = even + odd;
                data[start + k + size / 2] = even - odd;
            }
        }
    }
}

/// Where the top of a peak lies between bins, by a parabola through the logarithms.
double topOf(const Powers &powers, std::size_t bin)
{
    if (bin == 0 || bin + 1 >= kBins)
        return static_cast<double>(bin);
    const auto log = [&](std::size_t i) { return std::log(std::max(1e-20F, powers[i])); };
    const double left = log(bin - 1), middle = log(bin), right = log(bin + 1);
    const double bend = left - 2 * middle + right;
    const double shift = bend < 0 ? 0.5 * (left - right) / bend : 0;
    return static_cast<double>(bin) + std::clamp(shift, -0.5, 0.5);
}

double sum(const Powers &powers, std::size_t from, std::size_t to)
{
    double all = 0;
    for (std::size_t i = from; i < std::min(to, kBins); ++i)
        all += powers[i];
    return all;
}

/// What clipping makes of a louder tone: a square wave's third harmonic is 9.5 dB below it. No
/// network and no key has two tones of which one is a multiple of the other.
bool isHarmonic(const Peak &peak, const std::vector<Peak> &louder)
{
    constexpr double kMostShare = 0.2, kOff = 0.012, kHighest = 8;
    return std::any_of(louder.begin(), louder.end(), [&peak](const Peak &base) {
        const double times = std::round(peak.hertz / base.hertz);
        return times >= 2 && times <= kHighest && peak.power < kMostShare * base.power &&
               std::abs(peak.hertz - times * base.hertz) < kOff * peak.hertz;
    });
}

} // namespace

Spectrum::Spectrum()
{
    for (std::size_t i = 0; i < kWindow; ++i)
        m_window[i] = static_cast<float>(
            0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / kWindow));
    for (std::size_t i = 0; i < kHalf; ++i) {
        const double angle = -2 * std::numbers::pi * static_cast<double>(i) / kWindow;
        m_twiddle[i] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
    }
}

void Spectrum::of(std::span<const float, kWindow> samples, Powers &out)
{
    // Even samples as real parts, odd ones as imaginary parts: half the work.
    for (std::size_t i = 0; i < kHalf; ++i)
        m_work[i] = {samples[2 * i] * m_window[2 * i], samples[2 * i + 1] * m_window[2 * i + 1]};
    fft(m_work, m_twiddle);
    // Hann's window has a mean square of 3/8; each bin stands for its negative frequency too.
    constexpr float kScale = 2.0F / (0.375F * kWindow * kWindow);
    for (std::size_t k = 0; k < kBins; ++k) {
        const auto a = m_work[k], b = std::conj(m_work[(kHalf - k) % kHalf]);
        const auto even = (a + b) * 0.5F, difference = (a - b) * 0.5F;
        const std::complex<float> odd(difference.imag(), -difference.real());
        const auto w = m_twiddle[k];
        const std::complex<float> turned(w.real() * odd.real() - w.imag() * odd.imag(),
                                         w.real() * odd.imag() + w.imag() * odd.real());
        out[k] = std::norm(even + turned) * kScale;
    }
}

double bandPower(const Powers &powers)
{
    return sum(powers, kFirstBin, kBins);
}

double powerNear(const Powers &powers, double hertz)
{
    const auto bin = static_cast<std::size_t>(std::max(0.0, hertz / kBinHertz + 0.5));
    return sum(powers, bin > kLobe ? bin - kLobe : 0, bin + kLobe + 1);
}

std::vector<Peak> strongest(const Powers &powers, std::size_t most)
{
    std::vector<Peak> out;
    Powers rest = powers;
    while (out.size() < most) {
        const auto *top = std::max_element(rest.begin() + kFirstBin, rest.end());
        if (*top <= 0)
            break;
        const auto bin = static_cast<std::size_t>(top - rest.begin());
        const std::size_t from = bin - kLobe, to = std::min(kBins, bin + kLobe + 1);
        double power = 0, moment = 0;
        for (std::size_t i = from; i < to; ++i) {
            power += rest[i];
            moment += rest[i] * static_cast<double>(i);
            rest[i] = 0;
        }
        out.push_back({moment / power * kBinHertz, power});
    }
    return out;
}

std::vector<Peak> tonesIn(const Powers &mean)
{
    std::vector<Peak> out;
    for (std::size_t i = kFirstBin; i + 1 < kBins; ++i) {
        if (mean[i] > mean[i - 1] && mean[i] >= mean[i + 1])
            out.push_back({topOf(mean, i) * kBinHertz, mean[i]});
    }
    std::sort(out.begin(), out.end(),
              [](const Peak &a, const Peak &b) { return a.power > b.power; });
    const auto faint = std::find_if(out.begin(), out.end(), [&](const Peak &peak) {
        return peak.power < out.front().power * kFaint;
    });
    out.erase(faint, out.end());
    std::vector<Peak> tones;
    for (const Peak &peak : out)
        if (tones.size() < 3 && !isHarmonic(peak, tones))
            tones.push_back(peak);
    return tones;
}

} // namespace rtp
