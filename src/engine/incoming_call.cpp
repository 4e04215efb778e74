// SPDX-License-Identifier: Apache-2.0
#include <engine/incoming_call.h>

#include <algorithm>
#include <base/text.h>
#include <engine/in_dialog.h>
#include <engine/target.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <sip/uri.h>

namespace engine {

int CancelHandler::called(CancelHandler *self, nta_incoming_t *, const sip_t *sip) noexcept
{
    if (sip != nullptr && sip->sip_request != nullptr &&
        sip->sip_request->rq_method == sip_method_cancel)
        self->onCancel();
    return 0;
}

int ReliableHandler::called(ReliableHandler *self, nta_reliable_t *, nta_incoming_t *prack,
                            const sip_t *) noexcept
{
    self->onPrack(prack != nullptr);
    return prack != nullptr ? 200 : 0;
}

IncomingCall::IncomingCall(Env &env, CallHandle handle, nta_incoming_t *request, const sip_t &sip,
                           const Received &received, ArrivedBy by)
    : m_env(env), m_handle(handle), m_by(std::move(by)), m_invite(request),
      m_callId(received.message.callId()), m_repeat(env.loop), m_linger(env.loop)
{
    const std::string tag = base::randomToken(6);
    nta_incoming_tag(request, tag.c_str());
    nta_incoming_bind(request, CancelHandler::called, this);
    m_leg = nta_leg_tcreate(env.agent.nta(), RequestHandler::called, this,
                            SIPTAG_CALL_ID(sip.sip_call_id), SIPTAG_FROM(sip.sip_to),
                            SIPTAG_TO(sip.sip_from), TAG_END());
    if (m_leg != nullptr) {
        nta_leg_tag(m_leg, tag.c_str());
        nta_leg_server_route(m_leg, sip.sip_record_route, sip.sip_contact);
    }
    m_reliableOffered = received.message.lists(sip::HeaderId::Supported, "100rel") ||
                        received.message.lists(sip::HeaderId::Require, "100rel");
    m_contact = m_by.contact;
}

IncomingCall::~IncomingCall()
{
    nta_incoming_bind(m_invite, nullptr, nullptr);
    for (auto *each : m_reliable)
        nta_reliable_destroy(each);
    nta_incoming_destroy(m_invite);
    if (m_leg != nullptr)
        nta_leg_destroy(m_leg);
}

CallEvent IncomingCall::event(CallStep step) const
{
    CallEvent out;
    out.call = m_handle;
    out.step = step;
    out.time = base::now();
    out.callId = m_callId;
    out.account = m_by.account;
    out.regId = m_by.regId;
    return out;
}

void IncomingCall::announce(const Received &received)
{
    CallEvent incoming = event(CallStep::Incoming);
    incoming.from = received.message.value(sip::HeaderId::From);
    incoming.to = received.message.value(sip::HeaderId::To);
    incoming.sdp = received.message.sdp();
    incoming.reliable = m_reliableOffered;
    incoming.remote = received.from;
    if (m_contact.empty()) {
        const auto user = sip::parseUri(received.message.requestUri).user;
        const auto local = m_env.agent.localFor(m_invite);
        m_contact = fmt::format("<sip:{}@{}{}>", user.empty() ? "earshot" : std::string(user),
                                local.endpoint.text(),
                                local.transport == base::Transport::Tcp   ? ";transport=tcp"
                                : local.transport == base::Transport::Tls ? ";transport=tls"
                                                                          : "");
    }
    m_env.listener.onCall(incoming);
}

void IncomingCall::ring(int status, const std::string &sdp, bool reliable)
{
    if (m_state != State::Ringing || m_answerWaits || status <= 100 || status >= 200)
        return;
    const std::string phrase(sip::phrase(status));
    if (!sdp.empty())
        m_localSdp = sdp;
    const std::string headers = fmt::format("Contact: {}\r\nAllow: {}\r\nUser-Agent: {}\r\n",
                                            m_contact, kAllow, m_env.options.userAgent);
    if (!reliable || !m_reliableOffered)
        return reply(m_invite, status, headers, sdp);
    auto *sent =
        nta_reliable_treply(m_invite, ReliableHandler::called, this, status, phrase.c_str(),
                            SIPTAG_HEADER_STR(headers.c_str()),
                            TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                            TAG_IF(!sdp.empty(), SIPTAG_PAYLOAD_STR(sdp.c_str())), TAG_END());
    if (sent == nullptr)
        return;
    m_reliable.push_back(sent);
    m_awaitingPrack = true;
}

void IncomingCall::onPrack(bool came)
{
    m_awaitingPrack = false;
    if (came) {
        CallEvent done = event(CallStep::PrackDone);
        done.status = 200;
        m_env.listener.onCall(done);
    } else if (m_state == State::Ringing) {
        // RFC 3262 section 3: no PRACK within 64*T1, the INVITE is rejected with a 5xx.
        reply(m_invite, 504);
        CallEvent failed = event(CallStep::Failed);
        failed.status = 504;
        failed.local = true;
        failed.sentence = "The caller never acknowledged our reliable provisional response (no "
                          "PRACK); the call was given up.";
        return end(failed);
    }
    if (std::exchange(m_answerWaits, false)) // not from inside sofia's PRACK handling
        m_repeat.start(std::chrono::milliseconds(1), [this] { sendAnswer(); });
}

void IncomingCall::answer(const std::string &sdp)
{
    if (m_state != State::Ringing || m_answerWaits)
        return;
    m_answer = sdp;
    m_localSdp = sdp.empty() ? m_localSdp : sdp;
    m_repeatAfter = m_env.options.t1;
    // RFC 3262 section 3: the 2xx waits for the PRACK of a reliable response.
    if (m_awaitingPrack)
        m_answerWaits = true;
    else
        sendAnswer();
}

void IncomingCall::sendAnswer()
{
    if (m_state != State::Ringing && m_state != State::Accepted)
        return;
    m_state = State::Accepted;
    reply(
        m_invite, 200,
        fmt::format("Contact: {}\r\nAllow: {}\r\nSupported: 100rel, outbound\r\nUser-Agent: {}\r\n",
                    m_contact, kAllow, m_env.options.userAgent),
        m_answer);
    // RFC 3261 section 13.3.1.4: the 2xx is repeated, T1 doubling up to T2, until the ACK; after
    // 64*T1 a BYE.
    const auto t1 = m_env.options.t1;
    if (m_repeatedFor >= 64 * t1) {
        m_env.agent.tell({base::LocalKind::TimedOut,
                          0,
                          m_callId,
                          {},
                          "The caller never acknowledged our answer (no ACK); the call is ended.",
                          {}});
        return bye();
    }
    m_repeat.start(m_repeatAfter, [this] { sendAnswer(); });
    m_repeatedFor += m_repeatAfter;
    m_repeatAfter = std::min(2 * m_repeatAfter, 8 * t1);
}

void IncomingCall::acknowledged(const Received &received)
{
    if (m_state != State::Accepted)
        return;
    m_state = State::Confirmed;
    m_repeat.stop();
    CallEvent answered = event(CallStep::Answered);
    answered.status = 200;
    answered.phrase = "OK";
    answered.sdp = received.message.sdp();
    answered.remote = received.from;
    m_env.listener.onCall(answered);
}

void IncomingCall::decline(int status)
{
    if (m_state != State::Ringing)
        return;
    reply(m_invite, status >= 300 && status < 700 ? status : 603,
          fmt::format("User-Agent: {}\r\n", m_env.options.userAgent));
    CallEvent ended = event(CallStep::Ended);
    ended.status = status;
    ended.phrase = sip::phrase(status);
    end(ended);
}

void IncomingCall::redirect(const std::string &contact)
{
    const auto uri = checkedUri(contact, "address to redirect to");
    if (m_state != State::Ringing || !uri)
        return;
    reply(m_invite, 302,
          fmt::format("Contact: <{}>\r\nUser-Agent: {}\r\n", *uri, m_env.options.userAgent));
    CallEvent ended = event(CallStep::Ended);
    ended.status = 302;
    ended.phrase = sip::phrase(302);
    end(ended);
}

void IncomingCall::hangUp()
{
    if (m_state == State::Ringing)
        decline(603);
    else if (m_state != State::Ended)
        bye();
}

void IncomingCall::shutDown()
{
    if (m_state == State::Ringing)
        decline(480);
    else
        hangUp();
}

void IncomingCall::bye()
{
    m_repeat.stop();
    if (m_state == State::Ended)
        return;
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "BYE";
    spec.transport = m_by.pin.usable();
    spec.ident = m_by.local != nullptr ? m_by.local->ident.c_str() : nullptr;
    spec.headers = fmt::format("User-Agent: {}\r\n", m_env.options.userAgent);
    m_state = State::Confirmed;
    const bool sent = m_requests.start(spec, [this](const Reply &done) {
        if (done.status < 200)
            return;
        CallEvent ended = event(CallStep::Ended);
        ended.status = done.status;
        ended.phrase = base::printable(done.phrase, false, 160);
        ended.local = done.local;
        end(ended);
    });
    if (!sent)
        end(event(CallStep::Ended));
}

void IncomingCall::onCancel()
{
    if (m_state != State::Ringing)
        return;
    CallEvent ended = event(CallStep::Ended); // nta itself answers 487
    ended.status = 487;
    ended.phrase = sip::phrase(487);
    end(ended);
}

void IncomingCall::end(const CallEvent &finished)
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_repeat.stop();
    m_answerWaits = false;
    m_env.listener.onCall(finished);
    m_linger.start(64 * m_env.options.t1, [this] { m_over = true; });
}

void IncomingCall::onWithin(nta_incoming_t *request, const sip_t &sip, const Received &received)
{
    DialogSide side{m_localSdp, m_contact, {}};
    side.leg = m_leg;
    side.target = sip.sip_contact;
    const auto answer = answerInDialog(request, received, side);
    if (!answer)
        return;
    m_localSdp = *answer;
    CallEvent changed = event(CallStep::Changed);
    changed.sdp = received.message.sdp();
    m_env.listener.onCall(changed);
}

int IncomingCall::onRequest(nta_incoming_t *request, const sip_t &sip)
{
    const Received received(request);
    switch (received.message.method) {
    case sip::Method::Ack:
        acknowledged(received);
        nta_incoming_destroy(request);
        return 0;
    case sip::Method::Bye: {
        reply(request, 200);
        nta_incoming_destroy(request);
        if (m_state == State::Ringing)
            reply(m_invite, 487); // RFC 3261 section 15.1.2
        CallEvent ended = event(CallStep::Ended);
        ended.remote = received.from;
        end(ended);
        return 0;
    }
    case sip::Method::Invite:
        if (m_state == State::Ringing || m_state == State::Accepted)
            return 491; // RFC 3261 section 14.2: ours is not done yet
        [[fallthrough]];
    default:
        if (m_state == State::Ended)
            return 481; // RFC 3261 section 12.2.2: that dialog is over
        onWithin(request, sip, received);
        return 0;
    }
}

} // namespace engine
