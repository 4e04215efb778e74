// SPDX-License-Identifier: Apache-2.0
// Private to engine: a call that came in. Rings, is answered or declined by hand. Engine thread;
// owned by the switchboard.
#pragma once

#include <engine/call.h>
#include <engine/digest.h>
#include <engine/in_dialog.h>
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
    /// What the PRACK of `reliable` (nullptr: none came) is answered with; 0: it is answered
    /// already.
    virtual int onPrack(nta_reliable_t *reliable, nta_incoming_t *prack) = 0;
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
    Credentials credentials;      // of the account
    // Who may ask for them and for what: the flow's edge, if the call came from there, for what it
    // asked of the REGISTER. Anybody can call a UDP flow's port.
    base::Endpoint edge;
    std::vector<AskedRealm> asked;
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
    void mayAnswer(const std::string &able) override { m_able = {able}; }
    void decline(int status) override;
    void redirect(const std::string &contact) override;
    void hangUp() override;
    void shutDown() override;
    const std::string &callId() const override { return m_callId; }
    AccountHandle account() const override { return m_by.account; }
    bool quiet() const override { return m_state == State::Ended && !m_requests.busy(); }
    bool over() const override { return m_over; }
    int onRequest(nta_incoming_t *request, const sip_t &sip) override;
    void onCancel() override;
    int onPrack(nta_reliable_t *reliable, nta_incoming_t *prack) override;

private:
    enum class State { Ringing, Accepted, Confirmed, Leaving, Ended };
    void sendAnswer();
    void notPracked();
    std::optional<Refused> unfit(const sip::Message &prack);
    bool answerPrack(nta_incoming_t *prack, std::string_view offer);
    void acknowledged(const Received &received);
    void bye(int attempt = 1);
    void byeDone(const Reply &reply, int attempt, const base::Endpoint &where);
    std::vector<std::string_view> answerable(const Reply &reply) const;
    LocalFailure troubleOf(const Reply &reply, const base::Endpoint &where) const;
    /// `final`: not 0: what the INVITE is answered with, and its header lines.
    void end(const CallEvent &finished, int final = 0, const std::string &headers = {});
    CallEvent event(CallStep step) const;
    void changedTo(std::string_view sdp);
    void onWithin(nta_incoming_t *request, const sip_t &sip, const Received &received);
    std::optional<Refused> tooEarly(const sip::Message &request) const;

    Env &m_env;
    CallHandle m_handle;
    ArrivedBy m_by;
    nta_incoming_t *m_invite; // nullptr once it was accepted
    nta_leg_t *m_leg = nullptr;
    std::string m_callId, m_contact, m_localSdp, m_answer, m_caller;
    std::vector<std::string> m_able; // as OurSide's
    std::uint32_t m_cseq = 0;        // of the INVITE
    RequestOrder m_order;            // of all the peer asks for
    bool m_reliableOffered = false;  // the caller supports 100rel
    bool m_offered = false;          // the INVITE made an offer
    // An offer, theirs or ours, stood in a reliable response; it was answered by now.
    bool m_described = false, m_settled = false;
    bool m_unsaid = false;   // m_localSdp is the next version of what was said, not yet said itself
    bool m_answered = false; // with a 2xx
    bool m_answerWaits = false, m_hangUp = false, m_over = false;
    std::vector<nta_reliable_t *> m_reliable; // those without PRACK
    State m_state = State::Ringing;
    TransactionPool m_requests;
    DigestClient m_digest;
    RepeatedAnswer m_answering;
    Timer m_deferred, m_linger;
};

} // namespace engine
