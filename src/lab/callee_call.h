// SPDX-License-Identifier: Apache-2.0
// Private to lab: one call at the callee: INVITE server transaction, reliable provisional responses
// (RFC 3262), dialog, audio. Peers' thread, owned by Callee.
#pragma once

#include <lab/callee.h>
#include <list>

namespace lab {

class CalleeCall
{
public:
    struct Setting {
        Reactor &reactor;
        UdpPort &port;
        const std::vector<Act> &acts;
        base::Duration t1;
        std::string contact;
        std::function<void()> over; // destroys the call
    };
    CalleeCall(Setting setting, const sip::Message &invite, const base::Endpoint &caller,
               std::unique_ptr<RtpSender> audio);
    ~CalleeCall();
    CalleeCall(const CalleeCall &) = delete;
    CalleeCall &operator=(const CalleeCall &) = delete;

    /// Anything else that belongs to this call, the INVITE again included.
    void received(const sip::Message &message, const base::Endpoint &from);

private:
    enum class State { Early, Answered, Refused, Ended };

    void act(const Act &act);
    void provisional(const Act &act);
    void final(const Act &act);
    void refuse(int status);
    void waitingActs();
    void ack(const sip::Message &request);
    void prack(const sip::Message &request, const base::Endpoint &from);
    void hangUp(const sip::Message &request, const base::Endpoint &from);
    void sendBye();
    void end();
    void sendResponse();
    void listen(std::string_view sdp); // where the caller wants its audio
    std::string ownSdp();
    void reply(const sip::Message &request, const base::Endpoint &from, int status,
               const std::string &sdp = {});

    Setting m_setting;
    std::string m_inviteText;
    sip::Message m_invite; // views m_inviteText
    base::Endpoint m_caller;
    std::string m_tag;
    std::unique_ptr<RtpSender> m_audio;
    State m_state = State::Early;
    bool m_sdpSettled = false; // a reliable message carried our SDP and was acknowledged
    bool m_reliableOpen = false,
         m_reliableSdp = false; // one waits for its PRACK, and it carries our SDP
    std::list<Act> m_waiting;   // acts behind it (RFC 3262 section 3)
    std::vector<Reactor::TimerId> m_timers;
    Retransmitter m_resend;     // of the reliable provisional, the final response, or our BYE
    std::string m_lastResponse; // to the INVITE
    std::uint32_t m_rseq, m_prackCseq = 0;
};

} // namespace lab
