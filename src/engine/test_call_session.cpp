// SPDX-License-Identifier: Apache-2.0
// The answered call: hold and resume, session refreshes, INFO, transfer. One change is under way at
// a time; glare is answered as RFC 3261 section 14 has it.
#include <engine/test_call.h>

#include <algorithm>
#include <base/text.h>
#include <engine/dialog_requests.h>
#include <engine/in_dialog.h>
#include <fmt/format.h>
#include <random>
#include <sip/sdp_dtls.h>
#include <sip/status.h>
#include <sip/uri.h>

namespace engine {

namespace {

constexpr int kMostGlares = 3;

/// RFC 3261 section 14.1: whoever made the Call-ID waits 2.1 to 4 s, in steps of 10 ms.
base::Duration glareWait()
{
    std::random_device device;
    return std::chrono::milliseconds(10 * std::uniform_int_distribution<int>(210, 400)(device));
}

} // namespace

void TestCall::startSession(const Reply &reply)
{
    m_current = sip::withSettledSetup(m_described, reply.message().sdp());
    m_version = originOf(m_described).version;
    m_peerUpdates = reply.message().lists(sip::HeaderId::Allow, "UPDATE");
    settleTimer(reply);
}

void TestCall::settleTimer(const Reply &reply)
{
    const bool timed =
        m_sessionTimer.wanted() || !reply.message().value(sip::HeaderId::SessionExpires).empty();
    if (!timed)
        return;
    m_sessionTimer.settled(reply.message(),
                           {[this] { refresh(); },
                            [this] {
                                note(base::LocalKind::TimedOut, 0, m_answeredTag,
                                     "The peer did not refresh the session in time (RFC 4028 "
                                     "section 10); the call is ended.");
                                hangUp();
                            }});
}

/// A request within the answered dialog; a challenge is answered once. `done` hears the final.
bool TestCall::requestWithin(const char *method, const std::string &headers,
                             const std::string &type, const std::string &body,
                             std::function<void(const Reply &)> done, int attempt)
{
    EarlyDialog *main = dialog(m_answeredTag);
    if (main == nullptr || m_state != State::Answered || m_hangUp)
        return false;
    RequestSpec spec = inDialog(*main, method);
    spec.headers += headers + m_digest.headers(method, targetOf(*main), body);
    spec.contentType = type;
    spec.body = body;
    return m_requests.start(spec, [this, method, headers, type, body, done = std::move(done),
                                   attempt](const Reply &reply) {
        if (reply.status < 200)
            return;
        if (mayRetry(m_digest, reply, attempt, answerable(reply)) &&
            requestWithin(method, headers, type, body, done, attempt + 1))
            return;
        if (done)
            done(reply);
    });
}

void TestCall::hold(bool on, bool byUpdate)
{
    if (m_state != State::Answered || m_hangUp || m_described.empty()) {
        CallEvent refused = event(CallStep::Held);
        refused.local = true;
        refused.held = m_held;
        refused.sentence = "Only an answered call with a description of ours can be held.";
        return m_env.listener.onCall(refused);
    }
    Change change;
    change.hold = on;
    change.byUpdate = byUpdate;
    begin(change);
}

void TestCall::refresh()
{
    Change change;
    change.refresh = true;
    change.hold = m_held;
    change.byUpdate = m_peerUpdates;
    begin(change);
}

void TestCall::begin(Change change)
{
    EarlyDialog *main = dialog(m_answeredTag);
    // RFC 3261 section 14.1: not while the peer's own change waits for its ACK.
    if (main != nullptr && m_state == State::Answered && m_answering.waiting() && !m_change &&
        !m_glare.running())
        return m_glare.start(m_env.options.t1, [this, change] { begin(change); });
    if (m_change || m_glare.running() || main == nullptr || m_state != State::Answered) {
        if (change.refresh || main == nullptr || m_state != State::Answered)
            return; // the change under way refreshes too
        CallEvent busy = event(CallStep::Held);
        busy.local = true;
        busy.held = m_held;
        busy.sentence = "A change of this call is still under way. Wait for its answer.";
        return m_env.listener.onCall(busy);
    }
    using sip::Direction;
    const bool bare = change.refresh && change.byUpdate; // RFC 4028 section 7.4: no SDP needed
    // RFC 3264 section 8: no line of what was agreed on goes missing in the next offer.
    const auto &base = m_shaped ? m_current : m_described;
    if (!bare && !base.empty())
        change.sdp = withDirection(base, change.hold ? Direction::SendOnly : Direction::SendRecv,
                                   change.refresh ? m_version : ++m_version);
    RequestSpec spec = inDialog(*main, change.byUpdate ? "UPDATE" : "INVITE");
    spec.headers +=
        fmt::format("Contact: {}\r\nAllow: {}\r\nSupported: timer\r\n", m_contact, kAllow) +
        m_sessionTimer.headers(true) + m_digest.headers(spec.method, targetOf(*main), change.sdp);
    spec.body = change.sdp;
    spec.contentType = change.sdp.empty() ? "" : "application/sdp";
    m_change = change;
    m_changing = Transaction::start(spec, [this](const Reply &reply) { changed(reply); });
    if (!m_changing)
        m_change.reset();
    else if (!change.byUpdate)
        sentWith(*m_changing);
}

void TestCall::acknowledgeChange(const Reply &reply)
{
    EarlyDialog *main = dialog(m_answeredTag);
    if (main == nullptr)
        return;
    RequestSpec spec = inDialog(*main, "ACK");
    spec.headers += fmt::format("CSeq: {} ACK\r\n", reply.message().cseq().number);
    sendAck(spec);
}

void TestCall::changed(const Reply &reply)
{
    if (reply.status < 200)
        return;
    const bool byUpdate = reply.received != nullptr && !reply.local &&
                          reply.message().cseq().method == sip::Method::Update;
    if (reply.status < 300 && !reply.local) {
        if (EarlyDialog *main = dialog(m_answeredTag); main != nullptr)
            refreshTarget(main->leg, reply.sip->sip_contact);
        if (!byUpdate)
            acknowledgeChange(reply); // also when it comes again
    }
    if (!m_change)
        return;
    Change change = *m_change;
    m_change.reset();
    if (m_state != State::Answered)
        return;
    const bool again = mayRetry(m_digest, reply, change.attempt, answerable(reply));
    const bool glare = reply.status == 491 && !reply.local && change.attempt < kMostGlares;
    ++change.attempt;
    if (again) {
        // Not from inside the transaction that is to be replaced.
        m_glare.start(std::chrono::milliseconds(1), [this, change] { begin(change); });
        return;
    }
    if (glare) {
        note(base::LocalKind::Note, 491, m_answeredTag,
             "Both sides changed the session at once (491); ours is sent again in a moment.");
        m_glare.start(glareWait(), [this, change] { begin(change); });
        return;
    }
    m_change = change;
    changeDone(reply);
}

void TestCall::changeDone(const Reply &reply)
{
    const Change change = *std::exchange(m_change, std::nullopt);
    const bool accepted = reply.status < 300;
    if (accepted) {
        if (!change.sdp.empty())
            m_current = change.sdp;
        m_held = change.hold;
        if (m_sessionTimer.wanted())
            settleTimer(reply);
    }
    if (change.refresh && accepted && !change.sdp.empty() && !reply.local)
        if (const auto answer = reply.message().sdp(); !answer.empty()) // it may bring a new key
            changedTo(m_answeredTag, answer, change.sdp);
    if (!change.refresh || !accepted) {
        CallEvent held = event(CallStep::Held, reply);
        held.held = m_held;
        if (!change.sdp.empty())
            held.ours = change.sdp;
        if (!accepted)
            held.sentence = reply.local ? unheard(reply)
                                        : fmt::format("The change was not accepted: {} {}.",
                                                      reply.status, held.phrase);
        m_env.listener.onCall(held);
    }
    // RFC 3261 section 12.2.1.2 and 14.1: these two mean that the dialog is gone.
    if (reply.status == 481 || reply.status == 408) {
        note(base::LocalKind::Note, reply.status, m_answeredTag,
             fmt::format("{} to a request within the call: the call is over (RFC 3261 section "
                         "12.2.1.2).",
                         reply.status));
        hangUp();
    }
}

void TestCall::sendInfo(const std::string &contentType, const std::string &body)
{
    requestWithin("INFO", {}, contentType, body, [this](const Reply &reply) {
        if (reply.status >= 300)
            note(base::LocalKind::Note, reply.status, m_answeredTag,
                 fmt::format("The INFO was not accepted: {}.", reply.status));
    });
}

std::string TestCall::replacing() const
{
    const auto found = m_dialogs.find(m_answeredTag);
    if (m_state != State::Answered || found == m_dialogs.end())
        return {};
    std::string replaces;
    for (const char c :
         fmt::format("{};to-tag={};from-tag={}", m_callId, m_answeredTag, m_fromTag)) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
        replaces +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    // RFC 5589 section 7.3: the device that answered, not whom was called.
    const auto target = targetOf(found->second);
    return fmt::format("{}?Replaces={}", target.substr(0, target.find('?')), replaces);
}

void TestCall::transfer(const std::string &target, bool trusted)
{
    const auto uri = transferTarget(target, trusted || m_request.extras.allowNumber);
    const auto told = [this](const std::string &sentence, int status) {
        CallEvent event_ = event(CallStep::Transfer);
        event_.local = true;
        event_.status = status;
        event_.sentence = sentence;
        m_env.listener.onCall(event_);
    };
    if (!uri)
        return told(uri.error().sentence, 0);
    m_transferring =
        requestWithin("REFER",
                      fmt::format("Contact: {}\r\nRefer-To: <{}>\r\nReferred-By: {}\r\n", m_contact,
                                  *uri, m_plan.from),
                      {}, {}, [this](const Reply &reply) {
                          if (!m_transferring)
                              return; // a NOTIFY was quicker and told how it ended
                          CallEvent answer = event(CallStep::Transfer, reply);
                          if (reply.status / 100 == 2)
                              answer.status = 202; // a 200 says no more (RFC 7647 section 3)
                          m_transferring = reply.status < 300;
                          if (!m_transferring)
                              answer.sentence = fmt::format("The transfer was refused: {} {}.",
                                                            reply.status, answer.phrase);
                          m_env.listener.onCall(answer);
                      });
    if (!m_transferring)
        told("Only an answered call can be transferred.", 0);
}

/// RFC 3515 section 2.4.4: how the transfer goes, as a message/sipfrag.
void TestCall::onNotify(nta_incoming_t *request, const Received &received)
{
    const auto &message = received.message;
    const auto kind = base::trim(message.value(sip::HeaderId::Event));
    if (!m_transferring || !base::equalsNoCase(kind.substr(0, 5), "refer")) {
        reply(request, 489);
        return nta_incoming_destroy(request);
    }
    reply(request, 200);
    nta_incoming_destroy(request);
    const auto words = base::split(message.body, ' ');
    const auto status = words.size() >= 2 ? base::toInteger(words[1]) : std::nullopt;
    if (!status || *status < 100 || *status > 699)
        return;
    CallEvent progress = event(CallStep::Transfer);
    progress.status = static_cast<int>(*status);
    progress.phrase = sip::phrase(progress.status);
    m_transferring = progress.status < 200;
    if (progress.status >= 300)
        progress.sentence = fmt::format("The transfer did not come about: {} {}.", progress.status,
                                        progress.phrase);
    m_env.listener.onCall(progress);
    if (progress.status >= 200 && progress.status < 300)
        hangUp(); // RFC 5589 section 6.1: the transferor's part is done
}

} // namespace engine
