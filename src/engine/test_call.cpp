// SPDX-License-Identifier: Apache-2.0
#include <engine/test_call.h>

#include <base/text.h>
#include <engine/in_dialog.h>
#include <engine/refusal.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace engine {

namespace {

constexpr std::size_t kMostBranches = 32;

std::string phraseFor(const Reply &reply)
{
    return base::printable(
        reply.phrase.empty() ? std::string(sip::phrase(reply.status)) : reply.phrase, false, 160);
}

} // namespace

TestCall::TestCall(Env &env, CallHandle handle, CallRequest request, std::optional<FlowChoice> flow)
    : m_env(env), m_handle(handle), m_request(std::move(request)), m_flow(std::move(flow)),
      m_callId(m_request.callId.empty() ? base::randomToken(12) : m_request.callId),
      m_fromTag(base::randomToken(6)),
      m_digest(m_request.credentials.user, m_request.credentials.password),
      m_named(!m_flow || !m_flow->ownCredentials), m_sessionId(m_request.extras.sessionId),
      m_sessionTimer(env.loop, m_request.extras.sessionExpires), m_glare(env.loop),
      m_answering(env.loop, env.options.t1), m_giveUp(env.loop), m_linger(env.loop),
      m_acked(env.loop)
{
}

TestCall::~TestCall()
{
    m_invite.reset();
    m_ack.reset();
    m_formerInvites.clear();
    for (auto &[tag, each] : m_dialogs)
        if (each.leg != nullptr)
            nta_leg_destroy(each.leg);
    if (m_leg != nullptr)
        nta_leg_destroy(m_leg);
}

CallEvent TestCall::event(CallStep step) const
{
    CallEvent out;
    out.call = m_handle;
    out.step = step;
    out.time = base::now();
    out.callId = m_callId;
    out.account = m_request.account;
    out.regId = m_flow ? m_flow->regId : 0;
    out.tls = m_tls;
    return out;
}

CallEvent TestCall::event(CallStep step, const Reply &reply) const
{
    CallEvent out = event(step);
    out.status = reply.status;
    out.phrase = phraseFor(reply);
    out.local = reply.local;
    if (!reply.local) {
        out.toTag = reply.message().toTag();
        out.sdp = reply.message().sdp();
        out.ours = m_described;
        out.earlyMedia = reply.message().value(sip::HeaderId::PEarlyMedia);
        out.remote = reply.received->from;
    }
    return out;
}

void TestCall::note(base::LocalKind kind, int code, const std::string &toTag, std::string sentence)
{
    base::LocalEvent event{kind, code, m_callId, toTag, std::move(sentence), {}};
    if (!m_invite) { // no INVITE tells it
        event.from = m_request.from;
        event.to = m_request.target;
    }
    m_env.agent.tell(std::move(event),
                     m_local != nullptr ? m_local->of(m_transport) : base::Endpoint{});
}

void TestCall::fail(const std::string &sentence, base::LocalKind kind, int status)
{
    note(kind, status, {}, sentence);
    CallEvent failed = event(CallStep::Failed);
    failed.local = true;
    failed.status = status;
    failed.phrase = status != 0 ? std::string(sip::phrase(status)) : std::string();
    failed.sentence = sentence;
    end(failed);
}

void TestCall::start()
{
    const auto extra = headerLines(m_request.extras.headers);
    const auto body = inviteBody(m_request);
    m_ownRoutes = m_request.extras.routes;
    const auto plan = routeOverFlow();
    if (!extra || !body || !plan)
        return fail((!extra  ? extra.error()
                     : !body ? body.error()
                             : plan.error())
                        .sentence,
                    base::LocalKind::SendFailed);
    m_body = *body;
    describe();
    m_redirects.called(m_plan.requestUri);
    if (m_request.hops.empty())
        return locate();
    located(std::exchange(m_request.hops, {}));
}

void TestCall::describe()
{
    m_offer = offerOf(m_request);
    m_described = m_offer.empty() ? m_request.description : m_offer;
}

/// Keys in SDP are for one receiver (RFC 4568): who refused or lost the offer has read them.
void TestCall::renewOffer()
{
    if (!m_request.renew || m_request.description.empty())
        return;
    m_request.description = m_request.renew(m_request.description);
    if (auto body = inviteBody(m_request)) // as before but for its keys
        m_body = std::move(*body);
    describe();
}

std::string TestCall::ownHeaders() const
{
    std::string out = m_sessionId.line();
    if (!names(m_request.extras.headers, "User-Agent"))
        out +=
            fmt::format("User-Agent: {}\r\n", base::printable(m_env.options.userAgent, false, 120));
    return out;
}

std::string TestCall::inviteHeaders()
{
    const auto &extra = m_request.extras.headers;
    std::string out = fmt::format("CSeq: {} INVITE\r\n", m_cseq);
    out += m_plan.routeLine;
    out += fmt::format("Contact: {}\r\n", m_contact) + ownHeaders();
    if (!names(extra, "Allow"))
        out += fmt::format("Allow: {}\r\n", kAllow);
    if (!names(extra, "Accept"))
        out += "Accept: application/sdp\r\n";
    std::string supported = m_request.reliability == Reliability::Off ? "" : "100rel";
    if (m_flow)
        supported += supported.empty() ? "outbound" : ", outbound"; // RFC 5626 section 4.3
    if (m_sessionTimer.wanted())
        supported += supported.empty() ? "timer" : ", timer";
    if (!supported.empty())
        out += "Supported: " + supported + "\r\n";
    if (m_request.reliability == Reliability::Required)
        out += "Require: 100rel\r\n";
    out += m_sessionTimer.headers(false);
    out += headerLines(extra).value_or("");
    m_credentials = m_digest.headers("INVITE", m_plan.requestUri, m_body.text);
    return out + m_credentials;
}

base::Endpoint TestCall::wayOut() const
{
    const auto &hop = m_flow ? m_flow->hop : m_hop;
    return hop ? hop->endpoint : base::Endpoint{};
}

std::string TestCall::routeUri() const
{
    return m_hop ? hopUri(*m_hop) : withTransport(m_plan.next, m_transport);
}

/// What the INVITE insists on, by us or by the user's own headers.
std::vector<std::string> TestCall::requiredOptions() const
{
    std::vector<std::string> out;
    if (m_request.reliability == Reliability::Required)
        out.emplace_back("100rel");
    for (const auto &[name, value] : m_request.extras.headers)
        if (base::equalsNoCase(name, "Require") || base::equalsNoCase(name, "Proxy-Require"))
            for (const auto each : base::split(value, ','))
                out.emplace_back(base::trim(each));
    return out;
}

bool TestCall::sendInvite()
{
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "INVITE";
    spec.uri = m_plan.requestUri;
    spec.headers = inviteHeaders();
    spec.body = m_body.text;
    spec.contentType = m_body.type;
    spec.ident = m_local->ident.c_str();
    spec.transport = m_flow ? m_flow->pin.usable() : nullptr;
    if (spec.transport == nullptr && m_flow && m_flow->stream)
        return false;
    if (spec.transport == nullptr)
        spec.route = routeUri();
    // RFC 5922 section 7.5: a connection that was verified for another domain is not taken.
    if (m_transport == base::Transport::Tls && m_hop)
        if (const auto standing = m_env.agent.tls(m_hop->endpoint))
            spec.fresh = standing->name != m_hop->name;
    if (m_invite)
        m_formerInvites.push_back(std::move(m_invite));
    m_state = State::Calling;
    m_remote = {};
    m_heard = false;
    m_invite = Transaction::start(spec, [this, attempt = ++m_attempt](const Reply &reply) {
        // What an INVITE that was given up still brings: only a phone that rings or answers counts.
        if (attempt == m_attempt || (!reply.local && reply.status < 300))
            replied(reply);
    });
    if (m_invite)
        sentWith(*m_invite);
    return m_invite != nullptr;
}

void TestCall::sentWith(const Transaction &invite)
{
    m_branches.push_back(invite.branch());
    if (m_branches.size() > kMostBranches)
        m_branches.pop_front();
}

void TestCall::replied(const Reply &reply)
{
    if (m_transport == base::Transport::Tls && m_hop && !m_tls)
        m_tls = m_env.agent.tls(m_hop->endpoint); // a connection that stood already
    if (!reply.local)
        m_sessionId.heard(reply.message().value(sip::HeaderId::SessionId));
    if (reply.status < 200)
        provisional(reply);
    else if (reply.status < 300)
        answered(reply);
    else
        rejected(reply);
}

void TestCall::rejected(const Reply &reply)
{
    if (m_state == State::Ended || m_state == State::Answered)
        return; // a late rejection of another branch changes nothing
    if (reply.local)
        return failedLocally(reply);
    // RFC 3263 section 4.3; never after a 1xx, for somebody's phone may be ringing.
    if (reply.status == 503 && !m_heard && !m_hangUp &&
        nextHop(fmt::format("{} answered 503", m_hop    ? m_hop->endpoint.text()
                                               : m_flow ? m_flow->edge
                                                        : "The server")))
        return;
    if ((reply.status == 401 || reply.status == 407) && !m_hangUp && authenticate(reply))
        return;
    if (reply.status == 422 && !m_hangUp && m_sessionTimer.tooSmall(reply.message())) {
        sendAgain(reply); // RFC 4028 section 7.3
        return;
    }
    if (m_state == State::Ended)
        return;                        // the authentication gave up and said so
    if (reply.status == 430 && m_flow) // RFC 5626 section 11.5, maybe about our own token
        m_flow->doubt();
    if (!m_hangUp && m_request.extras.followRedirects && redirected(reply))
        return;
    CallEvent done = event(m_hangUp ? CallStep::Ended : CallStep::Failed, reply);
    if (!m_hangUp)
        done.sentence = refusalSentence(reply, requiredOptions(), m_notFollowed);
    end(done);
}

/// RFC 3261 section 8.1.3.4: the best Contact of a 3xx next; one that fails makes room for the
/// following one, except by a 6xx, which speaks for all of them.
bool TestCall::redirected(const Reply &reply, bool fresh)
{
    m_notFollowed.clear();
    if (reply.status >= 600)
        return false;
    if (reply.status < 400 && fresh)
        m_redirects.take(reply.message());
    if (m_formerInvites.size() >= kMostAttempts) {
        m_notFollowed = fmt::format("{} INVITEs were sent, the most of one call.", kMostAttempts);
        return false;
    }
    const auto uri = m_redirects.next();
    m_notFollowed = m_redirects.refused();
    if (!m_notFollowed.empty() && uri) // else the call ends with it
        note(base::LocalKind::Note, reply.status, {}, m_notFollowed);
    if (!uri)
        return false;
    (m_redirects.isProxy(*uri) ? m_request.proxy : m_request.extras.requestUri) = *uri;
    // Who sends us there must not be able to use what we answered elsewhere, nor to choose who is
    // answered.
    if (!m_trusted)
        trustOnly(m_digest.asked());
    m_redirected = true;
    m_digest = DigestClient(m_request.credentials.user, m_request.credentials.password);
    const auto plan = planCall(m_request);
    if (!plan) {
        m_redirects.refuse(*uri, plan.error().sentence);
        return redirected(reply, false);
    }
    m_plan = *plan;
    note(base::LocalKind::Note, reply.status, {},
         fmt::format("Redirected: calling {}{}.", m_redirects.isProxy(*uri) ? "by way of " : "",
                     base::printable(*uri, false, 120)));
    ++m_cseq;
    renewOffer();
    m_env.listener.onCall(event(CallStep::Redirected, reply));
    locate();
    return true;
}

std::string TestCall::flowLost(const std::string &before) const
{
    return fmt::format("The connection of flow {} to {} ended before {}.", m_flow->regId,
                       m_flow->edge, before);
}

/// The INVITE once more, as a response asks for it. False: it cannot leave, and that was told.
bool TestCall::sendAgain(const Reply &reply)
{
    ++m_cseq;
    if (sendInvite())
        return true;
    if (!m_flow)
        fail(fmt::format("The SIP stack did not take the call again after the {}.", reply.status),
             base::LocalKind::SendFailed);
    else if (const auto lost =
                 flowLost(fmt::format("the call could be sent again after the {}", reply.status));
             !nextFlow(lost))
        fail(lost + kRegisterAgain, base::LocalKind::SendFailed);
    return m_state != State::Ended;
}

} // namespace engine
