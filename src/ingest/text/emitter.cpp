// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/emitter.h>

#include <utility>

namespace ingest::text {
namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;
constexpr std::size_t kMostWaiting = 64;

} // namespace

base::Instant Emitter::resolve(const Moment &moment)
{
    if (!moment.known())
        return {};
    if (moment.tells != Moment::Tells::Clock) {
        const base::Instant time =
            moment.tells == Moment::Tells::NoYear ? withYear(moment.time) : moment.time;
        m_day = time.ns / kDay * kDay;
        m_clock = time.ns - m_day;
        return time;
    }
    if (m_day == 0)
        m_day = kDay; // the second day of 1970: midnight is a time too
    if (m_clock >= 0 && moment.time.ns + kDay / 2 < m_clock)
        m_day += kDay;
    m_clock = moment.time.ns;
    return {m_day + moment.time.ns};
}

/// A log goes on: from December to January it is another year. What is a little earlier than the
/// line before is not.
base::Instant Emitter::withYear(base::Instant told)
{
    constexpr std::int64_t kHalfYear = 183 * kDay, kYear = 366 * kDay; // 1972 was a leap year
    if (m_yearless >= 0 && told.ns + m_turns + kHalfYear < m_yearless && m_turns == 0)
        m_turns += kYear;
    else if (m_turns != 0 && told.ns + m_turns > m_yearless + kHalfYear)
        m_turns = 0; // lines of the old year that come late
    m_yearless = told.ns + m_turns;
    return {m_yearless};
}

void Emitter::emit(base::Packet packet)
{
    if (m_timeless) {
        packet.time = {++m_number};
    } else if (packet.time.known()) {
        flush(packet.time);
        m_last = packet.time;
    } else if (m_last.known()) {
        packet.time = m_last;
    } else {
        m_waiting.push_back(std::move(packet));
        if (m_waiting.size() > kMostWaiting)
            finish();
        return;
    }
    hand(std::move(packet));
}

void Emitter::flush(base::Instant time)
{
    for (base::Packet &packet : std::exchange(m_waiting, {})) {
        packet.time = time;
        hand(std::move(packet));
    }
}

void Emitter::finish()
{
    m_timeless = m_timeless || !m_waiting.empty();
    for (base::Packet &packet : std::exchange(m_waiting, {})) {
        packet.time = {++m_number};
        hand(std::move(packet));
    }
}

void Emitter::hand(base::Packet packet)
{
    if (m_refused)
        return;
    ++m_outcome.progress.packets;
    m_refused = !m_sink.emit(std::move(packet));
}

} // namespace ingest::text
