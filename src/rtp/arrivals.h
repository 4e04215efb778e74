// SPDX-License-Identifier: Apache-2.0
// When the packets of a stream arrived, so that whoever asks later is told how many came before a
// moment that nobody knew of then, as the answer of a call. Values, no threads. Bounded.
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
    void add(base::Instant at, std::size_t &stock);
    /// Exact for the first 2048 packets; of a longer stream, or where very many streams share the
    /// stock, only every second, fourth, ... time is kept and what lies between is reckoned.
    std::uint64_t before(base::Instant until) const;
    /// Packets in all.
    std::uint64_t count() const { return m_count; }
    std::size_t kept() const { return m_times.size(); }

private:
    void thin(std::size_t &stock);

    std::vector<base::Instant> m_times; // of packet m_step, 2 * m_step, ..., in order of time
    std::uint64_t m_step = 1, m_count = 0;
    base::Instant m_first, m_last;
};

} // namespace rtp
