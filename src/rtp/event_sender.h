// SPDX-License-Identifier: Apache-2.0
// Key presses as telephone events (RFC 4733 section 2.5), a packet for each turn of a sender: the
// updates of an event, its end three times, then the pause before the next. Pure.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace rtp {

/// 0-9 * # A-D and '!' (flash) as event numbers; nullopt: no such key.
std::optional<std::uint8_t> eventOf(char key);

class EventSender
{
public:
    struct Timing {
        base::Duration length = std::chrono::milliseconds(160); // 40 ms to 1 s
        base::Duration pause = std::chrono::milliseconds(100);  // behind each, from 40 ms
        std::uint8_t volume = 10;                               // -dBm0, 0-63
    };
    struct Out {
        std::uint32_t timestamp = 0; // when the event began
        bool marker = false;
        std::string payload;
    };

    /// Queued behind those that wait, at most 256; what is no key is left out. Returns how many.
    std::size_t press(std::string_view keys, const Timing &timing);
    /// Nothing waits or runs any more.
    void clear();
    bool busy() const { return m_running || !m_waiting.empty(); }
    /// What goes out now, nullopt: no event, so sound may go. `timestamp` is the stream's now, and
    /// `step` RTP units pass until the next turn, which are `turn` long.
    std::optional<Out> next(std::uint32_t timestamp, std::uint32_t step, base::Duration turn);
    std::uint64_t pressed() const { return m_pressed; } // events that came to their end

private:
    struct Event {
        std::uint8_t number = 0;
        Timing timing;
    };
    std::deque<Event> m_waiting;
    Event m_event;
    bool m_running = false;
    std::uint32_t m_begin = 0, m_duration = 0;
    base::Duration m_lasted{0}, m_pause{0};
    int m_ends = 0; // that were sent
    std::uint64_t m_pressed = 0;
};

} // namespace rtp
