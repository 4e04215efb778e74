// SPDX-License-Identifier: Apache-2.0
// What is done with a call of ours that stands: which dialog is heard, recording, hold, digits,
// transfer.
#include <desk/call_control.h>

#include <base/text.h>
#include <desk/offer.h>
#include <fmt/format.h>

namespace desk {
namespace {
constexpr int kMostSwitches = 64; // of what is heard that the ladder is told of
} // namespace

void CallControl::choose(engine::CallHandle ours, const std::string &toTag)
{
    if (const Live *live = byOurs(ours); live != nullptr && live->media.valid())
        m_parts.media->choose(live->media, toTag);
}

void CallControl::mute(engine::CallHandle ours, bool muted)
{
    if (const Live *live = byOurs(ours); live != nullptr && live->media.valid())
        m_parts.media->mute(live->media, muted);
}

void CallControl::record(engine::CallHandle ours, const std::string &folder)
{
    const Live *live = byOurs(ours);
    if (live == nullptr || !live->media.valid())
        return;
    if (folder.empty())
        m_parts.media->stopRecording(live->media);
    else
        m_parts.media->record(live->media, folder, "early-media");
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
    std::string callId;
    {
        std::lock_guard guard(m_parts.mutex);
        callId = m_parts.calls[ours].callId;
    }
    // How many, not which: they may be a PIN.
    m_parts.tell(base::LocalKind::Note, callId, {},
                 fmt::format("{} key{} by telephone events (RFC 4733).", digits.size(),
                             digits.size() == 1 ? "" : "s"));
    m_parts.media->press(live->media, digits);
}

/// Each change of what is heard before the answer is a row of the ladder.
void CallControl::tellSwitch(Live &live, const std::string &callId, const media::Status &status)
{
    if (status.why.empty() || status.why == live.why || live.switches >= kMostSwitches ||
        callId.empty())
        return;
    live.why = status.why;
    ++live.switches;
    m_parts.tell(base::LocalKind::RingbackChanged, callId, status.toTag, status.why);
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
void CallControl::onChanged(const Live &live, const engine::CallEvent &event)
{
    if (!live.media.valid() || !m_parts.media)
        return;
    // An incoming call has one dialog, which media knows by no tag.
    if (auto remote = remoteOf(event.sdp, live.incoming ? std::string() : event.toTag)) {
        keepAgreed(*remote, agreedCodecs(event.sdp, live.codecs));
        m_parts.media->remote(live.media, std::move(*remote));
    }
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
