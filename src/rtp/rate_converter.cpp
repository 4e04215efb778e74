// SPDX-License-Identifier: Apache-2.0
#include <rtp/rate_converter.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rtp {
namespace {

constexpr int kLobes = 12;    // of the sinc to each side
constexpr int kFine = 256;    // steps of its table in a lobe
constexpr double kCut = 0.94; // of the lower rate's half

} // namespace

void RateConverter::restart()
{
    m_past.assign(static_cast<std::size_t>(std::ceil(m_reach)), 0);
    m_at = static_cast<double>(m_past.size());
}

void RateConverter::tune(std::uint32_t from, std::uint32_t to)
{
    m_fromRate = from;
    m_toRate = to;
    const double width = std::max(1.0, static_cast<double>(from) / to) / kCut; // of a lobe
    m_reach = kLobes * width;
    m_filter.resize(kLobes * kFine + 2);
    for (std::size_t i = 0; i < m_filter.size(); ++i) {
        const double x = static_cast<double>(i) / kFine;
        const double sinc = i == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
        const double window = x >= kLobes ? 0 : 0.5 + 0.5 * std::cos(std::numbers::pi * x / kLobes);
        m_filter[i] = static_cast<float>(sinc * window / width);
    }
    restart();
}

void RateConverter::run(std::span<const std::int16_t> samples, std::uint32_t from, std::uint32_t to,
                        std::vector<float> &out)
{
    if (from == 0 || to == 0)
        return;
    if (from != m_fromRate || to != m_toRate)
        tune(from, to);
    if (from == to) {
        out.insert(out.end(), samples.begin(), samples.end());
        return;
    }
    m_past.insert(m_past.end(), samples.begin(), samples.end());
    const double step = static_cast<double>(from) / to, fine = kLobes * kFine / m_reach;
    for (; m_at + m_reach < static_cast<double>(m_past.size()); m_at += step) {
        const auto first = static_cast<std::size_t>(std::max(0.0, std::ceil(m_at - m_reach)));
        const auto last = static_cast<std::size_t>(m_at + m_reach);
        float sum = 0;
        for (std::size_t i = first; i <= last; ++i)
            sum +=
                m_past[i] *
                m_filter[static_cast<std::size_t>(std::abs(static_cast<double>(i) - m_at) * fine)];
        out.push_back(sum);
    }
    const double gone = std::floor(m_at - m_reach);
    if (gone > 0) {
        m_past.erase(m_past.begin(), m_past.begin() + static_cast<std::ptrdiff_t>(gone));
        m_at -= gone;
    }
}

void RateConverter::finish(std::vector<float> &out)
{
    if (m_fromRate != m_toRate)
        run(std::vector<std::int16_t>(static_cast<std::size_t>(std::ceil(m_reach))), m_fromRate,
            m_toRate, out);
    restart();
}

} // namespace rtp
