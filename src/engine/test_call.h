// SPDX-License-Identifier: Apache-2.0
// Private to engine: an outgoing call. One leg per To-tag, so that every early dialog is PRACKed
// and heard on its own; CANCEL waits for the first provisional response. Engine thread; owned by
// the switchboard.
#pragma once

#include <engine/call.h>
#include <engine/digest.h>
#include <engine/target.h>
#include <engine/transaction.h>
#include <map>

namespace engine {

/// The flow a call goes over, when it belongs to an account.
struct FlowChoice {
    Pin pin;
    bool stream = true;          // over a connection: without it the call cannot leave
    std::string contact;         // with ob
    std::function<void()> doubt; // a response made it doubtful: ask it for a pong
};

class TestCall final : public Call
{
public:
    TestCall(Env &env, CallHandle handle, CallRequest request, std::optional<FlowChoice> flow);
    ~TestCall() override;

    void start();
    void hangUp() override;
    void shutDown() override { hangUp(); }
    void stray(const Reply &reply) override;
    const std::string &callId() const override { return m_callId; }
    bool quiet() const override;
    bool over() const override { return m_over; }
    int onRequest(nta_incoming_t *request, const sip_t &sip) override;

private:
    enum class State { Calling, Proceeding, Answered, Ended };
    struct EarlyDialog {
        nta_leg_t *leg = nullptr;
        std::uint32_t rseq = 0; // the last reliable one taken
        std::uint32_t cseq = 0; // of the INVITE that made it
        bool confirmed = false, ending = false;
        std::string lateAnswer; // SDP of our ACK when the 2xx made the offer
    };

    bool sendInvite(bool first);
    std::string inviteHeaders(bool first);
    void replied(const Reply &reply);
    void provisional(const Reply &reply);
    bool takeReliable(const Reply &reply, EarlyDialog &dialog);
    void prack(const Reply &reply, EarlyDialog &dialog, std::uint32_t rseq);
    void answered(const Reply &reply);
    void rejected(const Reply &reply);
    bool authenticate(const Reply &reply);
    void failedLocally(const Reply &reply);
    void cancel();
    void acknowledge(EarlyDialog &dialog);
    void bye(EarlyDialog &dialog, int attempt);
    void end(const CallEvent &finished);
    EarlyDialog *dialog(const Reply &reply);
    EarlyDialog *dialog(const std::string &toTag);
    RequestSpec inDialog(const EarlyDialog &dialog, const char *method) const;
    CallEvent event(CallStep step) const;
    CallEvent event(CallStep step, const Reply &reply) const;
    void note(base::LocalKind kind, int code, const std::string &toTag, std::string sentence);

    Env &m_env;
    CallHandle m_handle;
    CallRequest m_request;
    std::optional<FlowChoice> m_flow;
    Plan m_plan;
    const Local *m_local = nullptr;
    std::string m_callId, m_contact, m_fromTag, m_credentials;
    State m_state = State::Calling;
    bool m_hangUp = false, m_cancelled = false, m_over = false;
    nta_leg_t *m_leg = nullptr;
    std::unique_ptr<Transaction> m_invite;
    std::vector<std::unique_ptr<Transaction>> m_formerInvites; // those answered with a challenge
    TransactionPool m_requests;
    DigestClient m_digest;
    std::map<std::string, EarlyDialog> m_dialogs; // by To-tag, at most kMostDialogs
    std::string m_answeredTag;
    base::Endpoint m_remote; // who sent the first provisional response
    Timer m_giveUp, m_linger;
};

} // namespace engine
