// SPDX-License-Identifier: Apache-2.0
// Which calls named a media endpoint in SDP, and which RTP streams touch it, so that a call is
// joined to its own streams without looking at all of them. Bounded. Analysis thread, owned by
// Folds.
#pragma once

#include <base/endpoint.h>
#include <calls/call.h>
#include <memory>
#include <rtp/srtp.h>
#include <rtp/stream_table.h>
#include <rtp/voice.h>
#include <session/generations.h>
#include <sip/sdp.h>
#include <span>
#include <vector>

namespace session {

class MediaIndex
{
public:
    struct Format {
        std::uint8_t payloadType = 0;
        bool event = false; // telephone-event (RFC 4733)
        std::uint32_t rate = 0;
        std::optional<rtp::VoiceFormat> voice; // nullopt: nothing that we could listen to
    };
    struct Seen {
        base::Instant first;
        rtp::StreamId stream;
        calls::CallId owner; // whose it was when it began; invalid: nobody can tell
    };
    /// A call named the place, and for how long that holds: phones and gateways use the same port
    /// for one call after another.
    struct Claim {
        calls::CallId call;
        base::Instant named, again; // for the first and for the last time
        base::Instant ended;        // by the call's BYE; unknown: none was seen
        base::Instant over;         // another call named the place when it had fallen silent

        bool endedBy(base::Instant time) const { return ended.known() && ended <= time; }
        bool overBy(base::Instant time) const
        {
            return endedBy(time) || (over.known() && over <= time);
        }
        /// When it was named last, as of that time; unknown: not yet.
        base::Instant namedBy(base::Instant time) const
        {
            return again <= time ? again : named <= time ? named : base::Instant{};
        }
    };
    struct Key { // of whoever receives at the place, for what it sends
        rtp::SdesKey sdes;
        std::shared_ptr<rtp::SrtpOpener> opener; // null: the library takes no such key
    };
    struct Place {
        std::vector<calls::CallId> calls; // the newest last
        std::vector<Claim> claims;        // of these calls, in the same order
        std::vector<calls::CallId>
            former;                // whose claim was over before others took its room; sorted
        std::uint32_t changes = 0; // of the claims
        base::Instant heard;       // the latest packet of a stream that came or went here
        std::vector<Format> formats;
        std::vector<Seen> streams; // in order of appearance
        std::vector<Key> keys;     // the newest last
        base::Endpoint rtp;        // known: a=rtcp names this place for it
        bool named = false;
        bool secure = false; // SDP wants SRTP, or DTLS was seen
        bool dtls = false;   // its keys come by DTLS: SDP will not tell them
        bool keyed = false;  // SDP has keys, whatever its profile says (best-effort SRTP)

        /// nullptr: SDP does not describe it.
        const Format *format(std::uint8_t payloadType) const;
        /// nullptr: the call has named other places only, or too many have named this one since.
        const Claim *claim(calls::CallId call) const;
    };
    /// Notes the endpoints and payload types of a message's SDP; false: it had none.
    bool learn(calls::CallId call, std::string_view description, base::Instant time);
    /// The call was hung up: a call that names its places later takes them over.
    void ended(calls::CallId call, base::Instant time);
    /// Whose a packet between two places is at that time; invalid: nobody can tell, or one of the
    /// two is not known.
    static calls::CallId owner(const Place *from, const Place *to, base::Instant time);
    /// What comes between the two at that time is no longer the call's.
    static bool over(calls::CallId call, const Place *from, const Place *to, base::Instant time);
    void addStream(const Seen &seen, const base::Endpoint &source,
                   const base::Endpoint &destination);
    bool namedInSdp(const base::Endpoint &endpoint);
    /// Where the RTP goes of which the RTCP goes to `endpoint`, if SDP said so (RFC 3605).
    std::optional<base::Endpoint> rtpOf(const base::Endpoint &endpoint);
    /// Clock rate that the receiver at `destination` described for that payload type, 0: unknown.
    std::uint32_t clock(const base::Endpoint &destination, std::uint8_t payloadType);
    /// The calls that named the endpoint most recently.
    std::span<const calls::CallId> calls(const base::Endpoint &endpoint);
    /// nullptr: nothing is known of it. Holds as long as turns() stays the same.
    Place *place(const base::Endpoint &endpoint) { return m_places.find(endpoint); }
    std::uint64_t turns() const { return m_places.turns(); }
    /// DTLS goes there: what else does is encrypted with keys that no trace shows (RFC 5764).
    void seal(const base::Endpoint &endpoint);
    /// What is sent from there may be protected with that key, whatever SDP says.
    void learnKey(const base::Endpoint &sender, const rtp::SdesKey &key);
    /// The keys that may protect what goes from `source` to `destination`, the likeliest first.
    std::vector<std::shared_ptr<rtp::SrtpOpener>> keys(const base::Endpoint &source,
                                                       const base::Endpoint &destination);
    /// Grows with each key that SDP told.
    std::uint64_t keysKnown() const { return m_keys; }
    /// Streams at the call's endpoints that began before `until`, the newest first, bounded.
    std::vector<rtp::StreamId> streams(calls::CallId call, base::Instant until);
    /// The call named one end of such a stream only, and another call named both: a peer may serve
    /// several calls from one socket.
    bool ofAnother(calls::CallId call, const base::Endpoint &source,
                   const base::Endpoint &destination);
    std::uint64_t evicted() const { return m_places.evicted() + m_calls.evicted(); }

private:
    bool named(calls::CallId call, const base::Endpoint &endpoint);
    void learnMedia(calls::CallId call, const sip::SdpMedia &media);
    void learnPlace(calls::CallId call, const base::Endpoint &endpoint, const sip::SdpMedia &media);
    void claim(Place &place, calls::CallId call) const;
    static bool ofAnotherTime(const Seen &seen, const Place &at, calls::CallId call);
    void learnKeys(Place &place, const sip::SdpMedia &media);
    void keep(Place &place, rtp::SdesKey sdes);

    std::uint64_t m_keys = 0;
    base::Instant m_time; // of the description under way
    Generations<base::Endpoint, Place> m_places{65536};
    Generations<calls::CallId, std::vector<base::Endpoint>> m_calls{1U << 18U};
};

} // namespace session
