// SPDX-License-Identifier: Apache-2.0
// Interarrival jitter (RFC 3550 section 6.4.1) and the loudness of the last second, in integer
// time. Owned by one stream of a StreamTable.
#pragma once

#include <array>
#include <base/time.h>
#include <cstdint>
#include <optional>

namespace rtp {

/// a - b, held within +-100 years so that nonsense stamps stay arithmetic.
base::Duration apart(base::Instant a, base::Instant b);

class JitterMeter
{
public:
    void add(base::Instant arrival, std::uint32_t timestamp, std::uint32_t clock);
    /// The sender started over: its timestamps have nothing to do with the earlier ones.
    void restart() { m_known = false; }
    base::Duration jitter() const { return base::Duration{m_sixteenths / 16}; }

private:
    bool m_known = false;
    base::Instant m_arrival;
    std::uint32_t m_timestamp = 0, m_clock = 0;
    std::int64_t m_sixteenths = 0; // of a nanosecond
};

/// How the sender's clock runs against the arrivals: who is late, how far it drifts.
class ClockMeter
{
public:
    /// True: this packet is late, by more than 100 ms behind the quickest of the last seconds.
    bool add(base::Instant arrival, std::uint32_t timestamp, std::uint32_t clock);
    void restart() { *this = {}; }
    /// Parts per million, above 0 where the sender is slow; nullopt before it can be told: after 15
    /// s, of a clock that is off by 2 % and more after 4 s.
    std::optional<double> skew() const;

private:
    struct Low { // the quickest packet of a window
        base::Instant at;
        std::int64_t transit = 0;
    };
    void turn(base::Instant arrival);
    void turnQuickly(base::Instant arrival, std::int64_t transit);
    std::optional<double> farOff() const;

    bool m_known = false;
    std::uint32_t m_timestamp = 0, m_clock = 0;
    std::int64_t m_units = 0; // of the clock since the first packet
    base::Instant m_first, m_window;
    Low m_low, m_before, m_earliest;
    int m_windows = 0;
    std::array<Low, 16> m_quick{}; // of the first seconds, one each; the last may be under way
    std::size_t m_seconds = 0;
};

class LevelMeter
{
public:
    void add(base::Instant at, double energy, std::size_t samples);
    double level() const; // dBFS over the second that ended with the last packet

private:
    static constexpr std::int64_t kSlots = 10, kSlotNs = 100'000'000;
    struct Slot {
        std::int64_t number = -1;
        double energy = 0;
        std::uint64_t samples = 0;
    };
    std::array<Slot, kSlots> m_slots;
    std::int64_t m_last = -1;
};

} // namespace rtp
