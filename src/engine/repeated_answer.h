// SPDX-License-Identifier: Apache-2.0
// Private to engine: our 2xx to an INVITE or re-INVITE, said again until its ACK comes (RFC 3261
// section 13.3.1.4; nta leaves that to us without NTATAG_UA). Over connections too, for there may
// be datagrams further on. Engine thread; owned by the call.
#pragma once

#include <engine/sofia.h>
#include <engine/timer.h>
#include <sip/message.h>
#include <string>

namespace engine {

class RepeatedAnswer
{
public:
    RepeatedAnswer(SuLoop &loop, base::Duration t1);
    ~RepeatedAnswer();
    RepeatedAnswer(const RepeatedAnswer &) = delete;
    RepeatedAnswer &operator=(const RepeatedAnswer &) = delete;

    struct Answer {
        std::uint32_t cseq = 0; // the INVITE's
        std::string headers, sdp;
        bool offers = false; // the SDP is an offer, which the ACK has to answer
    };
    /// Sends it, then again after T1, doubling up to T2. `lost`: 64*T1 went by without the ACK, so
    /// the dialog is to be ended. Takes `invite` over.
    void send(nta_incoming_t *invite, Answer answer, std::function<void()> lost);
    /// True: it is the ACK that was awaited. One that comes again, or of another INVITE, is not.
    bool acknowledged(const sip::Message &ack);
    bool waiting() const { return m_repeat.running(); }
    /// An offer of ours is still open.
    bool offering() const { return waiting() && m_answer.offers; }
    void stop() { m_repeat.stop(); }

private:
    void sendNow();

    base::Duration m_t1, m_after{0}, m_elapsed{0};
    nta_incoming_t *m_invite = nullptr;
    Answer m_answer;
    std::function<void()> m_lost;
    Timer m_repeat;
};

} // namespace engine
