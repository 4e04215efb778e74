// SPDX-License-Identifier: Apache-2.0
#include <engine/test_call.h>

#include <base/text.h>
#include <engine/in_dialog.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace engine {

namespace {

constexpr int kMostAttempts = 6; // INVITEs of one call, challenges answered

std::string phraseFor(const Reply &reply)
{
    return base::printable(
        reply.phrase.empty() ? std::string(sip::phrase(reply.status)) : reply.phrase, false, 160);
}

} // namespace

TestCall::TestCall(Env &env, CallHandle handle, CallRequest request, std::optional<FlowChoice> flow)
    : m_env(env), m_handle(handle), m_request(std::move(request)), m_flow(std::move(flow)),
      m_callId(base::randomToken(12)), m_fromTag(base::randomToken(6)),
      m_digest(m_request.credentials.user, m_request.credentials.password), m_giveUp(env.loop),
      m_linger(env.loop)
{
}

TestCall::~TestCall()
{
    m_invite.reset();
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
        out.earlyMedia = reply.message().value(sip::HeaderId::PEarlyMedia);
        out.remote = reply.received->from;
    }
    return out;
}

void TestCall::note(base::LocalKind kind, int code, const std::string &toTag, std::string sentence)
{
    m_env.agent.tell({kind, code, m_callId, toTag, std::move(sentence), {}},
                     m_local != nullptr ? m_local->endpoint : base::Endpoint{});
}

void TestCall::start()
{
    auto fail = [this](const std::string &sentence, base::LocalKind kind) {
        note(kind, 0, {}, sentence);
        CallEvent failed = event(CallStep::Failed);
        failed.local = true;
        failed.sentence = sentence;
        end(failed);
    };
    const auto plan = planCall(m_request, m_env.options);
    const auto local = plan ? m_env.agent.local(plan->local) : tl::unexpected(plan.error());
    const auto extra = headerLines(m_request.headers);
    if (!local || !extra) {
        const auto &error = !local ? local.error() : extra.error();
        return fail(error.sentence, error.code == base::ErrorCode::Unresolvable
                                        ? base::LocalKind::Unresolvable
                                        : base::LocalKind::SendFailed);
    }
    m_plan = *plan;
    m_local = *local;
    const auto host = m_local->endpoint.text();
    m_contact = m_flow
                    ? m_flow->contact
                    : fmt::format("<sip:{}@{}{}>", m_plan.user, host,
                                  m_plan.transport == base::Transport::Tcp ? ";transport=tcp" : "");
    m_leg = nta_leg_tcreate(
        m_env.agent.nta(), RequestHandler::called, this, SIPTAG_CALL_ID_STR(m_callId.c_str()),
        SIPTAG_FROM_STR(m_plan.from.c_str()), SIPTAG_TO_STR(m_plan.to.c_str()), TAG_END());
    if (m_leg == nullptr || nta_leg_tag(m_leg, m_fromTag.c_str()) == nullptr || !sendInvite(true))
        return fail("The SIP stack did not take the call: target, From address or an added header "
                    "cannot be read. Check them.",
                    base::LocalKind::SendFailed);
    m_env.listener.onCall(event(CallStep::InviteSent));
}

std::string TestCall::inviteHeaders(bool first)
{
    std::string out = first ? "CSeq: 1 INVITE\r\n" : "";
    out += m_plan.routeLine;
    out += fmt::format("Contact: {}\r\nUser-Agent: {}\r\nAllow: {}\r\nAccept: application/sdp\r\n",
                       m_contact, base::printable(m_env.options.userAgent, false, 120), kAllow);
    std::string supported = m_request.reliability == Reliability::Off ? "" : "100rel";
    if (m_flow)
        supported += supported.empty() ? "outbound" : ", outbound"; // RFC 5626 section 4.3
    if (!supported.empty())
        out += "Supported: " + supported + "\r\n";
    if (m_request.reliability == Reliability::Required)
        out += "Require: 100rel\r\n";
    out += headerLines(m_request.headers).value_or("");
    m_credentials = m_digest.headers("INVITE", m_plan.requestUri);
    return out + m_credentials;
}

bool TestCall::sendInvite(bool first)
{
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "INVITE";
    spec.uri = m_plan.requestUri;
    spec.headers = inviteHeaders(first);
    spec.body = m_request.offer;
    spec.contentType = m_request.offer.empty() ? "" : "application/sdp";
    spec.ident = m_local->ident.c_str();
    spec.transport = m_flow ? m_flow->pin.usable() : nullptr;
    if (spec.transport == nullptr && m_flow && m_flow->stream)
        return false;
    if (spec.transport == nullptr)
        spec.route = m_plan.route;
    if (m_invite)
        m_formerInvites.push_back(std::move(m_invite));
    m_state = State::Calling;
    m_invite = Transaction::start(spec, [this](const Reply &reply) { replied(reply); });
    return m_invite != nullptr;
}

void TestCall::replied(const Reply &reply)
{
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
    if ((reply.status == 401 || reply.status == 407) && !m_hangUp && authenticate(reply))
        return;
    if (m_state == State::Ended)
        return;                        // the authentication gave up and said so
    if (reply.status == 430 && m_flow) // RFC 5626 section 11.5, maybe about our own token
        m_flow->doubt();
    CallEvent done = event(m_hangUp ? CallStep::Ended : CallStep::Failed, reply);
    if (!m_hangUp)
        done.sentence = fmt::format("The call was not answered: {} {}.", reply.status, done.phrase);
    end(done);
}

bool TestCall::authenticate(const Reply &reply)
{
    const bool proxy = reply.status == 407;
    const auto values = reply.message().headers;
    std::vector<std::string_view> challenges;
    for (const auto &header : values)
        if (header.id ==
            (proxy ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate))
            challenges.push_back(header.value);
    auto answer = m_digest.challenged(proxy, challenges);
    if (answer && m_formerInvites.size() < kMostAttempts && sendInvite(false)) {
        m_env.listener.onCall(event(CallStep::Authenticating, reply));
        return true;
    }
    CallEvent failed = event(CallStep::Failed, reply);
    failed.sentence =
        answer ? "The server asks for credentials again and again; Earshot stopped answering."
               : answer.error().sentence;
    note(base::LocalKind::AuthenticationGaveUp, reply.status, failed.toTag, failed.sentence);
    end(failed);
    return false;
}

void TestCall::failedLocally(const Reply &reply)
{
    const auto why = m_env.agent.explain(reply, m_plan.route);
    note(why.kind, reply.status, {}, why.sentence);
    CallEvent done = event(m_hangUp ? CallStep::Ended : CallStep::Failed, reply);
    done.sentence = why.sentence;
    end(done);
}

void TestCall::hangUp()
{
    if (m_state == State::Ended || m_hangUp)
        return;
    m_hangUp = true;
    if (m_state == State::Answered) {
        if (auto *answeredDialog = dialog(m_answeredTag))
            bye(*answeredDialog, 1);
    } else if (m_state == State::Proceeding) {
        cancel();
    }
    // Calling: RFC 3261 section 9.1, no CANCEL before a provisional response; provisional() sends
    // it.
}

void TestCall::cancel()
{
    if (m_cancelled || m_invite == nullptr)
        return;
    m_cancelled = true;
    // Built here and not by nta_outgoing_tcancel: without NTATAG_UA that call ends the INVITE's
    // transaction at once on TCP, and the 487 would find nobody to ACK it.
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "CANCEL";
    spec.uri = m_plan.requestUri;
    spec.headers = fmt::format("CSeq: {} CANCEL\r\n", m_invite->cseq()) + m_plan.routeLine;
    spec.branch = m_invite->branch();
    spec.ident = m_local->ident.c_str();
    // Hop by hop (RFC 3261 section 9.1): to where the INVITE went, whatever the name resolves to by
    // now.
    spec.route = m_remote.known() && m_plan.transport == base::Transport::Udp
                     ? fmt::format("sip:{};transport=udp", m_remote.text())
                     : m_plan.route;
    tport_t *transport = m_invite->transport(); // the connection the INVITE took
    spec.transport =
        transport != nullptr && tport_is_secondary(transport) != 0 ? transport : nullptr;
    m_requests.start(spec, nullptr);
    if (transport != nullptr)
        tport_unref(transport);
    m_giveUp.start(64 * m_env.options.t1, [this] { // RFC 3261 section 9.1: no 487 came
        note(base::LocalKind::TimedOut, 487, {},
             "The CANCEL was sent but no final response came; the call is given up here.");
        CallEvent done = event(CallStep::Ended);
        done.status = 487;
        done.local = true;
        end(done);
    });
}

void TestCall::end(const CallEvent &finished)
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_giveUp.stop();
    m_env.listener.onCall(finished);
    // Retransmissions of the last responses still have to find their ACK.
    m_linger.start(64 * m_env.options.t1, [this] { m_over = true; });
}

bool TestCall::quiet() const
{
    return m_state == State::Ended && !m_requests.busy();
}

} // namespace engine
