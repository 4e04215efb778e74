// SPDX-License-Identifier: Apache-2.0
#include <rtp/timing.h>

#include <algorithm>
#include <cmath>
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
        m_low = m_quick[0] = {arrival, 0};
        m_seconds = 1;
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
    turnQuickly(arrival, transit);
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

void ClockMeter::turnQuickly(base::Instant arrival, std::int64_t transit)
{
    const std::int64_t second = apart(arrival, m_first).count() / 1'000'000'000;
    if (second < 0 || second >= static_cast<std::int64_t>(m_quick.size()))
        return;
    const auto now = static_cast<std::size_t>(second);
    if (now + 1 > m_seconds) {
        m_seconds = now + 1;
        m_quick[now] = {arrival, transit};
    } else if (transit < m_quick[now].transit || !m_quick[now].at.known()) {
        m_quick[now] = {arrival, transit};
    }
}

/// Such a clock shows within seconds: it drifts by as much in each half of the time, which a queue
/// that fills or empties does not.
std::optional<double> ClockMeter::farOff() const
{
    constexpr std::size_t kLeast = 5; // seconds, the last of them under way
    constexpr double kFar = 0.02, kAlike = 0.25;
    if (m_seconds < kLeast)
        return std::nullopt;
    const auto slope = [](const Low &from, const Low &to) {
        const auto span = apart(to.at, from.at).count();
        return span > 0 ? static_cast<double>(to.transit - from.transit) / static_cast<double>(span)
                        : 0.0;
    };
    const Low &first = m_quick[0], &middle = m_quick[(m_seconds - 2) / 2],
              &last = m_quick[m_seconds - 2];
    if (!middle.at.known() || !last.at.known())
        return std::nullopt;
    const double whole = slope(first, last), early = slope(first, middle),
                 late = slope(middle, last);
    if (std::abs(whole) < kFar || std::abs(early - late) > kAlike * std::abs(whole))
        return std::nullopt;
    return whole * 1e6;
}

std::optional<double> ClockMeter::skew() const
{
    constexpr base::Duration kEnough = std::chrono::seconds(10);
    const base::Duration span = apart(m_before.at, m_earliest.at);
    if (m_windows < 3 || span < kEnough)
        return farOff();
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
