// SPDX-License-Identifier: Apache-2.0
// What the peer asks for within a call that we placed.
#include <engine/test_call.h>

#include <algorithm>
#include <base/text.h>
#include <engine/dialog_requests.h>
#include <engine/in_dialog.h>
#include <fmt/format.h>
#include <sip/sdp_dtls.h>
#include <sip/uri.h>

namespace engine {

int TestCall::onRequest(nta_incoming_t *request, const sip_t &sip)
{
    const Received received(request);
    const std::string tag =
        sip.sip_from != nullptr && sip.sip_from->a_tag != nullptr ? sip.sip_from->a_tag : "";
    EarlyDialog *known = dialog(tag);
    if (received.message.method == sip::Method::Ack) {
        if (known != nullptr && tag == m_answeredTag)
            acknowledged(received);
        nta_incoming_destroy(request);
        return 0;
    }
    if (known == nullptr)
        return 481;
    if (!known->order.takes(received.message))
        return 500; // RFC 3261 section 12.2.2: it comes too late
    if (const auto why = unservable(received.message, true)) {
        refuse(request, *why);
        return 0;
    }
    if (received.message.method != sip::Method::Bye) {
        if (m_state == State::Ended || known->ending)
            return 481; // RFC 3261 section 12.2.2: that dialog is over
        if (tag == m_answeredTag && m_state == State::Answered)
            return onSessionRequest(request, sip, received);
        if (received.message.method == sip::Method::Invite)
            return 491; // RFC 3261 section 14.2: ours, which made the dialog, is not done
        if (received.message.method == sip::Method::Update && !received.message.sdp().empty() &&
            !m_offer.empty() && !known->described)
            return 491; // RFC 3311 section 5.2: our INVITE's offer waits for its answer
        if (const auto value = received.message.value(sip::HeaderId::PEarlyMedia); !value.empty()) {
            CallEvent permitted =
                event(CallStep::Permitted); // RFC 5009 section 8: the newest holds
            permitted.toTag = tag;
            permitted.earlyMedia = value;
            m_env.listener.onCall(permitted);
        }
        changedByPeer(request, sip, received, tag);
        return 0;
    }
    reply(request, 200);
    nta_incoming_destroy(request);
    known->ending = true;
    if (m_state == State::Proceeding)
        note(base::LocalKind::Note, 0, tag,
             "The callee sent BYE before it answered, which RFC 3261 section 15 leaves to the "
             "caller: this early dialog is over, the INVITE is not.");
    if (tag == m_answeredTag) {
        CallEvent ended = event(CallStep::Ended);
        ended.toTag = tag;
        ended.remote = received.from;
        end(ended);
    }
    return 0;
}

/// A request within a dialog, early or answered. Where it carries an offer, the answer describes
/// what we want, held or not, and media goes where the offer says.
void TestCall::changedByPeer(nta_incoming_t *request, const sip_t &sip, const Received &received,
                             const std::string &toTag)
{
    const bool main = toTag == m_answeredTag && m_state == State::Answered;
    const EarlyDialog *dialog_ = dialog(toTag);
    DialogSide side{main ? m_current : m_described, abilities(), m_contact, {}};
    if (main && (received.message.method == sip::Method::Invite ||
                 received.message.method == sip::Method::Update))
        side.headers = m_sessionTimer.refreshed(received.message);
    side.direction = m_held ? sip::Direction::SendOnly : directionOf(m_described);
    side.leg = dialog_ != nullptr ? dialog_->leg : nullptr;
    side.target = sip.sip_contact;
    side.repeated = main ? &m_answering : nullptr;
    side.lost = [this] {
        note(base::LocalKind::TimedOut, 0, m_answeredTag,
             "The peer never acknowledged our answer to its re-INVITE (no ACK); the call is ended "
             "(RFC 3261 section 14.2).");
        hangUp();
    };
    std::string offered;
    side.offered = &offered;
    const auto answer = answerInDialog(request, received, side);
    if (main && (answer || !offered.empty())) {
        m_current = answer.value_or(offered);
        m_shaped = m_shaped || answer;
        m_version = std::max(m_version, originOf(m_current).version);
    }
    if (answer) // else the ACK brings it
        changedTo(toTag, received.message.sdp(), *answer);
}

void TestCall::changedTo(const std::string &toTag, std::string_view sdp, const std::string &ours)
{
    CallEvent changed = event(CallStep::Changed);
    changed.toTag = toTag;
    changed.sdp = sdp;
    changed.ours = ours;
    m_env.listener.onCall(changed);
}

/// An ACK of the peer's re-INVITE. Where we made the offer, it brings the answer.
void TestCall::acknowledged(const Received &received)
{
    const bool offered = m_answering.offering();
    if (!m_answering.acknowledged(received.message) || !offered || m_state != State::Answered)
        return;
    if (const auto answer = received.message.sdp(); !answer.empty()) {
        changedTo(m_answeredTag, answer, m_current);
        m_current = sip::withSettledSetup(m_current, answer);
        return;
    }
    note(base::LocalKind::Note, 0, m_answeredTag,
         "The peer's re-INVITE asked for our offer, but its ACK brought no answer (RFC 3261 "
         "section 13.2.1).");
}

/// RFC 3261 section 14.2 and RFC 3311 section 5.2: both sides change the session at once.
bool TestCall::glares(const sip::Message &request) const
{
    const bool invites = request.method == sip::Method::Invite;
    const bool offers = !request.sdp().empty();
    // A bare UPDATE of ours, which only refreshes, is in nobody's way.
    const bool ours = m_change && (!m_change->byUpdate || !m_change->sdp.empty());
    if (invites)
        return ours || m_answering.waiting();
    return request.method == sip::Method::Update && offers && (ours || m_answering.offering());
}

int TestCall::onSessionRequest(nta_incoming_t *request, const sip_t &sip, const Received &received)
{
    const auto &message = received.message;
    switch (message.method) {
    case sip::Method::Notify:
        onNotify(request, received);
        return 0;
    case sip::Method::Refer: {
        // Whom we call is the user's decision alone: nobody spends our money by a REFER.
        CallEvent asked = event(CallStep::TransferAsked);
        asked.target = base::printable(
            sip::parseNameAddress(message.value(sip::HeaderId::ReferTo)).uriText, false, 300);
        asked.remote = received.from;
        note(base::LocalKind::Note, 603, m_answeredTag,
             fmt::format("The peer asks us to call {}; Earshot never does so by itself.",
                         asked.target));
        m_env.listener.onCall(asked);
        return 603;
    }
    default:
        if (glares(message))
            return 491;
        changedByPeer(request, sip, received, m_answeredTag);
        return 0;
    }
}

} // namespace engine
