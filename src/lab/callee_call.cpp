// SPDX-License-Identifier: Apache-2.0
#include <lab/callee_call.h>

#include <base/text.h>
#include <fmt/format.h>
#include <random>
#include <sip/sdp.h>
#include <sip/sdp_events.h>
#include <sip/uri.h>

namespace lab {
namespace {

constexpr auto kT2 = std::chrono::seconds(4);
constexpr auto kLinger = std::chrono::seconds(5); // T4: retransmissions still find the call
constexpr auto kAllow = "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS";

sip::SdpDraft draft(const RtpSender &audio)
{
    sip::SdpDraft out;
    out.media = audio.local();
    out.codecs = sip::codecsByName("PCMU");
    sip::addEvents(out.codecs);
    out.sessionId = out.version = static_cast<std::uint64_t>(base::now().ns / 1'000'000'000);
    return out;
}

bool supports100rel(const sip::Message &invite)
{
    return invite.lists(sip::HeaderId::Supported, "100rel") ||
           invite.lists(sip::HeaderId::Require, "100rel");
}

} // namespace

CalleeCall::CalleeCall(Setting setting, const sip::Message &invite, const base::Endpoint &caller,
                       std::unique_ptr<RtpSender> audio)
    : m_setting(std::move(setting)), m_caller(caller), m_tag(base::randomToken(5)),
      m_audio(std::move(audio)), m_resend(m_setting.reactor),
      m_rseq(std::random_device{}() % 100000 + 1)
{
    Draft copy(invite);
    copy.replaceFirst(sip::HeaderId::Via,
                      receivedVia(copy.first(sip::HeaderId::Via).value_or(""), caller));
    m_inviteText = copy.text();
    m_invite = *sip::parse(m_inviteText);
    if (const auto target = responseTarget(copy.first(sip::HeaderId::Via).value_or("")))
        m_caller = *target;
    m_lastResponse = sip::responseTo(m_invite, 100, {}, {}).text();
    sendResponse();
    if (!m_invite.sdp().empty() && ownSdp().empty()) {
        refuse(488);
        return;
    }
    listen(m_invite.sdp());
    for (const Act &one : m_setting.acts)
        m_timers.push_back(m_setting.reactor.after(one.after, [this, &one] { act(one); }));
}

CalleeCall::~CalleeCall()
{
    for (const auto timer : m_timers)
        m_setting.reactor.cancel(timer);
}

void CalleeCall::sendResponse()
{
    m_setting.port.send(m_lastResponse, m_caller);
}

// Our answer to the caller's offer, our own offer if there was none; empty: nothing in common.
std::string CalleeCall::ownSdp()
{
    const auto offer = m_invite.sdp();
    if (offer.empty())
        return sip::writeSdp(draft(*m_audio));
    return sip::answerSdp(sip::parseSdp(offer), draft(*m_audio)).value_or(std::string());
}

void CalleeCall::listen(std::string_view text)
{
    const auto sdp = sip::parseSdp(text);
    for (const auto &media : sdp.media) {
        const auto endpoint = media.endpoint();
        if (media.type != "audio" || !endpoint)
            continue;
        for (const auto &format : media.formats)
            if (base::equalsNoCase(format.map.encoding, "PCMU"))
                m_audio->payloadType(
                    format.payloadType); // RFC 3264 section 5.1: the offer's numbers
        m_audio->destination(*endpoint);
        return;
    }
}

void CalleeCall::act(const Act &one)
{
    if (m_state != State::Early && one.status != 0)
        return;
    if (m_reliableOpen &&
        one.status != 0) { // one at a time, and the 2xx behind them (RFC 3262 section 3)
        m_waiting.push_back(one);
        return;
    }
    if (one.status >= 200)
        final(one);
    else if (one.status != 0)
        provisional(one);
    if (!one.sounds.empty() && m_state != State::Refused && m_state != State::Ended)
        m_audio->play(one.sounds);
}

void CalleeCall::waitingActs()
{
    while (!m_waiting.empty() && !m_reliableOpen && m_state == State::Early) {
        const Act next = m_waiting.front();
        m_waiting.pop_front();
        act(next);
    }
}

void CalleeCall::provisional(const Act &one)
{
    const bool reliable = one.reliable && supports100rel(m_invite);
    auto writer = sip::responseTo(m_invite, one.status, {}, m_tag);
    writer.header("Contact", fmt::format("<{}>", m_setting.contact)).header("Allow", kAllow);
    // An offer of ours may only stand in a reliable message (RFC 3262 section 5).
    const bool sdp = one.sdp && !m_sdpSettled && (reliable || !m_invite.sdp().empty());
    if (reliable)
        writer.header("Require", "100rel").header("RSeq", std::to_string(++m_rseq));
    if (sdp)
        writer.body("application/sdp", ownSdp());
    m_lastResponse = writer.text();
    sendResponse();
    if (!reliable)
        return;
    m_reliableOpen = true;
    m_reliableSdp = sdp;
    m_resend.start(
        m_setting.t1, base::Duration(0), [this] { sendResponse(); }, [this] { refuse(504); });
}

void CalleeCall::final(const Act &one)
{
    if (one.status >= 300) {
        refuse(one.status);
        return;
    }
    auto writer = sip::responseTo(m_invite, one.status, {}, m_tag);
    writer.header("Contact", fmt::format("<{}>", m_setting.contact))
        .header("Allow", kAllow)
        .header("Supported", "100rel");
    if (!m_sdpSettled)
        writer.body("application/sdp", ownSdp());
    m_lastResponse = writer.text();
    m_state = State::Answered;
    sendResponse();
    // RFC 3261 section 13.3.1.4: the 2xx itself is repeated until the ACK comes, over UDP and
    // everywhere.
    m_resend.start(
        m_setting.t1, kT2, [this] { sendResponse(); }, [this] { sendBye(); });
}

void CalleeCall::refuse(int status)
{
    m_state = State::Refused;
    m_reliableOpen = false;
    m_audio->stop();
    m_lastResponse = sip::responseTo(m_invite, status, {}, m_tag).text();
    sendResponse();
    m_resend.start(
        m_setting.t1, kT2, [this] { sendResponse(); }, [this] { end(); });
}

void CalleeCall::reply(const sip::Message &request, const base::Endpoint &from, int status,
                       const std::string &sdp)
{
    auto writer = sip::responseTo(request, status, {}, m_tag);
    if (status == 405 || request.method == sip::Method::Options)
        writer.header("Allow", kAllow);
    if (request.method == sip::Method::Update)
        writer.header("Contact", fmt::format("<{}>", m_setting.contact));
    if (!sdp.empty())
        writer.body("application/sdp", sdp);
    m_setting.port.send(writer.text(), from);
}

void CalleeCall::received(const sip::Message &message, const base::Endpoint &from)
{
    if (!message.isRequest()) {
        if (message.method == sip::Method::Bye && message.status >= 200)
            end();
        return;
    }
    switch (message.method) {
    case sip::Method::Invite:
        if (message.toTag().empty())
            sendResponse(); // the INVITE again
        else
            reply(message, from, 488); // the session stays as it is
        break;
    case sip::Method::Ack:
        ack(message);
        break;
    case sip::Method::Prack:
        prack(message, from);
        break;
    case sip::Method::Bye:
    case sip::Method::Cancel:
        hangUp(message, from);
        break;
    case sip::Method::Update: {
        const auto offer = message.sdp();
        const auto answer =
            offer.empty() ? std::nullopt : sip::answerSdp(sip::parseSdp(offer), draft(*m_audio));
        if (answer)
            listen(offer);
        reply(message, from, offer.empty() || answer ? 200 : 488, answer.value_or(std::string()));
        break;
    }
    case sip::Method::Options:
        reply(message, from, 200);
        break;
    default:
        reply(message, from, 405);
        break;
    }
}

void CalleeCall::ack(const sip::Message &request)
{
    if (m_state == State::Early || request.cseq().number != m_invite.cseq().number)
        return;
    if (m_state == State::Answered && m_resend.running() && m_invite.sdp().empty() &&
        !request.sdp().empty())
        listen(request.sdp()); // late offer: the answer comes with the ACK
    m_resend.stop();
    if (m_state == State::Refused)
        end();
}

void CalleeCall::prack(const sip::Message &request, const base::Endpoint &from)
{
    const auto expected = fmt::format("{} {} INVITE", m_rseq, m_invite.cseq().number);
    std::string named;
    for (const auto word : base::split(request.value(sip::HeaderId::RAck), ' '))
        if (!word.empty())
            named += (named.empty() ? "" : " ") + std::string(word);
    const bool again = request.cseq().number == m_prackCseq;
    if (named != expected || (!m_reliableOpen && !again)) {
        reply(request, from, 481); // RFC 3262 section 3
        return;
    }
    std::string answer;
    if (!request.sdp().empty() &&
        !m_invite.sdp().empty()) // a second offer, after the first was answered
        answer =
            sip::answerSdp(sip::parseSdp(request.sdp()), draft(*m_audio)).value_or(std::string());
    if (!request.sdp().empty())
        listen(request.sdp());
    reply(request, from, 200, answer);
    if (again)
        return;
    m_prackCseq = request.cseq().number;
    m_resend.stop();
    m_reliableOpen = false;
    m_sdpSettled = m_sdpSettled || m_reliableSdp;
    waitingActs();
}

void CalleeCall::hangUp(const sip::Message &request, const base::Endpoint &from)
{
    const bool bye = request.method == sip::Method::Bye;
    // RFC 3261 section 9.2: a CANCEL belongs to the transaction with its branch.
    if (!bye && request.branch() != m_invite.branch()) {
        reply(request, from, 481);
        return;
    }
    reply(request, from, 200);
    if (m_state == State::Early)
        refuse(487);
    else if (bye && m_state == State::Answered)
        end();
}

// The ACK never came (RFC 3261 section 13.3.1.4).
void CalleeCall::sendBye()
{
    const auto target = sip::parseNameAddress(m_invite.value(sip::HeaderId::Contact));
    auto writer = sip::Writer::request("BYE", target.uriText);
    writer.header("Via", viaValue(base::Transport::Udp, m_setting.port.local(),
                                  "z9hG4bK" + base::randomToken(8)));
    for (const auto route : m_invite.values(sip::HeaderId::RecordRoute)) // RFC 3261 section 12.1.1
        writer.header("Route", route);
    writer.header("Max-Forwards", "70")
        .header("From", fmt::format("{};tag={}", m_invite.value(sip::HeaderId::To), m_tag));
    writer.header("To", m_invite.value(sip::HeaderId::From))
        .header("Call-ID", m_invite.callId())
        .header("CSeq", "1 BYE");
    const auto text = writer.text();
    const auto hop = uriEndpoint(target.uriText).value_or(m_caller);
    m_setting.port.send(text, hop);
    m_resend.start(
        m_setting.t1, kT2, [this, text, hop] { m_setting.port.send(text, hop); },
        [this] { end(); });
}

void CalleeCall::end()
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_audio->stop();
    m_resend.stop();
    m_timers.push_back(m_setting.reactor.after(kLinger, [this] {
        const auto over = m_setting.over; // a copy: it destroys this call
        over();
    }));
}

} // namespace lab
