// SPDX-License-Identifier: Apache-2.0
#include <desk/call_control.h>

#include <algorithm>
#include <base/text.h>
#include <desk/security.h>
#include <fmt/format.h>
#include <utility>

namespace desk {
namespace {
constexpr std::size_t kMostCalls = 1000; // beyond that the oldest that are over go
constexpr std::size_t kMostTags = 64;    // early dialogs of one call that media hears of
constexpr int kMostNotices = 16;         // of one call's media

/// True: known, or too many.
bool noted(std::vector<std::string> &tags, const std::string &tag)
{
    if (std::find(tags.begin(), tags.end(), tag) != tags.end())
        return true;
    if (tags.size() < kMostTags)
        tags.push_back(tag);
    return tags.back() != tag;
}
} // namespace

CallControl::Live *CallControl::byOurs(engine::CallHandle ours)
{
    const auto at = m_live.find(ours);
    return at == m_live.end() ? nullptr : &at->second;
}

CallControl::Live *CallControl::byTheirs(engine::CallHandle theirs)
{
    for (auto &[ours, live] : m_live) {
        if (live.theirs == theirs)
            return &live;
    }
    return nullptr;
}

CallControl::Live *CallControl::byMedia(media::MediaHandle media)
{
    for (auto &[ours, live] : m_live) {
        if (live.media.valid() && live.media == media)
            return &live;
    }
    return nullptr;
}

void CallControl::change(engine::CallHandle ours, const std::function<void(CallInfo &)> &edit)
{
    CallInfo copy;
    {
        std::lock_guard guard(m_parts.mutex);
        auto &info = m_parts.calls[ours];
        info.handle = ours;
        edit(info);
        copy = info;
        forgetOldest();
    }
    if (m_parts.observer.call)
        m_parts.observer.call(copy);
}

/// The session keeps every call's facts; this is only what the user still does with ours.
void CallControl::forgetOldest()
{
    for (auto at = m_parts.calls.begin();
         at != m_parts.calls.end() && m_parts.calls.size() > kMostCalls;) {
        if (isOver(at->second))
            at = m_parts.calls.erase(at);
        else
            ++at;
    }
}

void CallControl::fail(engine::CallHandle ours, const base::Error &error)
{
    change(ours, [&](CallInfo &info) {
        info.stage = CallInfo::Stage::Failed;
        info.local = true;
        info.sentence = error.sentence;
        info.error = error.code;
    });
    m_parts.notice(error.sentence);
}

std::optional<CallOptions> CallControl::optionsOf(engine::CallHandle theirs)
{
    const Live *live = byTheirs(theirs);
    if (live == nullptr || live->incoming)
        return std::nullopt;
    std::lock_guard guard(m_parts.mutex);
    const auto info = m_parts.calls.find(live->ours);
    return info == m_parts.calls.end() ? std::nullopt : std::optional(info->second.options);
}

void CallControl::onEvent(const engine::CallEvent &event)
{
    if (event.step == engine::CallStep::Incoming) {
        onIncoming(event);
        return;
    }
    Live *live = byTheirs(event.call);
    if (live == nullptr)
        return; // over already
    const auto ours = live->ours;
    if (event.tls)
        change(ours, [&](CallInfo &info) { info.tls = event.tls; });
    switch (event.step) {
    case engine::CallStep::InviteSent:
        onInviteSent(event);
        break;
    case engine::CallStep::Provisional:
        onProvisional(*live, event);
        break;
    case engine::CallStep::Answered:
        onAnswered(*live, event);
        break;
    case engine::CallStep::Failed:
    case engine::CallStep::Ended:
        onOver(ours, event);
        break;
    case engine::CallStep::Redirected:
        change(ours, [&](CallInfo &info) {
            info.invites.push_back(base::utc(event.time));
            info.sentence = event.sentence;
        });
        break;
    case engine::CallStep::Authenticating:
        change(ours, [&](CallInfo &info) { info.sentence = event.sentence; });
        break;
    case engine::CallStep::Held:
    case engine::CallStep::Transfer:
    case engine::CallStep::TransferAsked:
        onWithin(*live, event);
        break;
    case engine::CallStep::Changed:
        onChanged(*live, event);
        break;
    case engine::CallStep::Permitted:
        permit(*live, event);
        break;
    case engine::CallStep::PrackSent:
    case engine::CallStep::PrackDone:
    case engine::CallStep::Incoming:
        break; // the ladder shows them
    }
}

/// Once of each dialog: a 183 is repeated.
void CallControl::tellFault(Live &live, const engine::CallEvent &event, const PeerAudio &audio,
                            const std::string &what)
{
    const bool closed = audio.remote && audio.remote->closed && !audio.remote->dtls;
    const auto &clause = audio.fault.empty() ? audio.limit : audio.fault;
    if ((clause.empty() && audio.remote) || noted(live.unusable, event.toTag))
        return;
    if (clause.empty())
        return m_parts.tell(base::LocalKind::Note, event.callId, event.toTag,
                            fmt::format("The {} carries a session description without a usable "
                                        "audio line, so nothing can be played from it.",
                                        what));
    const auto sentence =
        closed ? fmt::format("Nothing is sent to the media of the {}, and nothing heard of it: {}.",
                             what, clause)
        : audio.fault.empty()
            ? fmt::format("Nothing is sent to the media of the {}: {}.", what, clause)
            : fmt::format("The session description in the {} cannot be used: {}. Have whoever sent "
                          "it mend it.",
                          what, clause);
    m_parts.tell(base::LocalKind::Note, event.callId, event.toTag, sentence);
    m_parts.notice(sentence);
}

void CallControl::remoteAnswer(Live &live, const engine::CallEvent &event)
{
    if (event.sdp.empty() || !live.media.valid() || !m_parts.media)
        return;
    if (!event.ours.empty())
        live.described = event.ours; // another target got other keys
    const auto theirs = sip::parseSdp(event.sdp);
    // What came may be an offer: ours is then the answer that the engine makes of the same draft.
    const std::string described =
        live.lateOffer ? sip::answerSdp(theirs, draftOf(live)).value_or("") : live.described;
    const auto ours = sip::parseSdp(described);
    auto audio = peerAudio(theirs, ours, event.toTag);
    tellFault(live, event, audio, std::to_string(event.status));
    if (!audio.remote) {
        if (event.step != engine::CallStep::Answered)
            return;
        audio.remote.emplace(); // what an 18x described does not hold any more
        audio.remote->toTag = event.toTag;
        audio.remote->weMaySend = audio.remote->theyMaySend = false;
    }
    if (event.step == engine::CallStep::Held) // a change before may have taken other numbers
        listenTo(*audio.remote, ours);
    if (live.lateOffer) {
        keepAgreed(*audio.remote, ours);
        listenTo(*audio.remote, ours);
    }
    audio.remote->mux = audio.remote->mux && live.mux;
    if (audio.remote->keys || audio.remote->dtls)
        noted(live.secured, event.toTag);
    else
        std::erase(live.secured, event.toTag);
    // RFC 3262 section 5: what answers an offer in an unreliable response is sent with the ACK.
    audio.remote->unanswered =
        live.lateOffer && event.step == engine::CallStep::Provisional && !event.reliable;
    if (audio.remote->unanswered)
        tellUntold(live, event);
    noted(live.tags, event.toTag);
    if (std::find(live.tags.begin(), live.tags.end(), event.toTag) != live.tags.end())
        m_parts.media->remote(live.media, std::move(*audio.remote));
    else if (!std::exchange(live.crowded, true))
        m_parts.tell(base::LocalKind::Note, event.callId, event.toTag,
                     fmt::format("More than {} early dialogs have described media: nothing is sent "
                                 "to the media of this one and of those after it.",
                                 kMostTags));
}

void CallControl::onProvisional(Live &live, const engine::CallEvent &event)
{
    change(live.ours, [&](CallInfo &info) {
        info.callId = event.callId;
        info.status = event.status;
        info.phrase = event.phrase;
        if (event.status == 180)
            info.stage = CallInfo::Stage::Ringing;
        if (!event.sdp.empty() && event.status != 199)
            info.stage = CallInfo::Stage::Early;
    });
    permit(live, event);
    if (event.status == 199 && live.media.valid() && m_parts.media)
        m_parts.media->ended(live.media,
                             event.toTag); // RFC 6228 section 4: this early dialog is over
    else
        remoteAnswer(live, event);
    if (event.status > 100 && event.status != 199 && live.media.valid() && m_parts.media)
        m_parts.media->progress(live.media, event.toTag, event.status == 180);
}

bool CallControl::answered(engine::CallHandle ours) const
{
    std::lock_guard guard(m_parts.mutex);
    const auto found = m_parts.calls.find(ours);
    return found != m_parts.calls.end() && found->second.stage == CallInfo::Stage::Answered;
}

/// Only the first INVITE sets the clock: one with credentials is the same call to its caller.
void CallControl::onInviteSent(const engine::CallEvent &event)
{
    base::Duration limit{0};
    bool first = false;
    const auto *live = byTheirs(event.call);
    change(live->ours, [&](CallInfo &info) {
        info.callId = event.callId;
        info.invites.push_back(base::utc(event.time));
        limit = info.options.cancelAfter;
        first = info.invites.size() == 1;
    });
    if (limit.count() <= 0 || !first)
        return;
    m_parts.worker.postIn(limit, [this, ours = live->ours] {
        if (byOurs(ours) != nullptr && !answered(ours))
            hangUp(ours);
    });
}

void CallControl::onAnswered(Live &live, const engine::CallEvent &event)
{
    base::Duration limit{0};
    change(live.ours, [&](CallInfo &info) {
        info.callId = event.callId;
        info.status = event.status;
        info.phrase = event.phrase;
        info.stage = CallInfo::Stage::Answered;
        limit = info.options.hangUpAfter;
    });
    remoteAnswer(live, event);
    if (live.media.valid() && m_parts.media)
        m_parts.media->answered(live.media, event.toTag);
    if (live.media.valid() && m_parts.media && !event.toTag.empty()) {
        for (const auto &tag : live.tags) { // the other forks lost (RFC 3261 section 13.2.2.4)
            if (tag != event.toTag)
                m_parts.media->ended(live.media, tag);
        }
    }
    if (media::isRequired(live.srtp) && !live.incoming &&
        std::find(live.secured.begin(), live.secured.end(), event.toTag) == live.secured.end())
        return endUnprotected(live, event);
    if (limit.count() > 0)
        m_parts.worker.postIn(limit, [this, ours = live.ours] { hangUp(ours); });
}

/// RFC 4568 section 7.1.3: without keys nothing was agreed on.
void CallControl::endUnprotected(Live &live, const engine::CallEvent &event)
{
    live.ended =
        fmt::format("The {} agrees on no keys{} for the encrypted audio that this call "
                    "requires, so the call was ended. With SRTP offered it would go on "
                    "without.",
                    event.status, live.srtp == media::Srtp::Dtls ? " by DTLS (RFC 5763)" : "");
    m_parts.tell(base::LocalKind::Note, event.callId, event.toTag, live.ended);
    m_parts.notice(live.ended);
    hangUp(live.ours);
}

void CallControl::onOver(engine::CallHandle ours, const engine::CallEvent &event)
{
    const auto at = m_live.find(ours);
    if (at == m_live.end())
        return;
    const Live live = at->second;
    m_live.erase(at);
    std::vector<media::RecordingInfo> recordings;
    std::optional<media::Status> last; // with the figures of its farewell
    if (live.media.valid() && m_parts.media) {
        m_parts.media->release(live.media);
        recordings = m_parts.media->recordings(live.media);
        last = m_parts.media->status(live.media);
        tellUnsent(live, event.callId, *last);
        tellRefused(live, event.callId, *last);
    }
    change(ours, [&](CallInfo &info) {
        if (last)
            info.media = std::move(last);
        info.callId = event.callId.empty() ? info.callId : event.callId;
        info.stage = event.step == engine::CallStep::Ended ? CallInfo::Stage::Ended
                                                           : CallInfo::Stage::Failed;
        if (event.step == engine::CallStep::Failed || info.status < 200) {
            info.status = event.status;
            info.phrase = event.phrase;
            info.local = event.local; // a BYE that nobody answers leaves the 200 what it was
        }
        info.sentence = live.ended.empty() ? event.sentence : live.ended;
        info.local = info.local || !live.ended.empty();
        if (event.step == engine::CallStep::Failed && !event.local)
            info.sentence += srtpAdvice(live.srtp, event.status, event.sdp);
        info.recordings = std::move(recordings);
    });
    if (event.step == engine::CallStep::Failed && event.local && !event.sentence.empty())
        m_parts.notice(event.sentence);
}

void CallControl::onMedia(const media::Status &status)
{
    Live *live = byMedia(status.media);
    if (live == nullptr)
        return;
    std::string callId;
    bool first = false;
    {
        std::lock_guard guard(m_parts.mutex);
        auto &info = m_parts.calls[live->ours];
        first = !info.media;
        info.media = status;
        callId = info.callId;
    }
    if (first) // whose media it is: with an answer of ours nothing else tells it any more
        change(live->ours, [](CallInfo &) {});
    if (status.playing && !live->told) {
        live->told = true;
        m_parts.tell(
            base::LocalKind::MediaStarted, callId, status.toTag,
            status.device == "none"
                ? fmt::format("{} arrives and is decoded, but not played: no audio output.",
                              status.codec)
                : fmt::format("Playing {} through {}.", status.codec, status.device));
    }
    tellSwitch(*live, callId, status);
    if (status.srtp.refused > 0 && !std::exchange(live->refusals, true))
        m_parts.notice("Packets come that cannot be authenticated with the key that was agreed on "
                       "(RFC 3711); they are not heard.");
    if (!status.srtp.trouble.empty() && live->shaken != status.srtp.trouble) {
        live->shaken = status.srtp.trouble;
        m_parts.tell(base::LocalKind::Note, callId, status.srtp.troubled, status.srtp.trouble);
        m_parts.notice(status.srtp.trouble);
    }
    if (!status.notice.empty() && status.notice != live->noticed && live->notices < kMostNotices) {
        live->noticed = status.notice;
        // Who wants no output misses no device.
        const bool wanted = m_parts.options.media.output != media::Output::Silent;
        if (live->notices++ == 0 && status.device == "none")
            m_parts.tell(wanted ? base::LocalKind::NoAudioDevice : base::LocalKind::Note, callId,
                         status.toTag, status.notice);
        m_parts.notice(status.notice);
    }
}

} // namespace desk
