// SPDX-License-Identifier: Apache-2.0
// Private to engine: all calls and accounts, commands in by handle, requests from outside any
// dialog, and the orderly end. Engine thread; owned by the engine.
#pragma once

#include <deque>
#include <engine/call.h>
#include <engine/probes.h>
#include <engine/registrations.h>
#include <engine/test_call.h>
#include <map>
#include <unordered_map>

namespace engine {

class Switchboard final : public RequestHandler
{
public:
    Switchboard(SuLoop &loop, const Options &options, Agent &agent, Listener &listener,
                std::function<CallHandle()> newHandle);
    ~Switchboard() override;

    void place(CallHandle handle, CallRequest request);
    Call *call(CallHandle handle); // nullptr: over
    void transfer(CallHandle handle, const std::string &target, CallHandle with);
    Probes &probes() { return m_probes; }
    void locate(const CallRequest &request, Locator::Done done);
    Registrations &registrations() { return m_registrations; }
    void setTls(const TlsOptions &tls) { m_env.agent.setTls(tls); }

    /// Ends the calls over its flows, and then those: un-registered before, they could carry no
    /// BYE.
    void removeAccount(AccountHandle account);
    /// Ends every call, then every registration, then calls `done`; after `patience` in any case.
    void shutDown(base::Duration patience, std::function<void()> done);

    int onRequest(nta_incoming_t *request, const sip_t &sip) override;

private:
    FlowChoice choiceOf(AccountHandle account, const AccountRoute &route);
    int incoming(nta_incoming_t *request, const sip_t &sip, const Received &received);
    bool busy();
    void remember(CallHandle incoming);
    void stray(msg_t *message, const sip_t &sip);
    void sweep();
    void tellFlood();
    void watchTheEnd(base::Instant latest);
    void part();
    bool quiet(AccountHandle account = {}) const; // its calls, or (invalid) all

    Locator m_locator;
    Env m_env;
    std::function<CallHandle()> m_newHandle;
    Registrations m_registrations;
    Probes m_probes;
    std::map<CallHandle, std::unique_ptr<Call>> m_calls;
    std::unordered_multimap<std::string, CallHandle> m_byCallId; // those that we placed
    std::unordered_multimap<std::string, CallHandle> m_cameIn;   // the others
    std::vector<CallHandle> m_underWay; // came in and ring or talk, at most kMostIncoming
    std::deque<CallHandle> m_incoming;  // all that came in, oldest first, at most kMostKept
    std::size_t m_turnedAway = 0, m_forgotten = 0; // since it was told
    bool m_ending = false;
    std::function<void()> m_done;
    std::map<AccountHandle, base::Instant> m_parting; // until when their calls are waited for
    Timer m_sweep, m_end, m_leave, m_part;
};

} // namespace engine
