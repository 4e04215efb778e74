// SPDX-License-Identifier: Apache-2.0
// How an outgoing call ends by our doing: hung up, cancelled, or without a way on.
#include <engine/test_call.h>

#include <base/text.h>
#include <engine/dialog_requests.h>
#include <engine/in_dialog.h>
#include <fmt/format.h>
#include <utility>

namespace engine {

namespace {

/// Who has not answered a CANCEL or BYE by then is not waited for when the program ends.
constexpr auto kPatience = std::chrono::milliseconds(1500);
constexpr const char *kMayStillRing =
    " The call ends here; whether a phone still rings there is not known.";

} // namespace

void TestCall::failedLocally(const Reply &reply)
{
    auto why = m_env.agent.explain(reply, m_plan.next, wayOut());
    // Of a connection that is gone the library says only that it could not send.
    const bool lost =
        m_flow && m_flow->stream && reply.status == 503 && m_flow->pin.usable() == nullptr;
    if (lost)
        why = {base::LocalKind::SendFailed,
               flowLost(m_formerInvites.empty() ? "the call was answered"
                                                : "the repeated call was answered")};
    if (!m_heard && !m_hangUp && nextHop(why.sentence))
        return;
    if (ringsOn(why))
        return;
    // RFC 3261 section 8.1.3.4: one that cannot be reached makes room for the next one too.
    if (m_redirected && !m_heard && !m_hangUp) {
        note(why.kind, reply.status, {}, why.sentence);
        if (redirected(reply))
            return;
        CallEvent failed = event(CallStep::Failed, reply);
        failed.sentence = why.sentence + (m_notFollowed.empty() ? "" : " " + m_notFollowed);
        return end(failed);
    }
    if (lost)
        why.sentence += kRegisterAgain;
    else if (m_heard && reply.status == 503)
        why.sentence += kMayStillRing;
    note(why.kind, reply.status, {}, why.sentence);
    CallEvent done = event(m_hangUp ? CallStep::Ended : CallStep::Failed, reply);
    done.sentence = why.sentence;
    end(done);
}

/// A change of ours that nobody answered: says why, in the ladder too.
std::string TestCall::unheard(const Reply &local)
{
    const EarlyDialog *main = dialog(m_answeredTag);
    const auto where =
        main != nullptr ? destinationOf(inDialog(*main, "INVITE")) : base::Endpoint{};
    const auto why = m_env.agent.explain(local, m_plan.next, where);
    const auto sentence = "The change of the call found no answer: " + why.sentence;
    note(why.kind, local.status, m_answeredTag, sentence);
    return sentence;
}

/// RFC 3261 section 18.2.2: a server whose connection has ended opens another one for its response,
/// so a phone that rings may still be answered. Not over a flow, behind which nobody reaches us but
/// by it (RFC 5626).
bool TestCall::ringsOn(const LocalFailure &why)
{
    if (!why.ended || m_flow || m_hangUp || m_cutOff || m_state != State::Proceeding)
        return false;
    constexpr int kRinging = 360; // T1: the 3 min that a proxy waits (RFC 3261 section 16.6)
    const base::Duration patience = kRinging * m_env.options.t1;
    m_cutOff = true;
    note(base::LocalKind::Note, 0, {},
         fmt::format("{} It rings on all the same: the answer may come over a new connection to {} "
                     "(RFC 3261 section 18.2.2). The call is given up when none came in {} s.",
                     why.sentence, m_local->of(m_transport).text(), base::seconds(patience, 0)));
    m_giveUp.start(patience, [this, sentence = why.sentence] {
        fail(sentence + " No answer came over a new connection either." + kMayStillRing,
             base::LocalKind::TimedOut, 408);
    });
    return true;
}

/// A response to the INVITE over another connection; the library's transaction has gone with the
/// first.
void TestCall::cameAnew(const Reply &reply)
{
    if (reply.status < 200)
        return provisional(reply);
    if (reply.status < 300)
        return answered(reply);
    RequestSpec spec; // RFC 3261 section 17.1.1.3
    spec.leg = m_leg;
    spec.method = "ACK";
    spec.uri = m_plan.requestUri;
    spec.headers =
        fmt::format("CSeq: {} ACK\r\nTo: {}\r\n", reply.message().cseq().number,
                    base::printable(reply.message().value(sip::HeaderId::To), false, 2000)) +
        m_plan.routeLine;
    spec.branch = m_branches.back();
    spec.ident = m_local->ident.c_str();
    spec.route = routeUri();
    Transaction::start(spec, nullptr);
    rejected(reply);
}

/// RFC 3261 section 13.2.2.4: an offer in the 2xx that nothing can be made of is answered in the
/// ACK, and a BYE follows.
void TestCall::unacceptable(EarlyDialog &confirmed)
{
    bye(confirmed, 1);
    fail("The answer brought the offer, and that names nothing that Earshot has: its lines were "
         "refused with port 0 in the ACK, and the call was hung up (RFC 3261 section 13.2.2.4).",
         base::LocalKind::Note, 488);
}

/// A target that the library does not go to (sips over UDP, a host that nobody knows) or that does
/// not take the connection.
void TestCall::ackWaits()
{
    if (m_ack == nullptr || m_ack->left() || std::exchange(m_ackTold, true))
        return;
    const EarlyDialog *main = dialog(m_answeredTag);
    note(base::LocalKind::SendFailed, 0, m_answeredTag,
         fmt::format("The ACK has not left: there is no way to {}, which the answer's Contact or "
                     "Record-Route names. The other side hangs up when none comes.",
                     main != nullptr ? base::printable(targetOf(*main), false, 120)
                                     : std::string("its target")));
}

/// A 2xx that no dialog can be made of.
void TestCall::unanswerable(const Reply &reply)
{
    if (m_state == State::Answered || m_state == State::Ended)
        return; // another phone's; it is noted already
    CallEvent failed = event(CallStep::Failed, reply);
    failed.sentence = "The call was answered, but the answer cannot be acknowledged: it names no "
                      "dialog. The other side will give up by itself.";
    note(base::LocalKind::SendFailed, reply.status, failed.toTag, failed.sentence);
    end(failed);
}

void TestCall::hangUp()
{
    if (m_state == State::Ended || m_hangUp)
        return;
    m_hangUp = true;
    m_hungUp = base::now();
    if (m_locating) {
        CallEvent ended = event(CallStep::Ended);
        ended.local = true;
        ended.sentence = "The call was given up before its INVITE left.";
        return end(ended);
    }
    const bool silent = m_state == State::Calling && m_transport == base::Transport::Tls && m_hop &&
                        m_env.agent.handshaking(m_hop->endpoint);
    if (silent) { // nothing of it left, so nothing is owed
        if (m_invite != nullptr)
            m_invite->giveUp();
        return fail("The call was given up before its INVITE left: " +
                        Agent::silentHandshake(m_hop->endpoint),
                    base::LocalKind::TimedOut, 408);
    }
    if (m_state == State::Calling && m_invite != nullptr && !m_invite->left())
        return recalled();
    if (m_state == State::Answered) {
        if (auto *answeredDialog = dialog(m_answeredTag))
            bye(*answeredDialog, 1);
    } else if (m_state == State::Proceeding) {
        cancel();
    } else {
        note(base::LocalKind::Note, 0, {},
             "The call is given up here. Its CANCEL leaves when the first provisional response has "
             "come (RFC 3261 section 9.1).");
    }
}

/// It waits for its connection, and would leave whenever that stands: a phone would ring for a call
/// that is over. There is nothing to be cancelled (RFC 3261 section 9.1).
void TestCall::recalled()
{
    m_invite->giveUp();
    CallEvent ended = event(CallStep::Ended);
    ended.local = true;
    ended.sentence = fmt::format("The call was given up before its INVITE left: no connection to "
                                 "{} stood yet. Nothing was sent.",
                                 wayOut().known() ? wayOut().text() : m_plan.next);
    note(base::LocalKind::Note, 0, {}, ended.sentence);
    end(ended);
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
    spec.route = m_remote.known() && m_transport == base::Transport::Udp
                     ? hopUri({m_transport, m_remote, {}})
                     : routeUri();
    // The connection the INVITE took, while it stands.
    tport_t *transport = m_cutOff ? nullptr : m_invite->transport();
    spec.transport =
        transport != nullptr && tport_is_secondary(transport) != 0 ? transport : nullptr;
    const bool sent = m_requests.start(spec, [this](const Reply &reply) {
        if (reply.local && reply.status == 503 && m_state != State::Ended)
            failedLocally(reply); // the way is closed: no final response comes any more
    });
    if (transport != nullptr)
        tport_unref(transport);
    if (!sent)
        return fail("The SIP stack did not take the CANCEL; the call is given up here.",
                    base::LocalKind::SendFailed);
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
    m_sessionTimer.stop();
    m_glare.stop();
    m_answering.stop();
    m_env.listener.onCall(finished);
    // Retransmissions of the last responses still have to find their ACK.
    m_linger.start(64 * m_env.options.t1, [this] { m_over = true; });
}

bool TestCall::quiet() const
{
    if (m_state == State::Ended && !m_requests.busy())
        return true;
    const auto since = base::now() - m_hungUp; // by a clock that may have been set meanwhile
    return m_hungUp.known() && (since >= kPatience || since < base::Duration{0});
}

} // namespace engine
