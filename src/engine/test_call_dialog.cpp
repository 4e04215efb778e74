// SPDX-License-Identifier: Apache-2.0
// The dialogs of an outgoing call: early ones with their PRACKs, the answered one, surplus answers,
// BYE both ways.
#include <engine/test_call.h>

#include <algorithm>
#include <base/text.h>
#include <engine/dialog_requests.h>
#include <engine/in_dialog.h>
#include <fmt/format.h>
#include <utility>

namespace engine {

namespace {

constexpr std::size_t kMostDialogs = 64;
constexpr base::Duration kAckSettles = std::chrono::milliseconds(500);
constexpr std::size_t kMostAnswers = 256; // a 2xx is acknowledged and hung up even then

} // namespace

TestCall::EarlyDialog *TestCall::dialog(const std::string &toTag)
{
    const auto found = m_dialogs.find(toTag);
    return found == m_dialogs.end() ? nullptr : &found->second;
}

TestCall::EarlyDialog *TestCall::dialog(const Reply &reply)
{
    const std::string tag(reply.message().toTag());
    const bool final = reply.status >= 200; // RFC 2543 peers answer without a tag
    if ((tag.empty() && !final) || reply.sip == nullptr)
        return nullptr;
    if (auto *known = dialog(tag)) {
        if (const auto *contact = usableContact(reply.sip->sip_contact);
            known->targetless && contact) {
            nta_leg_client_route(known->leg, reply.sip->sip_record_route, contact);
            known->targetless = false;
        }
        return known;
    }
    if (m_dialogs.size() >= (final ? kMostAnswers : kMostDialogs)) {
        note(base::LocalKind::Note, 0, tag,
             fmt::format("More than {} forks answered; this one is not followed.", kMostDialogs));
        return nullptr;
    }
    if (m_transport == base::Transport::Tls && m_invite) {
        tport_t *transport = m_invite->transport();
        m_connection = Pin(transport);
        if (transport != nullptr)
            tport_unref(transport);
    }
    const sip_t &sip = *reply.sip;
    nta_leg_t *leg = nta_leg_tcreate(m_env.agent.nta(), RequestHandler::called, this,
                                     SIPTAG_CALL_ID(sip.sip_call_id), SIPTAG_FROM(sip.sip_from),
                                     SIPTAG_TO(sip.sip_to), SIPTAG_CSEQ(sip.sip_cseq), TAG_END());
    if (leg == nullptr)
        return nullptr;
    const auto *contact = usableContact(sip.sip_contact);
    nta_leg_client_route(leg, sip.sip_record_route, contact);
    EarlyDialog &created = m_dialogs[tag];
    created.leg = leg;
    created.targetless = contact == nullptr;
    created.cseq = sip.sip_cseq->cs_seq;
    return &created;
}

void TestCall::provisional(const Reply &reply)
{
    if (m_state != State::Calling && m_state != State::Proceeding)
        return;
    m_state = State::Proceeding;
    m_heard = true;
    if (!m_remote.known())
        m_remote = reply.received->from;
    if (reply.status > 100)
        m_digest.accepted(); // whoever asked for credentials let the INVITE pass
    if (m_hangUp)
        cancel();
    EarlyDialog *early = reply.status > 100 ? dialog(reply) : nullptr;
    CallEvent seen = event(CallStep::Provisional, reply);
    // RFC 3262 sections 4 and 7.1: reliable is what has Require: 100rel and an RSeq from 1 on.
    seen.reliable = reply.status > 100 && reply.message().lists(sip::HeaderId::Require, "100rel") &&
                    reply.message().number(sip::HeaderId::RSeq).value_or(0) != 0;
    const bool unwanted = seen.reliable && m_request.reliability == Reliability::Off;
    if (seen.reliable && early != nullptr && !takeReliable(reply, *early))
        return;
    if (seen.reliable && early != nullptr && !unwanted && !seen.sdp.empty())
        early->described = true;
    m_env.listener.onCall(seen);
    if (unwanted)
        note(base::LocalKind::Note, reply.status, seen.toTag,
             "A reliable provisional response although this call did not offer 100rel; it is not "
             "acknowledged (RFC 3262 section 3).");
    else if (seen.reliable && early != nullptr)
        prack(reply, *early, early->rseq);
}

/// False: a retransmission or out of order, neither to be PRACKed nor processed (RFC 3262 section
/// 4).
bool TestCall::takeReliable(const Reply &reply, EarlyDialog &early)
{
    const auto rseq = reply.message().number(sip::HeaderId::RSeq).value_or(0);
    if (early.rseq != 0 && rseq <= early.rseq)
        return false;
    if (early.rseq != 0 && rseq != early.rseq + 1) {
        note(
            base::LocalKind::Note, reply.status, std::string(reply.message().toTag()),
            fmt::format("RSeq jumped from {} to {}; RFC 3262 forbids to acknowledge this response.",
                        early.rseq, rseq));
        return false;
    }
    early.rseq = rseq;
    return true;
}

RequestSpec TestCall::inDialog(const EarlyDialog &early, const char *method) const
{
    RequestSpec spec;
    spec.leg = early.leg;
    spec.method = method;
    spec.ident = m_local->ident.c_str();
    spec.transport = m_flow ? m_flow->pin.usable() : m_connection.usable();
    spec.headers = ownHeaders();
    if (early.targetless) { // the INVITE's way is the best guess
        spec.uri = m_plan.requestUri;
        spec.route = spec.transport == nullptr ? routeUri() : "";
    }
    return spec;
}

std::string TestCall::targetOf(const EarlyDialog &early) const
{
    return early.targetless ? m_plan.requestUri : remoteTarget(early.leg, m_plan.requestUri);
}

std::vector<std::string> TestCall::abilities() const
{
    return {m_described, m_request.able};
}

/// Our answer when the peer made the offer: with what the call describes, else one that accepts and
/// moves nothing.
std::string TestCall::answerFor(std::string_view offer) const
{
    if (!m_described.empty())
        if (auto answer = answerLike(offer, {m_described, abilities()}))
            return *answer;
    return idleAnswer(offer, m_local->endpoint.address);
}

void TestCall::prack(const Reply &reply, EarlyDialog &early, std::uint32_t rseq)
{
    const std::string tag(reply.message().toTag());
    const auto sdp = reply.message().sdp();
    std::string answer;
    if (m_offer.empty() && !sdp.empty()) // RFC 6337 pattern 4: the 1xx offers, the PRACK answers
        answer = early.answer = answerFor(sdp);
    if (!sendPrack(tag, fmt::format("RAck: {} {} INVITE\r\n", rseq, early.cseq), answer))
        return note(
            base::LocalKind::SendFailed, 0, tag,
            "The PRACK could not be built; the response's Contact or Record-Route cannot be used.");
    CallEvent started = event(CallStep::PrackSent);
    started.toTag = tag;
    started.status = reply.status;
    m_env.listener.onCall(started);
}

bool TestCall::sendPrack(const std::string &toTag, const std::string &rack,
                         const std::string &answer, int attempt)
{
    EarlyDialog *early = dialog(toTag);
    if (early == nullptr)
        return false;
    RequestSpec spec = inDialog(*early, "PRACK");
    spec.body = answer;
    spec.contentType = answer.empty() ? "" : "application/sdp";
    spec.headers += rack + m_digest.headers("PRACK", targetOf(*early), answer);
    return m_requests.start(
        spec, [this, toTag, rack, answer, attempt, where = destinationOf(spec)](const Reply &done) {
            if (done.status < 200)
                return;
            if (mayRetry(m_digest, done, attempt, answerable(done)) &&
                sendPrack(toTag, rack, answer, attempt + 1))
                return;
            CallEvent finished = event(CallStep::PrackDone, done);
            finished.toTag = toTag;
            if (done.local) {
                const auto why = m_env.agent.explain(done, m_plan.next, where);
                finished.sentence = why.sentence;
                note(why.kind, done.status, toTag, "The PRACK found no answer: " + why.sentence);
            }
            m_env.listener.onCall(finished);
        });
}

void TestCall::acknowledge(EarlyDialog &confirmed)
{
    RequestSpec spec = inDialog(confirmed, "ACK");
    // RFC 3261 section 13.2.2.4: the INVITE's CSeq number and credentials.
    spec.headers += fmt::format("CSeq: {} ACK\r\n", confirmed.cseq) + m_credentials;
    if (confirmed.answerInAck) {
        spec.body = confirmed.answer;
        spec.contentType = "application/sdp";
    }
    sendAck(spec);
}

/// Nobody answers an ACK, so what its socket meets is looked for: at once, and when a connection
/// had the time to come about.
void TestCall::sendAck(const RequestSpec &spec)
{
    const auto begun = base::now();
    const auto where = destinationOf(spec);
    m_ack = Transaction::start(spec, nullptr);
    if (!m_ack)
        return note(base::LocalKind::SendFailed, 0, {},
                    "The ACK could not be sent; the answer's Contact or Record-Route cannot be "
                    "used.");
    if (ackLost(where, begun))
        return;
    m_acked.start(kAckSettles, [this, where, begun] {
        if (!ackLost(where, begun))
            ackWaits();
    });
}

bool TestCall::ackLost(const base::Endpoint &where, base::Instant begun)
{
    const auto trouble = m_env.agent.met(where, begun);
    if (!trouble)
        return false;
    if (!std::exchange(m_ackTold, true)) // it is sent again with each copy of the answer
        note(trouble->kind, 0, {},
             "The ACK did not leave: " + trouble->sentence +
                 " It goes where the answer's Contact or Record-Route says; the other side hangs "
                 "up when none comes.");
    return true;
}

void TestCall::answered(const Reply &reply)
{
    EarlyDialog *now = dialog(reply);
    if (now == nullptr)
        return unanswerable(reply);
    if (now->confirmed) // the same 2xx again: our ACK was lost
        return acknowledge(*now);
    now->confirmed = true;
    now->ending = false; // by a BYE before its answer: the answer counts, and we hang up in turn
    now->cseq = reply.sip->sip_cseq->cs_seq;
    // RFC 3261 section 13.2.2.4: the route set comes from the 2xx.
    nta_leg_client_reroute(now->leg, reply.sip->sip_record_route,
                           usableContact(reply.sip->sip_contact), 1);
    const std::string tag(reply.message().toTag());
    const auto sdp = reply.message().sdp();
    if (m_offer.empty() && now->answer.empty()) { // RFC 6337 pattern 2
        now->answer = answerFor(sdp);
        now->answerInAck = true;
    }
    acknowledge(*now);
    const bool surplus = m_state == State::Answered || m_state == State::Ended;
    if (surplus) {
        note(base::LocalKind::Note, reply.status, tag,
             m_answeredTag.empty()
                 ? "The call was answered after it had ended here; Earshot acknowledged the answer "
                   "and hung it up (RFC 3261 section 13.2.2.4)."
                 : "A second phone answered; Earshot acknowledged it and hung it up (RFC 3261 "
                   "section 13.2.2.4).");
        return bye(*now, 1);
    }
    m_answeredTag = tag;
    m_state = State::Answered;
    m_giveUp.stop();
    const auto valueOf = [&](const char *name) {
        const auto *header = reply.message().find(name);
        return header != nullptr ? header->value : std::string_view();
    };
    m_digest.accepted(valueOf("Authentication-Info"), valueOf("Proxy-Authentication-Info"));
    if (m_hangUp) {
        note(base::LocalKind::Note, reply.status, tag,
             "The answer crossed our CANCEL: acknowledged and hung up (RFC 3261 section 9.1).");
        return bye(*now, 1);
    }
    if (now->answerInAck && takesNothing(now->answer))
        return unacceptable(*now);
    startSession(reply);
    m_env.listener.onCall(event(CallStep::Answered, reply));
}

void TestCall::bye(EarlyDialog &confirmed, int attempt)
{
    if (confirmed.ending && attempt == 1)
        return;
    confirmed.ending = true;
    RequestSpec spec = inDialog(confirmed, "BYE");
    spec.headers += m_digest.headers("BYE", targetOf(confirmed));
    const std::string tag =
        nta_leg_get_rtag(confirmed.leg) != nullptr ? nta_leg_get_rtag(confirmed.leg) : "";
    const bool main = tag == m_answeredTag;
    if (main) // a second phone's BYE is no concern of the call
        m_answering.stop();
    const bool sent = m_requests.start(spec, [this, tag, main, attempt, where = destinationOf(spec),
                                              next = targetOf(confirmed)](const Reply &done) {
        if (done.status < 200)
            return;
        EarlyDialog *again = dialog(tag);
        if (again != nullptr && mayRetry(m_digest, done, attempt, answerable(done)))
            return bye(*again, attempt + 1);
        auto trouble = byeTrouble(m_env.agent, done, where.known() ? m_plan.next : next, where);
        if (done.local && !where.known())
            trouble.sentence += " It goes where the answer's Contact or Record-Route says.";
        // Where both BYEs crossed, the other one has ended the call and nothing is to be said.
        if (!trouble.sentence.empty() && !(main && m_state == State::Ended))
            note(trouble.kind, done.status, tag, trouble.sentence);
        if (main) {
            CallEvent finished = event(CallStep::Ended, done);
            finished.toTag = tag;
            finished.sentence = trouble.sentence;
            end(finished);
        }
    });
    if (!sent && main)
        end(event(CallStep::Ended));
}

void TestCall::stray(const Reply &reply)
{
    const bool ofAnInvite = reply.message().cseq().method == sip::Method::Invite;
    // RFC 3261 section 17.1.3: without the branch it is no response to a request of ours.
    if (const auto branch = reply.message().branch();
        ofAnInvite && std::none_of(m_branches.begin(), m_branches.end(), [&](const auto &each) {
            return base::equalsNoCase(each, branch);
        }))
        return note(base::LocalKind::ViaMismatch, 0, std::string(reply.message().toTag()),
                    fmt::format("A {} to INVITE was dropped: its branch \"{}\" is of no INVITE of "
                                "this call (RFC 3261 section 17.1.3). A response has to carry the "
                                "Via of its request as it was.",
                                reply.status, base::printable(branch, false, 80)));
    if (m_cutOff && ofAnInvite && m_state == State::Proceeding)
        return cameAnew(reply);
    // A 2xx of another fork, or repeated, after the INVITE's transaction has gone.
    if (reply.status >= 200 && reply.status < 300 && ofAnInvite && m_local != nullptr) {
        if (reply.message().cseq().number > m_cseq && !m_answeredTag.empty())
            return acknowledgeChange(reply); // of a re-INVITE
        answered(reply);
    }
}

} // namespace engine
