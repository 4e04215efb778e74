// SPDX-License-Identifier: Apache-2.0
// A call of ours up to its INVITE: where it goes, from which address, with which media.
#include <desk/call_control.h>

#include <base/text.h>
#include <desk/offer.h>
#include <desk/security.h>
#include <sip/sdp_events.h>

namespace desk {

base::Result<void> CallControl::prepareMedia(Live &live, const CallOptions &options,
                                             const base::Address &local)
{
    if (!m_parts.media)
        return base::fail(base::ErrorCode::Internal,
                          "The media engine is not running, so no port can be opened.");
    if (!live.media.valid()) // told once, to whatever address the call goes in the end
        for (const auto &sentence : unheard(live.codecs, m_parts.media->codecs()))
            m_parts.notice(sentence);
    media::PrepareRequest request;
    request.local = local;
    request.receive = payloadMaps(live.codecs);
    request.sending = options.sending;
    request.srtp = live.srtp;
    request.dtls = !live.fingerprint.empty();
    request.ringback = live.incoming ? std::string() : options.ringback;
    const auto prepared = m_parts.media->prepare(request);
    if (!prepared)
        return tl::unexpected<base::Error>(prepared.error());
    live.media = prepared->media;
    live.rtp = prepared->rtp;
    live.identity = prepared->fingerprint;
    if (!live.fingerprint.empty())
        live.fingerprint = live.identity;
    if (!options.recordFolder.empty())
        m_parts.media->record(live.media, options.recordFolder);
    if (live.muted)
        m_parts.media->mute(live.media, true);
    return {};
}

/// Our description, with an address once media has one.
sip::SdpDraft CallControl::draftOf(const Live &live) const
{
    auto draft = ownDraft(live.rtp, live.codecs);
    protect(draft, live.srtp, live.crypto, live.fingerprint);
    draft.rtcpMux = live.mux;
    return draft;
}

/// What later offers of the peer's may be answered with: what the call is for, and keys of every
/// suite and by DTLS.
std::string CallControl::ableOf(const Live &live, const CallOptions &options) const
{
    auto draft = draftOf(live);
    draft.codecs = sip::codecsByName(options.codecs);
    sip::addEvents(draft.codecs);
    if (live.srtp != media::Srtp::Dtls)
        draft.crypto = answeringKeys();
    draft.fingerprint = live.identity;
    return sip::writeSdp(draft);
}

/// Where the answer's audio has to come: the flow's own address when the call goes by an account,
/// else the one towards the first hop that can be reached; hops before it are left out.
base::Result<base::Address> CallControl::addressFor(engine::CallRequest &request) const
{
    if (request.account.valid()) {
        std::lock_guard guard(m_parts.mutex);
        const auto account = m_parts.accounts.find(request.account);
        if (account != m_parts.accounts.end()) {
            for (const auto &[regId, flow] : account->second.flows) {
                if (flow.local.known())
                    return flow.local.address;
            }
        }
    }
    for (;;) {
        auto local = m_parts.engine->localAddressFor(request);
        if (local || request.hops.size() < 2)
            return local;
        request.hops.erase(request.hops.begin());
    }
}

CallOptions CallControl::placedBy(engine::CallHandle ours) const
{
    std::lock_guard guard(m_parts.mutex);
    const auto at = m_parts.calls.find(ours);
    return at != m_parts.calls.end() ? at->second.options : CallOptions();
}

void CallControl::place(engine::CallHandle ours, const CallOptions &options)
{
    auto request = requestOf(options);
    request.callId = base::randomToken(12);
    change(ours, [&](CallInfo &info) {
        info.options = options;
        info.from = options.from;
    });
    if (!m_parts.engine) {
        fail(ours, {base::ErrorCode::Internal,
                    "The SIP engine is not running, so no call can be placed.",
                    {}});
        return;
    }
    m_live[ours].ours = ours;
    if (options.account.valid()) {
        placeLocated(ours, std::move(request));
        return;
    }
    m_parts.engine->locate(
        request, [this, ours, request](base::Result<std::vector<engine::Hop>> hops) mutable {
            m_parts.worker.post([this, ours, request, hops = std::move(hops)]() mutable {
                if (byOurs(ours) == nullptr)
                    return; // hung up by now
                if (!hops) {
                    m_live.erase(ours);
                    m_parts.tellUnsent(base::LocalKind::Unresolvable, request.callId,
                                       hops.error().sentence, placedBy(ours));
                    change(ours, [&](CallInfo &info) { info.callId = request.callId; });
                    return fail(ours, hops.error());
                }
                request.hops = std::move(*hops);
                placeLocated(ours, std::move(request));
            });
        });
}

void CallControl::placeLocated(engine::CallHandle ours, engine::CallRequest request)
{
    const CallOptions options = placedBy(ours);
    Live &live = m_live[ours];
    const auto refuse = [&](const base::Error &error) {
        m_live.erase(ours);
        m_parts.tellUnsent(base::LocalKind::SendFailed, request.callId, error.sentence, options);
        change(ours, [&](CallInfo &info) { info.callId = request.callId; });
        fail(ours, error);
    };
    const auto local = addressFor(request);
    if (!local) {
        refuse(local.error());
        return;
    }
    live.codecs = sip::codecsByName(options.codecs);
    live.srtp = options.srtp;
    if (live.srtp == media::Srtp::Dtls)
        live.fingerprint = kAnyFingerprint;
    // The offerer will choose the numbers, and media listens before they are known.
    if (options.lateOffer)
        keepStatic(live.codecs);
    if (options.events || options.lateOffer) // in an answer as far as they are offered
        sip::addEvents(live.codecs);
    if (const auto ready = prepareMedia(live, options, *local); !ready) {
        refuse(ready.error());
        return;
    }
    describeOffer(live, options, request);
    request.readdress = [this, ours](const engine::Hop &target, auto done) {
        m_parts.worker.post([this, ours, target, done = std::move(done)] {
            if (byOurs(ours) != nullptr && m_parts.engine)
                done(readdress(ours, target));
        });
    };
    // Events of it are posted to this thread, so they wait until the handle is known.
    live.theirs = m_parts.engine->place(std::move(request));
}

/// What we say of our media, which is ready.
void CallControl::describeOffer(Live &live, const CallOptions &options,
                                engine::CallRequest &request)
{
    live.lateOffer = options.lateOffer;
    // One handshake serves RTP and RTCP where they share a port.
    live.mux = (options.rtcpMux && !options.lateOffer) || !live.fingerprint.empty();
    if (options.srtp == media::Srtp::Offered || options.srtp == media::Srtp::Required)
        live.crypto = options.lateOffer ? answeringKeys() : offeredKeys();
    request.description = sip::writeSdp(draftOf(live));
    request.able = ableOf(live, options);
    if (!live.crypto.empty())
        request.renew = withFreshKeys;
    // Where the user's own body is the offer, its keys and codecs are what is answered.
    live.described = base::equalsNoCase(request.extras.bodyType, "application/sdp")
                         ? request.extras.body
                         : request.description;
}

/// The next target is of another address family: media moves to an address of ours that it can
/// send to. Nothing was agreed on with the one before.
base::Result<engine::Described> CallControl::readdress(engine::CallHandle ours,
                                                       const engine::Hop &target)
{
    const CallOptions options = placedBy(ours);
    auto request = requestOf(options);
    request.hops = {target};
    const auto local = m_parts.engine->localAddressFor(request);
    if (!local)
        return tl::unexpected(local.error());
    Live &live = *byOurs(ours);
    const auto before = live.media;
    if (const auto ready = prepareMedia(live, options, *local); !ready)
        return tl::unexpected(ready.error());
    if (m_parts.media)
        m_parts.media->release(before);
    describeOffer(live, options, request);
    return engine::Described{request.description, request.able};
}

} // namespace desk
