// SPDX-License-Identifier: Apache-2.0
#include <rtp/arrivals.h>

#include <algorithm>

namespace rtp {
namespace {

constexpr std::size_t kMostTimes = 2048;             // 40 s of 20 ms packets
constexpr std::size_t kFewTimes = 64;                // that every stream may have
constexpr std::size_t kMostTimesOfAll = 4ULL << 20U; // 32 MiB
constexpr std::size_t kMostTypes = 16;
constexpr int kSeveral = -1;

} // namespace

void Arrivals::add(base::Instant at, std::uint8_t payloadType, std::size_t &stock)
{
    ++m_count;
    of(payloadType).add(at, stock);
}

Arrivals::Times &Arrivals::of(std::uint8_t payloadType)
{
    for (Times &times : m_times)
        if (times.payloadType == payloadType || times.payloadType == kSeveral)
            return times;
    Times fresh;
    fresh.payloadType = m_times.size() + 1 < kMostTypes ? payloadType : kSeveral;
    m_times.push_back(std::move(fresh));
    return m_times.back();
}

void Arrivals::Times::add(base::Instant at, std::size_t &stock)
{
    first = count == 0 ? at : std::min(first, at);
    last = count == 0 ? at : std::max(last, at);
    if (++count % step != 0)
        return;
    if (kept.empty() || at >= kept.back())
        kept.push_back(at);
    else // of a second capture of the same minutes, or overtaken
        kept.insert(std::upper_bound(kept.begin(), kept.end(), at), at);
    ++stock;
    const std::size_t most = stock >= kMostTimesOfAll ? kFewTimes : kMostTimes;
    while (kept.size() >= most)
        thin(stock);
}

void Arrivals::Times::thin(std::size_t &stock)
{
    const std::size_t half = kept.size() / 2;
    for (std::size_t i = 0; i < half; ++i)
        kept[i] = kept[2 * i + 1];
    stock -= kept.size() - half;
    kept.resize(half);
    step *= 2;
}

std::uint64_t Arrivals::Times::before(base::Instant until) const
{
    if (count == 0 || until <= first)
        return 0;
    if (until > last)
        return count;
    const auto next = std::lower_bound(kept.begin(), kept.end(), until);
    const auto index = static_cast<std::uint64_t>(next - kept.begin());
    if (step == 1)
        return index;
    const base::Instant from = index == 0 ? first : *(next - 1);
    const base::Instant to = next == kept.end() ? last : *next;
    const std::uint64_t low = index == 0 ? 1 : index * step;
    const std::uint64_t high = next == kept.end() ? count : (index + 1) * step;
    const double part = to > from ? base::toSeconds(until - from) / base::toSeconds(to - from) : 0;
    const auto between = static_cast<std::uint64_t>(part * static_cast<double>(high - low));
    return std::min(low + between, std::max(low, high - 1));
}

std::uint64_t Arrivals::before(base::Instant until) const
{
    std::uint64_t packets = 0;
    for (const Times &times : m_times)
        packets += times.before(until);
    return packets;
}

std::uint64_t Arrivals::before(base::Instant until, std::uint8_t payloadType) const
{
    for (const Times &times : m_times)
        if (times.payloadType == payloadType)
            return times.before(until);
    return 0;
}

std::size_t Arrivals::kept() const
{
    std::size_t all = 0;
    for (const Times &times : m_times)
        all += times.kept.size();
    return all;
}

} // namespace rtp
