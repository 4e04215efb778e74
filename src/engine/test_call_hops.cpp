// SPDX-License-Identifier: Apache-2.0
// Where the INVITE of an outgoing call goes: looked up, tried in order (RFC 3263 section 4.3), over
// TLS with whom it was meant for.
#include <engine/test_call.h>

#include <fmt/format.h>
#include <sip/sdp.h>

namespace engine {

void TestCall::locate()
{
    m_locating = true;
    if (m_flow) // the flow is the way; RFC 5626 section 4.3
        return located(m_flow->stream || !m_flow->hop ? std::vector<Hop>{}
                                                      : std::vector<Hop>{*m_flow->hop});
    m_env.locator.find(
        m_plan.wanted,
        [this, alive = std::weak_ptr<int>(m_alive)](const std::string &sentence) {
            if (!alive.expired())
                note(base::LocalKind::Note, 0, {}, sentence);
        },
        [this, alive = std::weak_ptr<int>(m_alive)](base::Result<std::vector<Hop>> hops) {
            if (!alive.expired())
                located(std::move(hops));
        });
}

void TestCall::located(base::Result<std::vector<Hop>> hops)
{
    m_locating = false;
    if (m_state == State::Ended)
        return;
    if (!hops)
        return fail(hops.error().sentence, base::LocalKind::Unresolvable);
    m_hops = std::move(*hops);
    const bool first = m_leg == nullptr;
    if (first)
        m_cseq = 1;
    if (call() && first)
        m_env.listener.onCall(event(CallStep::InviteSent));
}

base::Result<void> TestCall::prepareHop()
{
    const auto named = m_plan.wanted.transport;
    m_transport = m_hop                               ? m_hop->transport
                  : m_flow && m_flow->hop             ? m_flow->hop->transport
                  : named == base::Transport::Unknown ? base::Transport::Udp
                                                      : named;
    if (m_flow && m_flow->local != nullptr) { // also of a connection: where its edge sends calls to
        m_local = m_flow->local;
        const bool tls = m_transport == base::Transport::Tls;
        if (tls && m_flow->hop)
            m_tls = m_env.agent.tls(m_flow->hop->endpoint);
        m_contact = tls ? contactFor(m_plan, m_flow->contact) : m_flow->contact;
        return {};
    }
    const auto address = localAddressOf(m_request, m_env.options, m_hop, m_plan.wanted.host);
    if (!address)
        return tl::unexpected(address.error());
    const bool secure = m_transport == base::Transport::Tls;
    const auto local = secure ? m_env.agent.secureLocal(*address) : m_env.agent.local(*address);
    if (!local)
        return tl::unexpected(local.error());
    m_local = *local;
    if (secure && m_hop)
        m_env.agent.expect(m_hop->endpoint, m_hop->name);
    m_contact = m_flow ? m_flow->contact
                       : fmt::format("<sip:{}@{}{}>", m_plan.user, m_local->of(m_transport).text(),
                                     m_transport == base::Transport::Tcp ? ";transport=tcp"
                                     : secure                            ? ";transport=tls"
                                                                         : "");
    if (secure)
        m_contact = contactFor(m_plan, m_contact);
    return {};
}

/// False: it ended, and that was told.
bool TestCall::call()
{
    m_hop.reset();
    if (!m_hops.empty()) {
        m_hop = m_hops.front();
        m_hops.erase(m_hops.begin());
    }
    if (const auto ready = prepareHop(); !ready) {
        if (!m_hops.empty() && m_hop) {
            note(base::LocalKind::Note, 0, {}, ready.error().sentence);
            return call();
        }
        fail(ready.error().sentence, ready.error().code == base::ErrorCode::Unresolvable
                                         ? base::LocalKind::Unresolvable
                                         : base::LocalKind::SendFailed);
        return false;
    }
    return readdress() || send();
}

/// Our description names an address of the family that the first target had (RFC 3263 section 4.3
/// tries the next one, of whatever family): another one needs another, with other ports. True: it
/// is asked for, and readdressed() goes on.
bool TestCall::readdress()
{
    const auto described = sip::parseSdp(m_request.description);
    const auto *audio = described.usedAudio();
    const auto named = audio != nullptr ? audio->endpoint() : std::nullopt;
    if (!m_request.readdress || !m_hop || !named ||
        named->address.family == m_hop->endpoint.address.family)
        return false;
    m_locating = true; // nothing is on its way
    ++m_attempt;       // what comes for the INVITE before is no news any more
    m_request.readdress(*m_hop, [this, &loop = m_env.loop, alive = std::weak_ptr<int>(m_alive)](
                                    base::Result<Described> result) {
        loop.post([this, alive, result = std::move(result)]() mutable {
            if (!alive.expired())
                readdressed(std::move(result));
        });
    });
    return true;
}

void TestCall::readdressed(base::Result<Described> described)
{
    m_locating = false;
    if (m_state != State::Calling) // ended, or who was asked before rings after all
        return;
    if (!described) {
        if (!nextHop(described.error().sentence))
            fail(described.error().sentence, base::LocalKind::SendFailed);
        return;
    }
    m_request.description = std::move(described->description);
    m_request.able = std::move(described->able);
    if (auto body = inviteBody(m_request))
        m_body = std::move(*body);
    describe();
    (void)send();
}

/// False: it ended, and that was told.
bool TestCall::send()
{
    // A leg counts its requests up whatever their CSeq says; another address gets the same one.
    if (m_leg != nullptr)
        nta_leg_destroy(m_leg);
    m_leg = nta_leg_tcreate(
        m_env.agent.nta(), RequestHandler::called, this, SIPTAG_CALL_ID_STR(m_callId.c_str()),
        SIPTAG_FROM_STR(m_plan.from.c_str()), SIPTAG_TO_STR(m_plan.to.c_str()), TAG_END());
    if (m_leg != nullptr)
        nta_leg_tag(m_leg, m_fromTag.c_str());
    if (m_leg != nullptr && sendInvite())
        return true;
    fail("The SIP stack did not take the call: target, From address or an added header cannot be "
         "read. Check them.",
         base::LocalKind::SendFailed);
    return false;
}

/// The next address with a new branch and all else as it was; false: there is none.
bool TestCall::nextHop(const std::string &why)
{
    if (m_flow)
        return nextFlow(why);
    if (m_hops.empty())
        return false;
    note(base::LocalKind::Note, 0, {},
         fmt::format("{} Trying the next address, {} over {} (RFC 3263 section 4.3).",
                     why.ends_with('.') ? why : why + ".", m_hops.front().endpoint.text(),
                     base::transportText(m_hops.front().transport)));
    renewOffer();
    return call() || m_state == State::Ended;
}

/// Another flow of the account, by the same rule (RFC 3263 section 4.3, RFC 5626 section 4.3).
bool TestCall::nextFlow(const std::string &why)
{
    m_triedFlows.push_back(m_flow->regId);
    auto next = m_flow->another ? m_flow->another(m_triedFlows) : std::nullopt;
    if (!next)
        return false;
    note(base::LocalKind::Note, 0, {},
         fmt::format("{} Flow {} failed before any provisional response: the same call leaves over "
                     "flow {} ({}) with a new branch (RFC 3263 section 4.3, RFC 5626 section 4.3).",
                     why.ends_with('.') ? why : why + ".", m_flow->regId, next->regId, next->edge));
    m_flow = std::move(*next);
    if (const auto planned = routeOverFlow(); !planned) {
        fail(planned.error().sentence, base::LocalKind::SendFailed);
        return true;
    }
    m_hops.clear();
    if (!m_flow->stream && m_flow->hop)
        m_hops.push_back(*m_flow->hop);
    renewOffer();
    return call() || m_state == State::Ended;
}

/// Edge first, then the Service-Route of that registration (RFC 3608), then the user's own routes.
base::Result<void> TestCall::routeOverFlow()
{
    if (m_flow) {
        m_request.proxy = m_flow->edge;
        m_request.extras.routes = m_flow->routes;
        m_request.extras.routes.insert(m_request.extras.routes.end(), m_ownRoutes.begin(),
                                       m_ownRoutes.end());
    }
    if (m_flow && !m_named)
        trustOnly(m_flow->asked);
    auto plan = planCall(m_request);
    if (!plan)
        return tl::unexpected(plan.error());
    m_plan = std::move(*plan);
    return {};
}

void TestCall::secured(const TlsReport &report)
{
    if (!m_hop || m_transport != base::Transport::Tls || report.remote != m_hop->endpoint ||
        m_state == State::Ended)
        return;
    m_tls = std::make_shared<const TlsReport>(report);
    if (report.accepted && !report.verified)
        note(base::LocalKind::Note, 0, {},
             "TLS is NOT verified, by your order: " + report.sentence);
    // The library waits for its timer; what is known is said now.
    if (report.accepted || m_heard || m_invite == nullptr || m_invite->finished())
        return;
    if (!m_hangUp && nextHop(report.sentence))
        return;
    fail(report.sentence, base::LocalKind::SendFailed, 503); // RFC 3261 section 8.1.3.1
}

} // namespace engine
