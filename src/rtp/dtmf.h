// SPDX-License-Identifier: Apache-2.0
// Telephone events (RFC 4733 section 2) of one stream as digits: updates and the repeated ends of
// an event are folded into one. Owned by one stream of a StreamTable. Digits are secrets of the
// user: whoever shows them asks first.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rtp {

struct Digit {
    char key = '?';                     // 0-9 * # A-D, '!' flash, '?' another event
    std::uint8_t event = 0, volume = 0; // volume in -dBm0
    std::uint8_t payloadType = 0;
    bool ended = false; // its end came
    base::Instant at;   // arrival of its first packet
    base::Duration length{0};
};

class DtmfReader
{
public:
    /// An event payload? (Four octets, or several with events of one length, the first of them
    /// counts.)
    static bool plausible(std::string_view payload);
    /// `clock` in Hz; events with one timestamp are one event. One that began before the newest is
    /// put where its time is. `digits` are this reader's own: nobody else adds to them.
    void add(base::Instant at, std::uint32_t timestamp, std::uint32_t clock,
             std::string_view payload, std::vector<Digit> &digits, std::uint8_t payloadType = 0);

private:
    struct Event;
    void addEarlier(const Event &event, std::vector<Digit> &digits);

    std::vector<std::uint32_t> m_stamps; // of each digit
    bool m_known = false;
    std::uint32_t m_timestamp = 0, m_duration = 0, m_past = 0;
    std::uint8_t m_event = 0;
};

} // namespace rtp
