// SPDX-License-Identifier: Apache-2.0
// Our own calls: media opened before the offer leaves, answers handed to it per early dialog,
// recordings collected. Worker thread only.
#pragma once

#include <atomic>
#include <desk/offer.h>
#include <desk/parts.h>
#include <sip/sdp.h>

namespace desk {

class CallControl
{
public:
    explicit CallControl(Parts &parts) : m_parts(parts) {}

    void place(engine::CallHandle ours, const CallOptions &options);
    void onEvent(const engine::CallEvent &event);
    void onMedia(const media::Status &status);

    void hangUp(engine::CallHandle ours);
    void answer(engine::CallHandle ours);
    void decline(engine::CallHandle ours, int status);
    void redirect(engine::CallHandle ours, const std::string &contact);
    void earlyMedia(engine::CallHandle ours, bool reliable);
    void hold(engine::CallHandle ours, bool on, bool byUpdate);
    void dtmfByInfo(engine::CallHandle ours, const std::string &digits);
    void dtmf(engine::CallHandle ours, const std::string &digits);
    void transfer(engine::CallHandle ours, const std::string &target, engine::CallHandle with);
    void choose(engine::CallHandle ours, const std::string &toTag);
    void mute(engine::CallHandle ours, bool muted);
    void send(engine::CallHandle ours, const media::Sending &sending);
    void record(engine::CallHandle ours, const std::string &folder);
    /// How the call that the engine knows by this handle was placed; nullopt: it is over, or came
    /// in.
    std::optional<CallOptions> optionsOf(engine::CallHandle theirs);
    /// The handle for the next call; any thread.
    engine::CallHandle nextHandle() { return {m_next.fetch_add(1)}; }

private:
    struct Live { // what a call needs beside its CallInfo
        engine::CallHandle ours, theirs;
        media::MediaHandle media;
        base::Endpoint rtp;
        std::vector<sip::Codec> codecs;
        std::string offer;      // the peer's, for incoming calls
        base::Endpoint peer;    // who called, for incoming calls
        bool lateOffer = false; // the peer makes the offer
        bool incoming = false;
        bool answering = false; // our 200 is on its way, once
        bool muted = false;     // by the user, whatever media the call gets
        std::string described;  // our offer, or our answer, sent in a 183 already
        media::Srtp srtp = media::Srtp::Off;
        std::vector<std::string> crypto;   // ours, values of a=crypto
        std::string identity;              // fingerprint of our certificate for DTLS
        std::string fingerprint;           // the same, where keys come by DTLS
        std::string shaken;                // trouble of its handshake, told
        std::vector<std::string> secured;  // early dialogs with which keys were agreed on
        std::string ended;                 // why we ended it, a sentence
        bool refusals = false;             // packets without authentication were told of
        std::vector<std::string> tags;     // early dialogs with a description, in order
        std::vector<std::string> unusable; // those whose description is of no use, said once
        bool told = false;                 // "media started" was said
        bool mux = false;                  // we offer or accept rtcp-mux
        std::string why;                   // as it was told last
        int switches = 0;                  // of what is heard, told
        std::vector<std::string> heldBack; // early dialogs to which nothing may be sent, told
        bool untold = false;               // that an offer has no answer of ours yet, told
        bool crowded = false;              // that there are too many early dialogs, told
        std::string noticed;               // of media, told last
        int notices = 0;                   // of it, told
        std::size_t keys = 0;              // that media took to be pressed
    };

    base::Result<base::Address> addressFor(engine::CallRequest &request) const;
    void placeLocated(engine::CallHandle ours, engine::CallRequest request);
    void describeOffer(Live &live, const CallOptions &options, engine::CallRequest &request);
    base::Result<engine::Described> readdress(engine::CallHandle ours, const engine::Hop &target);
    static void chooseKeys(Live &live, const sip::Sdp &offer);
    std::optional<std::string> describeAnswer(Live &live); // prepares media; nullopt: declined
    void onWithin(Live &live, const engine::CallEvent &event);
    void onChanged(Live &live, const engine::CallEvent &event);
    base::Address addressTowards(const Live &live) const; // an incoming call's audio
    void forgetOldest();                                  // under the lock
    Live *byOurs(engine::CallHandle ours);
    Live *byTheirs(engine::CallHandle theirs);
    Live *byMedia(media::MediaHandle media);
    base::Result<void> prepareMedia(Live &live, const CallOptions &options,
                                    const base::Address &local);
    void remoteAnswer(Live &live, const engine::CallEvent &event);
    sip::SdpDraft draftOf(const Live &live) const;
    std::string ableOf(const Live &live, const CallOptions &options) const;
    void tellFault(Live &live, const engine::CallEvent &event, const PeerAudio &audio,
                   const std::string &what);
    void endUnprotected(Live &live, const engine::CallEvent &event);
    void tellRefused(const Live &live, const std::string &callId, const media::Status &last);
    void permit(Live &live, const engine::CallEvent &event);
    void tellUntold(Live &live, const engine::CallEvent &event);
    void onInviteSent(const engine::CallEvent &event);
    bool answered(engine::CallHandle ours) const;
    void onProvisional(Live &live, const engine::CallEvent &event);
    void onAnswered(Live &live, const engine::CallEvent &event);
    void onOver(engine::CallHandle ours, const engine::CallEvent &event);
    void tellSwitch(Live &live, const std::string &callId, const media::Status &status);
    void onPressed(engine::CallHandle ours, std::size_t asked, const media::Presses &presses);
    void tellUnsent(const Live &live, const std::string &callId, const media::Status &last);
    std::string callIdOf(engine::CallHandle ours) const;
    CallOptions placedBy(engine::CallHandle ours) const; // as the user wanted it
    void onIncoming(const engine::CallEvent &event);
    void fail(engine::CallHandle ours, const base::Error &error);
    /// Changes the published CallInfo under the lock and tells the observer.
    void change(engine::CallHandle ours, const std::function<void(CallInfo &)> &edit);

    Parts &m_parts;
    std::map<engine::CallHandle, Live> m_live; // by our handle
    std::atomic<std::uint32_t> m_next{1};
};

} // namespace desk
