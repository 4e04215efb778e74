// SPDX-License-Identifier: Apache-2.0
// How loud a stream was, moment by moment, from its first packet to its last: what a waveform over
// the ladder's clock is drawn from. Values, no threads. At most 1024 cells: they begin with 20 ms
// each and get twice as long whenever the stream outgrows them.
#pragma once

#include <base/time.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rtp {

class Loudness
{
public:
    static constexpr base::Duration kFinest = std::chrono::milliseconds(20);
    static constexpr std::size_t kMostCells = 1024;

    /// A packet that arrived then; `level` in dBFS, nullopt where its codec or cipher hides it.
    /// Packets may come in any order of time.
    void add(base::Instant at, std::optional<double> level);

    enum class Known : std::uint8_t { Nothing, Arrived, Level }; // Nothing: no packet came then
    struct Cell {
        Known known = Known::Nothing;
        double level = -96; // dBFS of the loudest packet, to half a decibel
    };
    std::size_t cells() const { return m_cells.size(); }
    Cell cell(std::size_t index) const;
    base::Instant start() const { return m_start; }
    base::Duration step() const { return m_step; }
    /// The loudest of what lies in [from, to).
    Cell loudest(base::Instant from, base::Instant to) const;

private:
    void fold();
    /// Cells before the first one, for a packet that is older than all that came.
    void makeRoomBefore(base::Instant at);

    base::Instant m_start;
    base::Duration m_step = kFinest;
    std::vector<std::uint8_t> m_cells; // 0 nothing, 1 arrived, from 2 on half decibels above -96
};

} // namespace rtp
