// SPDX-License-Identifier: Apache-2.0
// Private to ingest: hands the packets of a log on with the times that it gives, in the range that
// base::Instant keeps for what was not told. One importer's thread; owned by the reader.
#pragma once

#include <ingest/source.h>
#include <ingest/text/moment.h>
#include <vector>

namespace ingest::text {

class Emitter
{
public:
    Emitter(const Sink &sink, Outcome &outcome) : m_sink(sink), m_outcome(outcome) {}

    /// The time a line told; unknown if it told none. In the order of the log: a clock that runs
    /// back passed midnight, and a date without a year that falls back by months a new year.
    base::Instant resolve(const Moment &moment);
    /// A packet whose time is unknown takes that of the one before it; before the first known one
    /// it waits for that, and where no time ever comes an order is all there is.
    void emit(base::Packet packet);
    void finish();
    bool refused() const { return m_refused; }

private:
    base::Instant withYear(base::Instant told);
    void hand(base::Packet packet);
    void flush(base::Instant time);

    const Sink &m_sink;
    Outcome &m_outcome;
    std::vector<base::Packet> m_waiting;
    std::int64_t m_day = 0; // of the last time that told one, ns
    std::int64_t m_clock = -1;
    std::int64_t m_turns = 0, m_yearless = -1; // of dates without a year: added, and the last, ns
    base::Instant m_last;
    std::int64_t m_number = 0; // of packets without a time
    bool m_timeless = false, m_refused = false;
};

} // namespace ingest::text
