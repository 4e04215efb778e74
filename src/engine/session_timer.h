// SPDX-License-Identifier: Apache-2.0
// Private to engine: the session timer of RFC 4028 as the caller has it: what the INVITE asks for,
// what the answer settles, when to refresh and when the other side has missed its turn. Engine
// thread; owned by the call.
#pragma once

#include <engine/timer.h>
#include <sip/message.h>
#include <string>

namespace engine {

class SessionTimer
{
public:
    /// `wanted` seconds; 0: none is asked for.
    SessionTimer(SuLoop &loop, std::uint32_t wanted);

    /// Header lines of an INVITE or UPDATE; empty without a timer. `refresh`: within the dialog.
    std::string headers(bool refresh) const;
    bool wanted() const { return m_interval != 0; }
    /// A 422: asks for more next time. False: it was no honest one, or it came before.
    bool tooSmall(const sip::Message &response);

    struct Deeds {
        std::function<void()> refresh;
        std::function<void()> expired; // nobody refreshed: the session is to be ended
    };
    /// A 2xx to our INVITE or refresh settles who refreshes and when.
    void settled(const sip::Message &response, Deeds deeds);
    /// The other side's refresh came; returns the header line of our 2xx.
    std::string refreshed(const sip::Message &request);
    void stop() { m_timer.stop(); }

private:
    void arm();

    std::uint32_t m_interval, m_minimum = 90; // RFC 4028 section 5
    bool m_weRefresh = false, m_running = false, m_raised = false;
    Deeds m_deeds;
    Timer m_timer;
};

} // namespace engine
