// SPDX-License-Identifier: Apache-2.0
// The calls that come in: ringing, answered once, declined.
#include <desk/call_control.h>

#include <algorithm>
#include <base/text.h>
#include <desk/call_text.h>
#include <desk/offer.h>
#include <desk/security.h>
#include <sip/sdp_dtls.h>
#include <sip/sdp_events.h>
#include <sip/uri.h>

namespace desk {
namespace {

std::string uriOf(const base::Address &address)
{
    return "sip:" + (address.family == 6 ? "[" + address.text() + "]" : address.text());
}

} // namespace

void CallControl::onIncoming(const engine::CallEvent &event)
{
    Live live;
    live.ours = nextHandle();
    live.theirs = event.call;
    live.offer = event.sdp;
    live.peer = event.remote;
    live.incoming = true;
    const auto ours = live.ours;
    m_live[ours] = std::move(live);
    bool answers = false;
    {
        std::lock_guard guard(m_parts.mutex);
        const auto account = m_parts.accounts.find(event.account);
        answers = account != m_parts.accounts.end() && account->second.answer &&
                  !account->second.leaving && mayBeAnswered(account->second.answerOnly, event.from);
    }
    change(ours, [&](CallInfo &info) {
        info.callId = event.callId;
        info.incoming = true;
        info.cameBy = event.regId;
        info.from = event.from;
        info.options.target = event.to;
        info.options.from = event.from;
        info.options.account = event.account;
        const auto &incoming = m_parts.options.incoming;
        info.options.codecs = incoming.codecs;
        info.options.sending = incoming.sending;
        info.options.recordFolder = incoming.recordFolder;
        info.options.hangUpAfter = incoming.hangUpAfter;
        info.stage = CallInfo::Stage::Ringing;
    });
    if (m_parts.engine && m_parts.options.incoming.ring)
        m_parts.engine->ring(event.call, 180, {}, false);
    if (answers) // asked for by the user for this account; a moment of ringing keeps the ladder
                 // readable
        m_parts.worker.postIn(std::chrono::milliseconds(300), [this, ours] { answer(ours); });
}

/// The address of ours that the offered audio address is reached from; without one (no offer, on
/// hold, a name) the one towards whoever sent the INVITE.
base::Address CallControl::addressTowards(const Live &live) const
{
    const auto offer = sip::parseSdp(live.offer);
    const auto *audio = offer.audio();
    const auto peer = audio != nullptr ? audio->endpoint() : std::nullopt;
    for (const auto &there : {peer, std::optional(live.peer)}) {
        if (!there || !there->known() || there->address.isUnspecified())
            continue;
        if (const auto local = m_parts.engine->localAddressFor(uriOf(there->address), {}))
            return *local;
    }
    return *base::Address::parse("127.0.0.1");
}

/// Which keys our description has: of our own offer as it was wanted; in an answer a caller who
/// wants SRTP gets it, by DTLS too.
void CallControl::chooseKeys(Live &live, const sip::Sdp &offer)
{
    const auto *line = offer.usedAudio();
    const bool offers = live.offer.empty();
    const bool inSdp = live.srtp == media::Srtp::Offered || live.srtp == media::Srtp::Required;
    live.crypto = !offers ? answeringKeys() : inSdp ? offeredKeys() : std::vector<std::string>();
    const bool byDtls =
        offers ? live.srtp == media::Srtp::Dtls : line != nullptr && sip::keysByDtls(offer, *line);
    live.fingerprint = byDtls ? kAnyFingerprint : std::string();
}

/// Our answer to what the caller offers, with media ready for it; nullopt: the call was declined.
std::optional<std::string> CallControl::describeAnswer(Live &live)
{
    CallOptions options;
    {
        std::lock_guard guard(m_parts.mutex);
        options = m_parts.calls[live.ours].options;
    }
    if (!live.described.empty())
        return live.described; // RFC 3261 section 13.3.1: the 200 repeats what the 183 said
    live.codecs = sip::codecsByName(options.codecs);
    sip::addEvents(live.codecs);
    live.srtp = options.srtp;
    const auto offer = sip::parseSdp(live.offer);
    chooseKeys(live, offer);
    if (!live.offer.empty()) {
        live.rtp = {base::Address::v4(0x7F000001), 4000}; // until there is a port
        live.codecs = agreedCodecs(offer, draftOf(live));
        if (live.codecs.empty()) {
            const auto audio = peerAudio(offer, {}, {});
            m_parts.notice(
                audio.remote && audio.remote->closed
                    ? "The caller wants encrypted audio, but with no key that Earshot can take "
                      "(a=crypto, RFC 4568, or a=fingerprint, RFC 5763), so the call was declined "
                      "with 488."
                    : "The caller offers no codec that Earshot has, so the call was declined with "
                      "488.");
            m_parts.engine->decline(live.theirs, 488);
            return std::nullopt;
        }
    }
    if (const auto ready = prepareMedia(live, options, addressTowards(live)); !ready) {
        m_parts.notice(ready.error().sentence);
        m_parts.engine->decline(live.theirs, 480);
        return std::nullopt;
    }
    live.mux = !live.offer.empty() || !live.fingerprint.empty();
    m_parts.engine->mayAnswer(live.theirs, ableOf(live, options));
    const auto draft = draftOf(live);
    const auto text =
        live.offer.empty() ? std::optional(sip::writeSdp(draft)) : sip::answerSdp(offer, draft);
    if (!text) {
        m_parts.engine->decline(live.theirs, 488);
        return std::nullopt;
    }
    live.described = *text;
    if (live.offer.empty())
        return live.described;
    const auto ours = sip::parseSdp(live.described);
    auto audio = peerAudio(offer, ours, {});
    engine::CallEvent event;
    event.callId = callIdOf(live.ours);
    tellFault(live, event, audio, "INVITE");
    live.mux = audio.remote && audio.remote->mux;
    if (audio.remote) {
        keepAgreed(*audio.remote, ours);
        m_parts.media->remote(live.media, std::move(*audio.remote));
    }
    return live.described;
}

void CallControl::answer(engine::CallHandle ours)
{
    Live *live = byOurs(ours);
    if (live == nullptr || !m_parts.engine || live->answering || !live->incoming)
        return;
    live->answering = true;
    if (const auto text = describeAnswer(*live))
        m_parts.engine->answer(live->theirs, *text);
}

void CallControl::earlyMedia(engine::CallHandle ours, bool reliable)
{
    Live *live = byOurs(ours);
    if (live == nullptr || !m_parts.engine || live->answering || !live->incoming)
        return;
    if (const auto text = describeAnswer(*live))
        m_parts.engine->ring(live->theirs, 183, *text, reliable);
}

void CallControl::decline(engine::CallHandle ours, int status)
{
    if (const Live *live = byOurs(ours); live != nullptr && m_parts.engine)
        m_parts.engine->decline(live->theirs, status);
}

} // namespace desk
