// SPDX-License-Identifier: Apache-2.0
#include <rtp/arrivals.h>

#include <algorithm>

namespace rtp {
namespace {

constexpr std::size_t kMostTimes = 2048;             // 40 s of 20 ms packets
constexpr std::size_t kFewTimes = 64;                // that every stream may have
constexpr std::size_t kMostTimesOfAll = 4ULL << 20U; // 32 MiB

} // namespace

void Arrivals::add(base::Instant at, std::size_t &stock)
{
    m_first = m_count == 0 ? at : std::min(m_first, at);
    m_last = m_count == 0 ? at : std::max(m_last, at);
    if (++m_count % m_step != 0)
        return;
    if (m_times.empty() || at >= m_times.back())
        m_times.push_back(at);
    else // of a second capture of the same minutes, or overtaken
        m_times.insert(std::upper_bound(m_times.begin(), m_times.end(), at), at);
    ++stock;
    const std::size_t most = stock >= kMostTimesOfAll ? kFewTimes : kMostTimes;
    while (m_times.size() >= most)
        thin(stock);
}

void Arrivals::thin(std::size_t &stock)
{
    const std::size_t half = m_times.size() / 2;
    for (std::size_t i = 0; i < half; ++i)
        m_times[i] = m_times[2 * i + 1];
    stock -= m_times.size() - half;
    m_times.resize(half);
    m_step *= 2;
}

std::uint64_t Arrivals::before(base::Instant until) const
{
    if (m_count == 0 || until <= m_first)
        return 0;
    if (until > m_last)
        return m_count;
    const auto next = std::lower_bound(m_times.begin(), m_times.end(), until);
    const auto index = static_cast<std::uint64_t>(next - m_times.begin());
    if (m_step == 1)
        return index;
    const base::Instant from = index == 0 ? m_first : *(next - 1);
    const base::Instant to = next == m_times.end() ? m_last : *next;
    const std::uint64_t low = index == 0 ? 1 : index * m_step;
    const std::uint64_t high = next == m_times.end() ? m_count : (index + 1) * m_step;
    const double part = to > from ? base::toSeconds(until - from) / base::toSeconds(to - from) : 0;
    const auto between = static_cast<std::uint64_t>(part * static_cast<double>(high - low));
    return std::min(low + between, std::max(low, high - 1));
}

} // namespace rtp
