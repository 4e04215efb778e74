// SPDX-License-Identifier: Apache-2.0
#include <rtp/loudness.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <rtp/level.h>

namespace rtp {
namespace {

constexpr std::uint8_t kArrived = 1, kFloorCode = 2;

std::uint8_t codeOf(std::optional<double> level)
{
    if (!level)
        return kArrived;
    const double above = std::clamp(*level, kFloorDbfs, 0.0) - kFloorDbfs;
    return static_cast<std::uint8_t>(kFloorCode + std::lround(2 * above));
}

Loudness::Cell cellOf(std::uint8_t code)
{
    if (code < kFloorCode)
        return {code == kArrived ? Loudness::Known::Arrived : Loudness::Known::Nothing, kFloorDbfs};
    return {Loudness::Known::Level, kFloorDbfs + (code - kFloorCode) / 2.0};
}

/// How far `later` is behind `earlier`; times of a hostile file may be centuries apart.
std::uint64_t distance(base::Instant earlier, base::Instant later)
{
    return static_cast<std::uint64_t>(later.ns) - static_cast<std::uint64_t>(earlier.ns);
}

} // namespace

void Loudness::fold()
{
    const std::size_t half = (m_cells.size() + 1) / 2;
    for (std::size_t i = 0; i < half; ++i)
        m_cells[i] = 2 * i + 1 < m_cells.size() ? std::max(m_cells[2 * i], m_cells[2 * i + 1])
                                                : m_cells[2 * i];
    m_cells.resize(half);
    m_step *= 2;
}

void Loudness::makeRoomBefore(base::Instant at)
{
    const auto needed = [&] {
        const auto step = static_cast<std::uint64_t>(m_step.count());
        return distance(at, m_start) / step + (distance(at, m_start) % step != 0 ? 1 : 0);
    };
    while (needed() + m_cells.size() > kMostCells)
        fold();
    const std::size_t cells = needed();
    m_cells.insert(m_cells.begin(), cells, 0);
    // Rounded up to whole cells it might be before all time.
    const std::int64_t least = std::numeric_limits<std::int64_t>::min();
    const std::uint64_t room = cells * static_cast<std::uint64_t>(m_step.count());
    m_start.ns =
        room > distance({least}, m_start) ? least : m_start.ns - static_cast<std::int64_t>(room);
}

void Loudness::add(base::Instant at, std::optional<double> level)
{
    if (m_cells.empty())
        m_start = at;
    else if (at < m_start)
        makeRoomBefore(at);
    const auto index = [&] {
        return distance(m_start, at) / static_cast<std::uint64_t>(m_step.count());
    };
    while (index() >= kMostCells)
        fold();
    const std::size_t place = index();
    if (place >= m_cells.size())
        m_cells.resize(place + 1);
    m_cells[place] = std::max(m_cells[place], codeOf(level));
}

Loudness::Cell Loudness::cell(std::size_t index) const
{
    return index < m_cells.size() ? cellOf(m_cells[index]) : Cell{};
}

Loudness::Cell Loudness::loudest(base::Instant from, base::Instant to) const
{
    if (m_cells.empty() || to <= m_start || from >= to)
        return {};
    const auto step = static_cast<std::uint64_t>(m_step.count());
    const std::uint64_t first = from <= m_start ? 0 : distance(m_start, from) / step;
    const std::uint64_t end =
        std::min<std::uint64_t>((distance(m_start, to) - 1) / step + 1, m_cells.size());
    std::uint8_t most = 0;
    for (std::uint64_t i = first; i < end; ++i)
        most = std::max(most, m_cells[i]);
    return cellOf(most);
}

} // namespace rtp
