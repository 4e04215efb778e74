// SPDX-License-Identifier: Apache-2.0
// When the packets of a stream arrived, by payload type, so that whoever asks later is told how
// many came before a moment that nobody knew of then, as the answer of a call. Values, no threads.
// Bounded.
#pragma once

#include <base/time.h>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rtp {

class Arrivals
{
public:
    /// Packets may come in any order of time. `stock`: times that all streams of a table hold.
    void add(base::Instant at, std::uint8_t payloadType, std::size_t &stock);
    /// Exact for the first 2048 packets of a payload type; of a longer stream, or where very many
    /// streams share the stock, only every second, fourth, ... time is kept and what lies between
    /// is reckoned.
    std::uint64_t before(base::Instant until) const;
    /// The same of one payload type; 0 of those beyond the first 15 of a stream.
    std::uint64_t before(base::Instant until, std::uint8_t payloadType) const;
    /// Packets in all.
    std::uint64_t count() const { return m_count; }
    std::size_t kept() const;

private:
    struct Times {
        int payloadType = 0;             // -1: of several, those that came last to be known
        std::vector<base::Instant> kept; // of packet step, 2 * step, ..., in order of time
        std::uint64_t step = 1, count = 0;
        base::Instant first, last;

        void add(base::Instant at, std::size_t &stock);
        void thin(std::size_t &stock);
        std::uint64_t before(base::Instant until) const;
    };
    Times &of(std::uint8_t payloadType);

    std::vector<Times> m_times; // by payload type, in order of appearance
    std::uint64_t m_count = 0;
};

} // namespace rtp
