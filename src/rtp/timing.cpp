// SPDX-License-Identifier: Apache-2.0
#include <rtp/timing.h>

#include <algorithm>
#include <rtp/level.h>

namespace rtp {

namespace {
constexpr std::int64_t kCentury = 3'155'760'000'000'000'000;
constexpr std::int64_t kLongestTransit =
    1'000'000'000'000'000; // 11 days: no jitter, but no overflow either
} // namespace

base::Duration apart(base::Instant a, base::Instant b)
{
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a.ns, b.ns, &difference))
        difference = a.ns < b.ns ? -kCentury : kCentury;
    return base::Duration{std::clamp(difference, -kCentury, kCentury)};
}

void JitterMeter::add(base::Instant arrival, std::uint32_t timestamp, std::uint32_t clock)
{
    // Packets that share a timestamp (one DTMF event of RFC 4733, one video frame) were not sent at
    // that instant: only the first of them tells a transit time.
    if (m_known && timestamp == m_timestamp && clock == m_clock)
        return;
    if (m_known && clock == m_clock) {
        const auto units = static_cast<std::int32_t>(timestamp - m_timestamp);
        const std::int64_t sent = std::int64_t{units} * 1'000'000'000 / clock;
        const std::int64_t difference =
            std::clamp(apart(arrival, m_arrival).count() - sent, -kLongestTransit, kLongestTransit);
        m_sixteenths += (difference < 0 ? -difference : difference) - (m_sixteenths + 8) / 16;
    }
    m_known = true;
    m_arrival = arrival;
    m_timestamp = timestamp;
    m_clock = clock;
}

void LevelMeter::add(base::Instant at, double energy, std::size_t samples)
{
    const std::int64_t number = at.ns / kSlotNs;
    if (number < 0)
        return;
    Slot &slot = m_slots[static_cast<std::size_t>(number % kSlots)];
    if (slot.number != number)
        slot = {number, 0, 0};
    slot.energy += energy;
    slot.samples += samples;
    m_last = number;
}

double LevelMeter::level() const
{
    double energy = 0;
    std::uint64_t samples = 0;
    for (const Slot &slot : m_slots) {
        if (slot.number > m_last - kSlots && slot.number <= m_last) {
            energy += slot.energy;
            samples += slot.samples;
        }
    }
    return samples > 0 ? dbfs(energy / static_cast<double>(samples)) : kFloorDbfs;
}

} // namespace rtp
