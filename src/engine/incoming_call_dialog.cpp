// SPDX-License-Identifier: Apache-2.0
// The dialog of an incoming call once it stands: the ACK, what the caller asks for within it, BYE
// both ways.
#include <engine/incoming_call.h>

#include <base/text.h>
#include <engine/dialog_requests.h>
#include <engine/in_dialog.h>
#include <fmt/format.h>
#include <sip/sdp_dtls.h>

namespace engine {

void IncomingCall::acknowledged(const Received &received)
{
    const bool offered = m_answering.offering();
    if (!m_answering.acknowledged(received.message))
        return;
    if (m_state == State::Confirmed && offered && !received.message.sdp().empty()) {
        changedTo(received.message.sdp());
        m_localSdp = sip::withSettledSetup(m_localSdp, received.message.sdp());
        return;
    }
    if (m_state != State::Accepted)
        return;
    m_state = State::Confirmed;
    if (m_hangUp)
        return bye();
    CallEvent answered = event(CallStep::Answered);
    answered.status = 200;
    answered.phrase = "OK";
    answered.sdp = received.message.sdp();
    answered.remote = received.from;
    m_env.listener.onCall(answered);
}

void IncomingCall::bye(int attempt)
{
    m_answering.stop();
    if (m_state == State::Ended || (m_state == State::Leaving && attempt == 1))
        return;
    m_state = State::Leaving;
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "BYE";
    spec.transport = m_by.pin.usable();
    spec.ident = m_by.local != nullptr ? m_by.local->ident.c_str() : nullptr;
    spec.headers = fmt::format("User-Agent: {}\r\n", m_env.options.userAgent) +
                   m_digest.headers("BYE", remoteTarget(m_leg, m_caller));
    const bool sent =
        m_requests.start(spec, [this, attempt, where = destinationOf(spec)](const Reply &reply) {
            if (reply.status >= 200)
                byeDone(reply, attempt, where);
        });
    if (!sent)
        end(event(CallStep::Ended));
}

void IncomingCall::byeDone(const Reply &reply, int attempt, const base::Endpoint &where)
{
    if (m_state == State::Leaving && mayRetry(m_digest, reply, attempt, answerable(reply)))
        return bye(attempt + 1);
    CallEvent ended = event(CallStep::Ended);
    ended.status = reply.status;
    ended.phrase = base::printable(reply.phrase, false, 160);
    ended.local = reply.local;
    const auto trouble = troubleOf(reply, where);
    ended.sentence = trouble.sentence;
    // Where both BYEs crossed, the other one has ended the call and nothing is to be said.
    if (!trouble.sentence.empty() && m_state != State::Ended)
        m_env.agent.tell({trouble.kind, reply.status, m_callId, {}, trouble.sentence, {}});
    end(ended);
}

/// The challenges that the account's credentials may answer. Whoever knows our port can call it and
/// ask for a digest in our name, which is good for guessing the password: so it is for the flow's
/// edge, and for what it asked of our REGISTER.
std::vector<std::string_view> IncomingCall::answerable(const Reply &reply) const
{
    const bool ofTheEdge =
        m_by.edge.known() && reply.received != nullptr && reply.received->from == m_by.edge;
    return ofTheEdge ? askedBefore(challengesOf(reply), m_by.asked)
                     : std::vector<std::string_view>();
}

LocalFailure IncomingCall::troubleOf(const Reply &reply, const base::Endpoint &where) const
{
    const bool asked = !reply.local && (reply.status == 401 || reply.status == 407);
    if (!asked || m_by.credentials.user.empty() || !answerable(reply).empty())
        return byeTrouble(m_env.agent, reply, remoteTarget(m_leg, m_caller), where);
    const auto challenge = chooseChallenge(challengesOf(reply));
    return {base::LocalKind::Note,
            fmt::format("The BYE was refused with {}: {} asks for the account's password in the "
                        "realm \"{}\". Earshot gives it only to the account's edge and for what "
                        "that asked of the REGISTER, so the other side may go on with the call.",
                        reply.status,
                        reply.received != nullptr ? reply.received->from.text() : "somebody",
                        challenge ? base::printable(challenge->realm, false, 128) : "")};
}

void IncomingCall::changedTo(std::string_view sdp)
{
    CallEvent changed = event(CallStep::Changed);
    changed.sdp = sdp;
    changed.ours = m_localSdp;
    m_env.listener.onCall(changed);
}

void IncomingCall::onWithin(nta_incoming_t *request, const sip_t &sip, const Received &received)
{
    DialogSide side{m_localSdp, m_able, m_contact, {}};
    side.leg = m_leg;
    side.target = sip.sip_contact;
    side.repeated = &m_answering;
    side.lost = [this] {
        m_env.agent.tell({base::LocalKind::TimedOut,
                          0,
                          m_callId,
                          {},
                          "The caller never acknowledged our answer to its re-INVITE (no ACK); the "
                          "call is ended (RFC 3261 section 14.2).",
                          {}});
        bye();
    };
    side.unsaid = m_unsaid;
    std::string offered;
    side.offered = &offered;
    const auto answer = answerInDialog(request, received, side);
    const auto &message = received.message;
    if (answer || (message.method == sip::Method::Invite && message.sdp().empty()))
        m_unsaid = false;
    if (!answer && !offered.empty())
        m_localSdp = offered; // the ACK brings the answer
    if (!answer)
        return;
    m_localSdp = *answer;
    m_settled = m_settled || m_state == State::Ringing;
    changedTo(received.message.sdp());
}

/// RFC 3261 section 14.2, RFC 3311 section 5.2: what asks for a change before it can be had.
std::optional<Refused> IncomingCall::tooEarly(const sip::Message &request) const
{
    const bool offers = !request.sdp().empty();
    if (request.method == sip::Method::Invite) {
        if (m_state == State::Ringing)
            return notYet();
        return m_answering.waiting() ? std::optional(Refused{491, {}}) : std::nullopt;
    }
    if (request.method != sip::Method::Update || !offers)
        return std::nullopt;
    if (m_state == State::Ringing && !m_settled)
        return m_described && !m_offered ? Refused{491, {}}
               : !m_described            ? notYet()
                                         : std::optional<Refused>();
    return m_answering.offering() ? std::optional(Refused{491, {}}) : std::nullopt;
}

int IncomingCall::onRequest(nta_incoming_t *request, const sip_t &sip)
{
    const Received received(request);
    if (received.message.method == sip::Method::Ack) {
        acknowledged(received);
        nta_incoming_destroy(request);
        return 0;
    }
    if (!m_order.takes(received.message))
        return 500; // RFC 3261 section 12.2.2: it comes too late
    if (const auto why = unservable(received.message)) {
        refuse(request, *why);
        return 0;
    }
    if (m_state == State::Ended && !m_answered)
        return 481; // RFC 3261 section 15.1.2: what was declined is no dialog
    if (received.message.method == sip::Method::Bye) {
        reply(request, 200);
        nta_incoming_destroy(request);
        CallEvent ended = event(CallStep::Ended);
        ended.remote = received.from;
        end(ended, m_state == State::Ringing ? 487 : 0); // RFC 3261 section 15.1.2
        return 0;
    }
    if (m_state == State::Leaving || m_state == State::Ended)
        return 481; // RFC 3261 section 12.2.2: that dialog is over
    if (const auto why = tooEarly(received.message))
        refuse(request, *why);
    else
        onWithin(request, sip, received);
    return 0;
}

} // namespace engine
