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

bool ClockMeter::add(base::Instant arrival, std::uint32_t timestamp, std::uint32_t clock)
{
    constexpr std::int64_t kLate = 100'000'000, kJump = 5'000'000'000;
    if (!m_known || clock != m_clock) {
        restart();
        m_known = true;
        m_clock = clock;
        m_timestamp = timestamp;
        m_first = m_window = arrival;
        m_low = {arrival, 0};
        return false;
    }
    m_units += static_cast<std::int32_t>(timestamp - m_timestamp);
    m_timestamp = timestamp;
    const std::int64_t seconds = m_units / clock;
    const std::int64_t sent = seconds * 1'000'000'000 + m_units % clock * 1'000'000'000 / clock;
    const std::int64_t transit = apart(arrival, m_first).count() - sent;
    const std::int64_t best =
        m_windows > 0 ? std::min(m_low.transit, m_before.transit) : m_low.transit;
    if (transit - best > kJump || best - transit > kJump) { // another clock altogether
        restart();
        return add(arrival, timestamp, clock);
    }
    if (transit < m_low.transit)
        m_low = {arrival, transit};
    turn(arrival);
    return transit - best > kLate;
}

void ClockMeter::turn(base::Instant arrival)
{
    constexpr base::Duration kWindow = std::chrono::seconds(5);
    if (apart(arrival, m_window) < kWindow)
        return;
    if (m_windows++ == 0)
        m_earliest = m_low;
    m_before = m_low;
    m_window = arrival;
    m_low = {arrival, INT64_MAX};
}

std::optional<double> ClockMeter::skew() const
{
    constexpr base::Duration kEnough = std::chrono::seconds(10);
    const base::Duration span = apart(m_before.at, m_earliest.at);
    if (m_windows < 3 || span < kEnough)
        return std::nullopt;
    return static_cast<double>(m_before.transit - m_earliest.transit) /
           static_cast<double>(span.count()) * 1e6;
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
