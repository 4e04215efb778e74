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

namespace {

// Of the 1.8 s in which the engine takes its leave; the rest is the BYE's.
constexpr auto kAckPatience = std::chrono::milliseconds(1000);

/// What RFC 3261 (and RFC 4028 for 422) wants beside a refusal: without it no caller can do as it
/// is told, and a test of the caller would be one of our own fault.
std::string refusalHeaders(int status)
{
    switch (status) {
    case 401:
    case 407:
        return fmt::format("{}-Authenticate: Digest realm=\"earshot\", nonce=\"{}\", "
                           "algorithm=MD5, qop=\"auth\"\r\n",
                           status == 401 ? "WWW" : "Proxy", base::randomToken(16));
    case 405:
        return fmt::format("Allow: {}\r\n", kAllow);
    case 415:
        return fmt::format("Accept: {}\r\n", kAccept);
    case 420:
        return "Unsupported: 100rel\r\n";
    case 421:
        return "Require: timer\r\n";
    case 422:
        return "Min-SE: 1800\r\n";
    case 423:
        return "Min-Expires: 3600\r\n";
    default:
        return {};
    }
}

} // namespace

int CancelHandler::called(CancelHandler *self, nta_incoming_t *, const sip_t *sip) noexcept
{
    if (sip != nullptr && sip->sip_request != nullptr &&
        sip->sip_request->rq_method == sip_method_cancel)
        self->onCancel();
    return 0;
}

int ReliableHandler::called(ReliableHandler *self, nta_reliable_t *reliable, nta_incoming_t *prack,
                            const sip_t *) noexcept
{
    return self->onPrack(reliable, prack);
}

IncomingCall::IncomingCall(Env &env, CallHandle handle, nta_incoming_t *request, const sip_t &sip,
                           const Received &received, ArrivedBy by)
    : m_env(env), m_handle(handle), m_by(std::move(by)), m_invite(request),
      m_callId(received.message.callId()),
      m_caller(sip::parseNameAddress(received.message.value(sip::HeaderId::From)).uriText),
      m_cseq(received.message.cseq().number), m_offered(!received.message.sdp().empty()),
      m_digest(m_by.credentials.user, m_by.credentials.password),
      m_answering(env.loop, env.options.t1), m_deferred(env.loop), m_linger(env.loop)
{
    m_order.takes(received.message);
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
    for (auto *each : m_reliable)
        nta_reliable_destroy(each);
    if (m_invite != nullptr) {
        nta_incoming_bind(m_invite, nullptr, nullptr);
        nta_incoming_destroy(m_invite);
    }
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
    if (!sdp.empty())
        m_localSdp = sdp;
    const std::string headers = fmt::format("Contact: {}\r\nAllow: {}\r\nUser-Agent: {}\r\n",
                                            m_contact, kAllow, m_env.options.userAgent);
    if (!reliable || !m_reliableOffered) {
        const auto tell = [this](const char *sentence) {
            m_env.agent.tell({base::LocalKind::Note, 0, m_callId, {}, sentence, {}});
        };
        if (reliable)
            tell("The caller takes no reliable responses (its INVITE does not say 100rel, RFC 3262 "
                 "section 3): this one leaves unreliably, and no PRACK will come.");
        if (!sdp.empty() && !m_offered)
            tell("The INVITE brought no offer, so this description is ours, in an unreliable "
                 "response: the caller need not look at it before the answer (RFC 3261 section "
                 "13.2.1).");
        return reply(m_invite, status, headers, sdp);
    }
    auto *sent =
        nta_reliable_treply(m_invite, ReliableHandler::called, this, status, phraseOf(status),
                            SIPTAG_HEADER_STR(headers.c_str()),
                            TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                            TAG_IF(!sdp.empty(), SIPTAG_PAYLOAD_STR(sdp.c_str())), TAG_END());
    if (sent == nullptr)
        return;
    m_reliable.push_back(sent);
    m_described = m_described || !sdp.empty();
}

int IncomingCall::onPrack(nta_reliable_t *reliable, nta_incoming_t *prack)
{
    if (prack == nullptr) {
        notPracked();
        return 0;
    }
    const Received received(prack);
    if (const auto why = unfit(received.message)) {
        refuse(prack, *why);
        // The library has stopped repeating the response all the same, so the time is ours to keep.
        if (m_state == State::Ringing)
            m_deferred.start(64 * m_env.options.t1, [this] { notPracked(); });
        return 0;
    }
    // Destroyed at once: behind one that is done with, the library would queue the next for ever.
    std::erase(m_reliable, reliable);
    nta_reliable_destroy(reliable);
    const auto sdp = received.message.sdp();
    const bool answersUs = !sdp.empty() && !m_offered && m_described && !m_settled;
    m_settled = m_settled || !sdp.empty();
    const bool offers = !sdp.empty() && !answersUs;
    const bool taken = offers && answerPrack(prack, sdp);
    CallEvent done = event(CallStep::PrackDone);
    done.status = 200;
    m_env.listener.onCall(done);
    if (answersUs || taken)
        changedTo(sdp);
    if (m_reliable.empty()) {
        m_deferred.stop();
        if (std::exchange(m_answerWaits, false)) // not from inside sofia's PRACK handling
            m_deferred.start(std::chrono::milliseconds(1), [this] { sendAnswer(); });
    }
    return offers ? 0 : 200;
}

/// Why a PRACK acknowledges nothing.
std::optional<Refused> IncomingCall::unfit(const sip::Message &prack)
{
    if (!m_order.takes(prack))
        return Refused{500, {}}; // RFC 3261 section 12.2.2: it comes too late
    if (auto why = unservable(prack))
        return why;
    // RFC 3262 section 3: it has to fit a response that waits for it.
    return m_state == State::Ringing ? std::nullopt : std::optional(Refused{481, {}});
}

void IncomingCall::notPracked()
{
    if (m_state != State::Ringing)
        return;
    // RFC 3262 section 3: no PRACK within 64*T1, the INVITE is rejected with a 5xx.
    CallEvent failed = event(CallStep::Failed);
    failed.status = 504;
    failed.local = true;
    failed.sentence = "The caller never acknowledged our reliable provisional response (no PRACK); "
                      "the call was given up.";
    end(failed, 504);
}

/// RFC 3262 section 5: the 2xx to a PRACK that makes an offer has to carry the answer. True: the
/// offer was taken.
bool IncomingCall::answerPrack(nta_incoming_t *prack, std::string_view offer)
{
    // A refusal would leave the response without its acknowledgement, so it is the streams that are
    // refused (RFC 6337 section 3.2).
    const auto taken = answerLike(offer, {m_localSdp, m_able, sip::Direction::SendRecv, m_unsaid});
    reply(prack, 200, {}, taken ? *taken : answerNothing(offer, m_localSdp, m_unsaid));
    nta_incoming_destroy(prack);
    if (taken)
        m_localSdp = *taken;
    else // that refusal was the next version; what comes after it is yet another
        m_localSdp = withVersion(m_localSdp, originOf(m_localSdp).version + (m_unsaid ? 1 : 2));
    m_unsaid = !taken;
    return taken.has_value();
}

void IncomingCall::answer(const std::string &sdp)
{
    if (m_state != State::Ringing || m_answerWaits)
        return;
    m_answer = sdp;
    if (!sdp.empty() && !m_settled)
        m_localSdp = sdp;
    // RFC 3262 section 3: the 2xx waits for the PRACK of a reliable response.
    if (!m_reliable.empty())
        m_answerWaits = true;
    else
        sendAnswer();
}

void IncomingCall::sendAnswer()
{
    if (m_state != State::Ringing)
        return;
    m_state = State::Accepted;
    m_answered = true;
    // What was agreed upon while it rang is not said again: it would be another offer.
    const std::string sdp = m_settled ? "" : m_answer;
    nta_incoming_bind(m_invite, nullptr, nullptr);
    m_answering.send(
        std::exchange(m_invite, nullptr),
        {m_cseq,
         fmt::format(
             "Contact: {}\r\nAllow: {}\r\nSupported: 100rel, outbound\r\nUser-Agent: {}\r\n",
             m_contact, kAllow, m_env.options.userAgent),
         sdp, !m_offered && !sdp.empty()},
        [this] {
            m_env.agent.tell(
                {base::LocalKind::TimedOut,
                 0,
                 m_callId,
                 {},
                 "The caller never acknowledged our answer (no ACK); the call is ended.",
                 {}});
            bye();
        });
}

void IncomingCall::decline(int status)
{
    if (m_state != State::Ringing)
        return;
    CallEvent ended = event(CallStep::Ended);
    ended.status = status;
    ended.phrase = sip::phrase(status);
    end(ended, status >= 300 && status < 700 ? status : 603,
        refusalHeaders(status) + fmt::format("User-Agent: {}\r\n", m_env.options.userAgent));
}

void IncomingCall::redirect(const std::string &contact)
{
    const auto uri = checkedUri(contact, "address to redirect to");
    if (m_state != State::Ringing || !uri)
        return;
    CallEvent ended = event(CallStep::Ended);
    ended.status = 302;
    ended.phrase = sip::phrase(302);
    end(ended, 302,
        fmt::format("Contact: <{}>\r\nUser-Agent: {}\r\n", *uri, m_env.options.userAgent));
}

void IncomingCall::hangUp()
{
    if (m_state == State::Ringing)
        decline(603);
    else if (m_state == State::Confirmed)
        bye();
    else if (m_state == State::Accepted)
        m_hangUp = true; // RFC 3261 section 15: no BYE of the callee's before the ACK
}

void IncomingCall::shutDown()
{
    if (m_state == State::Ringing)
        return decline(480);
    hangUp();
    // Where no ACK comes soon, the BYE goes without it: after us nobody could send it, and the
    // caller would go on alone.
    if (m_state == State::Accepted)
        m_deferred.start(kAckPatience, [this] { bye(); });
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

void IncomingCall::end(const CallEvent &finished, int final, const std::string &headers)
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended; // first: with a final the library gives up what no PRACK came for
    m_answering.stop();
    m_deferred.stop();
    m_answerWaits = false;
    if (final != 0)
        reply(m_invite, final, headers);
    m_env.listener.onCall(finished);
    m_linger.start(64 * m_env.options.t1, [this] { m_over = true; });
}

} // namespace engine
