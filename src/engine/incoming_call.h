// SPDX-License-Identifier: Apache-2.0
// Private to engine: a call that came in. Rings, is answered or declined by hand; repeats its 2xx
// until the ACK (nta leaves that to us without NTATAG_UA). Engine thread; owned by the switchboard.
#pragma once

#include <engine/call.h>
#include <engine/transaction.h>
#include <utility>

namespace engine {

/// CANCEL of an incoming INVITE.
class CancelHandler
{
public:
    virtual ~CancelHandler() = default;
    virtual void onCancel() = 0;
    static int called(CancelHandler *self, nta_incoming_t *request, const sip_t *sip) noexcept;
};

/// The PRACK of a reliable response of ours, or none in time.
class ReliableHandler
{
public:
    virtual ~ReliableHandler() = default;
    virtual void onPrack(bool came) = 0;
    static int called(ReliableHandler *self, nta_reliable_t *reliable, nta_incoming_t *prack,
                      const sip_t *sip) noexcept;
};

/// By which account and flow it came; regId 0: by none.
struct ArrivedBy {
    AccountHandle account;
    std::uint32_t regId = 0;
    std::string contact; // with ob; empty: our own address
    Pin pin;
    const Local *local = nullptr; // of a flow: its own port, for what we ask in the dialog
};

class IncomingCall final : public Call, public CancelHandler, public ReliableHandler
{
public:
    IncomingCall(Env &env, CallHandle handle, nta_incoming_t *request, const sip_t &sip,
                 const Received &received, ArrivedBy by);
    ~IncomingCall() override;

    void announce(const Received &received); // CallStep::Incoming
    void ring(int status, const std::string &sdp, bool reliable) override;
    void answer(const std::string &sdp) override;
    void decline(int status) override;
    void redirect(const std::string &contact) override;
    void hangUp() override;
    void shutDown() override;
    const std::string &callId() const override { return m_callId; }
    bool quiet() const override { return m_state == State::Ended && !m_requests.busy(); }
    bool over() const override { return m_over; }
    int onRequest(nta_incoming_t *request, const sip_t &sip) override;
    void onCancel() override;
    void onPrack(bool came) override;

private:
    enum class State { Ringing, Accepted, Confirmed, Ended };
    void sendAnswer();
    void acknowledged(const Received &received);
    void bye();
    void end(const CallEvent &finished);
    CallEvent event(CallStep step) const;
    void onWithin(nta_incoming_t *request, const sip_t &sip, const Received &received);

    Env &m_env;
    CallHandle m_handle;
    ArrivedBy m_by;
    nta_incoming_t *m_invite;
    nta_leg_t *m_leg = nullptr;
    std::string m_callId, m_contact, m_localSdp, m_answer;
    bool m_reliableOffered = false; // the caller supports 100rel
    bool m_awaitingPrack = false, m_answerWaits = false, m_over = false;
    std::vector<nta_reliable_t *> m_reliable;
    State m_state = State::Ringing;
    base::Duration m_repeatAfter{0}, m_repeatedFor{0};
    TransactionPool m_requests;
    Timer m_repeat, m_linger;
};

} // namespace engine
