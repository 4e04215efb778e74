// SPDX-License-Identifier: Apache-2.0
// Private to engine: an outgoing call. One leg per To-tag, so that every early dialog is PRACKed
// and heard on its own; CANCEL waits for the first provisional response. Engine thread; owned by
// the switchboard.
#pragma once

#include <deque>
#include <engine/call.h>
#include <engine/call_headers.h>
#include <engine/digest.h>
#include <engine/redirects.h>
#include <engine/repeated_answer.h>
#include <engine/servable.h>
#include <engine/session_timer.h>
#include <engine/target.h>
#include <engine/transaction.h>
#include <map>

namespace engine {

/// The flow a call goes over, when it belongs to an account.
struct FlowChoice {
    Pin pin;
    bool stream = true;              // over a connection: without it the call cannot leave
    std::string contact;             // with ob
    const Local *local = nullptr;    // its own port, of a UDP flow
    std::optional<Hop> hop;          // where its edge is
    std::string edge;                // as the user named it
    std::vector<std::string> routes; // Service-Route
    std::uint32_t regId = 0;
    bool ownCredentials = false;   // the call uses those of the account
    std::vector<AskedRealm> asked; // what its registrar and edges asked credentials for
    std::function<void()> doubt;   // a response made it doubtful: ask it for a pong
    /// A flow of the account that is up and none of those; nullopt: there is none.
    std::function<std::optional<FlowChoice>(const std::vector<std::uint32_t> &tried)> another;
};

class TestCall final : public Call
{
public:
    TestCall(Env &env, CallHandle handle, CallRequest request, std::optional<FlowChoice> flow);
    ~TestCall() override;

    void start();
    void hangUp() override;
    void shutDown() override { hangUp(); }
    void hold(bool on, bool byUpdate) override;
    void sendInfo(const std::string &contentType, const std::string &body) override;
    void transfer(const std::string &target, bool trusted) override;
    std::string replacing() const override;
    void stray(const Reply &reply) override;
    void secured(const TlsReport &report) override;
    const std::string &callId() const override { return m_callId; }
    AccountHandle account() const override { return m_request.account; }
    bool quiet() const override;
    bool over() const override { return m_over; }
    int onRequest(nta_incoming_t *request, const sip_t &sip) override;

private:
    enum class State { Calling, Proceeding, Answered, Ended };
    static constexpr const char *kRegisterAgain = " Register again, then call.";
    static constexpr std::size_t kMostAttempts = 16; // INVITEs: challenges, redirects
    struct EarlyDialog {
        nta_leg_t *leg = nullptr;
        std::uint32_t rseq = 0; // the last reliable one taken
        std::uint32_t cseq = 0; // of the INVITE that made it
        bool confirmed = false, ending = false;
        bool targetless = false; // no response gave a Contact that can be used
        bool described = false;  // a reliable response told its session: an offer is answered
        std::string answer;      // ours, when the peer made the offer
        bool answerInAck = false;
        RequestOrder order; // of what the peer asks for in it
    };

    void fail(const std::string &sentence, base::LocalKind kind, int status = 0);
    void locate(); // m_plan's next hop, then call()
    void located(base::Result<std::vector<Hop>> hops);
    base::Result<void> prepareHop(); // local address and Contact for it
    bool call();                     // the first of m_hops that can be used
    bool send();                     // the INVITE, to m_hop
    bool readdress();
    void readdressed(base::Result<Described> described);
    bool nextHop(const std::string &why);
    bool nextFlow(const std::string &why);
    base::Result<void> routeOverFlow(); // m_plan for m_flow
    bool sendInvite();
    void sentWith(const Transaction &invite);
    std::string inviteHeaders();
    void replied(const Reply &reply);
    void provisional(const Reply &reply);
    bool takeReliable(const Reply &reply, EarlyDialog &dialog);
    std::string answerFor(std::string_view offer) const;
    void prack(const Reply &reply, EarlyDialog &dialog, std::uint32_t rseq);
    bool sendPrack(const std::string &toTag, const std::string &rack, const std::string &answer,
                   int attempt = 1);
    void answered(const Reply &reply);
    void unanswerable(const Reply &reply);
    void unacceptable(EarlyDialog &confirmed);
    void rejected(const Reply &reply);
    // test_call_auth.cpp
    bool authenticate(const Reply &reply);
    void trustOnly(std::vector<AskedRealm> realms);
    std::vector<std::string_view> answerable(const Reply &reply) const;
    std::string distrust(const Reply &reply) const;
    bool sendAgain(const Reply &reply);
    std::string flowLost(const std::string &before) const;
    bool redirected(const Reply &reply, bool fresh = true);
    void failedLocally(const Reply &reply);
    bool ringsOn(const LocalFailure &why);
    void cameAnew(const Reply &reply);
    void cancel();
    void recalled();
    void acknowledge(EarlyDialog &dialog);
    void sendAck(const RequestSpec &spec);
    void ackWaits();
    bool ackLost(const base::Endpoint &where, base::Instant begun);
    void bye(EarlyDialog &dialog, int attempt);
    // test_call_session.cpp: what changes an answered call
    struct Change { // one at a time (RFC 3264 section 4)
        bool hold = false, byUpdate = false, refresh = false;
        int attempt = 1;
        std::string sdp;
    };
    void begin(Change change);
    void changed(const Reply &reply);
    void changeDone(const Reply &reply);
    std::string unheard(const Reply &local);
    void acknowledgeChange(const Reply &reply);
    void startSession(const Reply &reply);
    void settleTimer(const Reply &reply);
    void refresh();
    bool requestWithin(const char *method, const std::string &headers, const std::string &type,
                       const std::string &body, std::function<void(const Reply &)> done,
                       int attempt = 1);
    std::string targetOf(const EarlyDialog &dialog) const;
    void changedByPeer(nta_incoming_t *request, const sip_t &sip, const Received &received,
                       const std::string &toTag);
    std::vector<std::string> abilities() const; // as OurSide's
    bool glares(const sip::Message &request) const;
    void acknowledged(const Received &received);
    void changedTo(const std::string &toTag, std::string_view sdp, const std::string &ours);
    int onSessionRequest(nta_incoming_t *request, const sip_t &sip, const Received &received);
    void onNotify(nta_incoming_t *request, const Received &received);
    void end(const CallEvent &finished);
    EarlyDialog *dialog(const Reply &reply);
    EarlyDialog *dialog(const std::string &toTag);
    RequestSpec inDialog(const EarlyDialog &dialog, const char *method) const;
    base::Endpoint wayOut() const; // where the INVITE went; unknown: no address was found
    std::string routeUri() const;  // of what goes the INVITE's way
    void describe();
    void renewOffer();
    std::vector<std::string> requiredOptions() const;
    std::string ownHeaders() const;
    CallEvent event(CallStep step) const;
    CallEvent event(CallStep step, const Reply &reply) const;
    void note(base::LocalKind kind, int code, const std::string &toTag, std::string sentence);

    Env &m_env;
    CallHandle m_handle;
    CallRequest m_request;
    std::optional<FlowChoice> m_flow;
    std::vector<std::uint32_t> m_triedFlows;
    std::vector<std::string> m_ownRoutes; // the user's, behind those of the flow
    Plan m_plan;
    std::vector<Hop> m_hops;  // still to be tried
    std::optional<Hop> m_hop; // where the INVITE goes; nullopt: over a flow
    base::Transport m_transport = base::Transport::Udp;
    const Local *m_local = nullptr;
    Body m_body;                      // of the INVITE
    std::string m_offer, m_described; // SDP: the INVITE's, and what we say when asked
    std::string m_callId, m_contact, m_fromTag, m_credentials;
    State m_state = State::Calling;
    base::Instant m_hungUp; // by us
    bool m_hangUp = false, m_cancelled = false, m_over = false;
    bool m_cutOff = false;                    // the INVITE's connection ended while it rang
    bool m_locating = false, m_heard = false; // heard: a 1xx to the present INVITE
    std::uint32_t m_cseq = 0, m_attempt = 0;
    std::shared_ptr<const TlsReport> m_tls;
    Pin m_connection; // TLS: what follows goes the INVITE's way
    nta_leg_t *m_leg = nullptr;
    std::unique_ptr<Transaction> m_invite, m_ack; // m_ack: the newest
    std::deque<std::string> m_branches;           // of the last INVITEs, re-INVITEs among them
    std::vector<std::unique_ptr<Transaction>> m_formerInvites; // those answered with a challenge
    TransactionPool m_requests;
    DigestClient m_digest;
    bool m_redirected = false;
    bool m_named; // the credentials were named for this call, and are not the account's
    /// Who may have an answer made with the credentials; nullopt: whoever asks first, and next.
    std::optional<std::vector<AskedRealm>> m_trusted;
    SessionId m_sessionId;
    Redirects m_redirects;
    std::string m_notFollowed;                    // why the last redirection was the end of it
    std::map<std::string, EarlyDialog> m_dialogs; // by To-tag, at most kMostDialogs
    std::string m_answeredTag;
    SessionTimer m_sessionTimer;
    std::optional<Change> m_change;
    std::unique_ptr<Transaction> m_changing;
    std::uint64_t m_version = 0; // of our description
    std::string m_current;       // what we last described
    bool m_peerUpdates = false;  // it allows UPDATE
    bool m_shaped = false;       // m_current answers an offer of the peer's, with its lines
    bool m_held = false, m_transferring = false;
    Timer m_glare;
    RepeatedAnswer m_answering; // of the peer's re-INVITE
    base::Endpoint m_remote;    // who sent the first provisional response
    Timer m_giveUp, m_linger, m_acked;
    bool m_ackTold = false;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace engine
