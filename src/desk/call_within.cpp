// SPDX-License-Identifier: Apache-2.0
// What is done with a call of ours that stands: which dialog is heard, recording, hold, digits,
// transfer.
#include <desk/call_control.h>

#include <algorithm>
#include <base/text.h>
#include <desk/offer.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <utility>

namespace desk {
namespace {
constexpr std::uint64_t kOvertaking = 25; // packets, half a second
constexpr int kMostSwitches = 64;         // of what is heard that the ladder is told of

/// "recvonly": the callee's side receives before the answer (RFC 5009 section 8).
bool maySpeak(sip::Direction direction)
{
    return direction == sip::Direction::SendRecv || direction == sip::Direction::RecvOnly;
}

std::string keysText(std::size_t count)
{
    return fmt::format("{} key{}", count, count == 1 ? "" : "s");
}
} // namespace

void CallControl::choose(engine::CallHandle ours, const std::string &toTag)
{
    if (const Live *live = byOurs(ours); live != nullptr && live->media.valid())
        m_parts.media->choose(live->media, toTag);
}

void CallControl::mute(engine::CallHandle ours, bool muted)
{
    Live *live = byOurs(ours);
    if (live == nullptr)
        return;
    live->muted = muted;
    if (live->media.valid())
        m_parts.media->mute(live->media, muted);
}

void CallControl::send(engine::CallHandle ours, const media::Sending &sending)
{
    const Live *live = byOurs(ours);
    if (live == nullptr)
        return;
    change(ours,
           [&](CallInfo &info) { info.options.sending = sending; }); // till it is answered too
    if (live->media.valid() && m_parts.media)
        m_parts.media->send(live->media, sending);
}

void CallControl::record(engine::CallHandle ours, const std::string &folder)
{
    const Live *live = byOurs(ours);
    if (live == nullptr || !live->media.valid())
        return;
    if (folder.empty())
        m_parts.media->stopRecording(live->media);
    else
        m_parts.media->record(live->media, folder);
}

void CallControl::hold(engine::CallHandle ours, bool on, bool byUpdate)
{
    if (const Live *live = byOurs(ours); live != nullptr && m_parts.engine)
        m_parts.engine->hold(live->theirs, on, byUpdate);
}

void CallControl::dtmfByInfo(engine::CallHandle ours, const std::string &digits)
{
    constexpr std::size_t kMostDigits = 64;
    constexpr auto kPace = std::chrono::milliseconds(200);
    if (byOurs(ours) == nullptr || !m_parts.engine)
        return;
    base::Duration after{0};
    for (const char digit : digits.substr(0, kMostDigits)) {
        if (std::string_view("0123456789*#ABCDabcd").find(digit) == std::string_view::npos)
            continue;
        m_parts.worker.postIn(after, [this, ours, digit] {
            // The body that gateways have taken since Cisco's first ones; there is no RFC of it.
            if (const Live *live = byOurs(ours); live != nullptr && m_parts.engine)
                m_parts.engine->sendInfo(live->theirs, "application/dtmf-relay",
                                         fmt::format("Signal={}\r\nDuration=160\r\n", digit));
        });
        after += kPace;
    }
}

void CallControl::dtmf(engine::CallHandle ours, const std::string &digits)
{
    const Live *live = byOurs(ours);
    if (live == nullptr || !live->media.valid() || !m_parts.media)
        return;
    m_parts.media->press(
        live->media, digits, [this, ours, asked = digits.size()](const media::Presses &presses) {
            m_parts.worker.post([this, ours, asked, presses] { onPressed(ours, asked, presses); });
        });
}

/// The ladder says how many, not which: they may be a PIN.
void CallControl::onPressed(engine::CallHandle ours, std::size_t asked,
                            const media::Presses &presses)
{
    Live *live = byOurs(ours);
    if (live == nullptr)
        return;
    live->keys += presses.taken;
    const auto callId = callIdOf(ours);
    if (presses.taken > 0)
        m_parts.tell(base::LocalKind::Note, callId, {},
                     presses.taken == asked
                         ? fmt::format("{} by telephone events (RFC 4733).", keysText(asked))
                         : fmt::format("{} of {} by telephone events (RFC 4733).", presses.taken,
                                       keysText(asked)));
    if (presses.trouble.empty())
        return;
    m_parts.tell(base::LocalKind::Note, callId, {}, presses.trouble);
    m_parts.notice(presses.trouble);
}

/// Keys that still waited when the call ended.
void CallControl::tellUnsent(const Live &live, const std::string &callId, const media::Status &last)
{
    if (last.pressed >= live.keys)
        return;
    const auto sentence = fmt::format("The call ended after {} of {} had been sent.", last.pressed,
                                      keysText(live.keys));
    m_parts.tell(base::LocalKind::Note, callId.empty() ? callIdOf(live.ours) : callId, {},
                 sentence);
    m_parts.notice(sentence);
}

/// What no key opened, as a figure of the whole call.
void CallControl::tellRefused(const Live &live, const std::string &callId,
                              const media::Status &last)
{
    const auto tell = [&](std::uint64_t count, const char *what) {
        if (count > 0)
            m_parts.tell(base::LocalKind::Note, callId.empty() ? callIdOf(live.ours) : callId, {},
                         fmt::format("{} packet{} {}.", count, count == 1 ? "" : "s", what));
    };
    tell(last.srtp.refused, "could not be authenticated with the key that was agreed on (RFC 3711 "
                            "section 3.3); nothing of them was heard");
    tell(last.srtp.clear,
         "of RTCP came in the clear though keys were agreed on, so nothing of them "
         "was believed (RFC 3711 section 3.4)");
    // The first packets may overtake the answer: that is no news.
    tell(last.srtp.keyless > kOvertaking ? last.srtp.keyless : 0,
         "came without a key for them, before the answer that brings it or "
         "unprotected; nothing of them was heard (RFC 4568)");
}

std::string CallControl::callIdOf(engine::CallHandle ours) const
{
    std::lock_guard guard(m_parts.mutex);
    const auto at = m_parts.calls.find(ours);
    return at != m_parts.calls.end() ? at->second.callId : std::string();
}

/// Each change of what is heard before the answer is a row of the ladder.
void CallControl::tellSwitch(Live &live, const std::string &callId, const media::Status &status)
{
    // Who is called has no ringback to decide on.
    if (live.incoming || status.why.empty() || status.why == live.why ||
        live.switches >= kMostSwitches || callId.empty())
        return;
    live.why = status.why;
    ++live.switches;
    m_parts.tell(status.earlyHeard ? base::LocalKind::MediaStarted
                                   : base::LocalKind::RingbackChanged,
                 callId, status.toTag, status.why, status.whySince);
}

/// RFC 5009 section 8: the newest P-Early-Media of an early dialog holds, of a response or of an
/// UPDATE. We are our own gate, for no proxy's is known to stand before us.
void CallControl::permit(Live &live, const engine::CallEvent &event)
{
    const auto permission = diagnosis::earlyMediaPermission(event.earlyMedia);
    if (!permission || event.earlyMedia.empty() || !live.media.valid() || !m_parts.media)
        return;
    const media::EarlyPermit allowed{diagnosis::callerMayHear(*permission), maySpeak(*permission)};
    m_parts.media->permit(live.media, event.toTag, allowed);
    auto &heldBack = live.heldBack;
    const auto known = std::find(heldBack.begin(), heldBack.end(), event.toTag);
    if ((known == heldBack.end()) == allowed.send)
        return;
    constexpr std::size_t kMost = 64;
    if (!allowed.send && heldBack.size() >= kMost)
        return;
    if (allowed.send)
        heldBack.erase(known);
    else
        heldBack.push_back(event.toTag);
    m_parts.tell(base::LocalKind::Note, event.callId, event.toTag,
                 fmt::format("P-Early-Media is {} now: {} (RFC 5009 section 8).",
                             sip::directionText(*permission),
                             allowed.send ? "what is sent may reach the callee before the answer"
                                          : "nothing is sent to the callee before it answers"));
}

/// Once: the callee cannot send to an address that nobody told it.
void CallControl::tellUntold(Live &live, const engine::CallEvent &event)
{
    if (!std::exchange(live.untold, true))
        m_parts.tell(base::LocalKind::Note, event.callId, event.toTag,
                     fmt::format("The callee makes its offer in a {} that nobody acknowledges, so "
                                 "that no answer can be sent before the 200 (RFC 3262 section 5): "
                                 "it does not know our address yet, and nothing is sent to it.",
                                 event.status));
}

void CallControl::hangUp(engine::CallHandle ours)
{
    Live *live = byOurs(ours);
    if (live == nullptr || !m_parts.engine)
        return;
    if (live->theirs.valid()) {
        // RFC 3261 section 15.1.1: with the BYE, not with its answer, nothing more is sent or
        // heard; nor does a call ring that is given up.
        if (live->media.valid() && m_parts.media)
            m_parts.media->quiet(live->media);
        m_parts.engine->hangUp(live->theirs);
        return;
    }
    m_live.erase(ours); // its name is still being looked up: nothing was sent
    change(ours, [](CallInfo &info) {
        info.stage = CallInfo::Stage::Ended;
        info.local = true;
        info.sentence = "The call was given up before its INVITE left.";
    });
}

void CallControl::transfer(engine::CallHandle ours, const std::string &target,
                           engine::CallHandle with)
{
    const Live *live = byOurs(ours);
    const Live *other = byOurs(with);
    if (live != nullptr && m_parts.engine)
        m_parts.engine->transfer(live->theirs, target,
                                 other != nullptr ? other->theirs : engine::CallHandle{});
}

void CallControl::redirect(engine::CallHandle ours, const std::string &contact)
{
    if (const Live *live = byOurs(ours); live != nullptr && m_parts.engine)
        m_parts.engine->redirect(live->theirs, contact);
}

/// The peer moved its audio, or put us on hold: we send where and if its offer says.
void CallControl::onChanged(Live &live, const engine::CallEvent &event)
{
    if (!live.media.valid() || !m_parts.media)
        return;
    const auto ours = sip::parseSdp(event.ours);
    // An incoming call has one dialog, which media knows by no tag.
    auto audio =
        peerAudio(sip::parseSdp(event.sdp), ours, live.incoming ? std::string() : event.toTag);
    std::erase(live.unusable, event.toTag); // another description than the one it was said of
    tellFault(live, event, audio, "change of the call");
    if (!audio.remote) { // the stream was taken away (RFC 3264 section 8.2)
        audio.remote.emplace();
        audio.remote->toTag = live.incoming ? std::string() : event.toTag;
        audio.remote->weMaySend = audio.remote->theyMaySend = false;
    }
    keepAgreed(*audio.remote, ours);
    listenTo(*audio.remote, ours);
    const auto *own = ours.usedAudio(); // the engine's answer within a dialog does not take it
    audio.remote->mux = audio.remote->mux && own != nullptr && own->attribute("rtcp-mux");
    m_parts.media->remote(live.media, std::move(*audio.remote));
}

void CallControl::onWithin(Live &live, const engine::CallEvent &event)
{
    change(live.ours, [&](CallInfo &info) {
        if (event.step == engine::CallStep::Held)
            info.held = event.held;
        else if (event.step == engine::CallStep::Transfer)
            info.transferStatus = event.status;
        else
            info.transferAsked = event.target;
    });
    if (!event.sentence.empty())
        m_parts.notice(event.sentence);
    else if (event.step == engine::CallStep::TransferAsked)
        m_parts.notice(fmt::format("The peer asks for a transfer to {}. Call there yourself if you "
                                   "want to.",
                                   event.target));
    if (event.step == engine::CallStep::Held && !event.sdp.empty() && event.status < 300)
        remoteAnswer(live, event);
}

} // namespace desk
