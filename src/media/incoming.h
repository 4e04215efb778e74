// SPDX-License-Identifier: Apache-2.0
// The streams that come in on one call's port, by (source, SSRC): statistics, level, and a decoder
// for each. One idle decoder per offered codec is kept playing so that a first packet finds one.
// Bounded. Media thread.
#pragma once

#include "decoder.h"
#include "level_meter.h"
#include "stream_clock.h"
#include "token_bucket.h"

#include <base/packet.h>
#include <bitset>
#include <map>
#include <memory>
#include <optional>
#include <rtp/ear.h>
#include <rtp/media_run.h>
#include <rtp/sequence.h>
#include <rtp/stream_table.h>
#include <string>
#include <vector>

namespace media {

struct PayloadMap;

struct IncomingStream {
    std::uint32_t key = 0;
    base::Endpoint source;
    std::uint32_t ssrc = 0;
    rtp::SequenceCounter sequence;
    std::uint32_t rate = 0; // Hz of its sound's RTP clock
    rtp::StreamId statistics;
    std::map<std::uint8_t, std::unique_ptr<Decoder>> decoders; // by payload type
    std::uint64_t lastDecoder = 0;
    base::Duration expected{0}; // position at which its last decoded audio ended
    StreamClock clock;
    base::Duration jitter{0};   // as of the last housekeeping
    std::uint64_t late = 0;     // by its decoders, as of the last housekeeping
    std::uint64_t unplayed = 0; // decoded, and then too late for the output
    base::Instant first, last;
    rtp::MediaRun run;
    std::string codec; // "PCMU/8000"
    LevelMeter meter;
    rtp::Ear ear;
    // Comfort noise came last: how loud it is to be, dBFS, and since when it does.
    std::optional<double> comfort;
    bool sounded = false; // something was heard of it that is no silence
    base::Instant comfortSince;
    std::optional<double> gapNoise; // that stood for the gap before the next decoded sound
    /// A packet came, of comfort noise of that level or of anything else.
    void beQuiet(std::optional<double> noise, base::Instant at);
    /// For two seconds and more: nothing but that kind of quiet came of it. Unknown: it sounded.
    rtp::Sound quietSoFar(base::Instant now);
    /// What is heard of it by then, comfort noise that goes on with it.
    rtp::Ear heardBy(base::Instant now) const;
};

class Incoming
{
public:
    Incoming(std::vector<PayloadMap> receive, base::Duration latency, std::uint64_t firstDecoderId,
             base::Inbox<DecodedAudio> &audio);
    ~Incoming();

    /// Keeps an idle decoder for every codec that was offered; a sentence for each that cannot be
    /// had.
    std::vector<std::string> stock();
    /// Counts the packet and gives it to its decoder. nullptr: not followed (see the counters).
    IncomingStream *packet(const base::Packet &packet, const rtp::RtpPacket &rtp);
    /// How often that sender's sequence number has turned over, as far as it was followed.
    std::uint32_t rollover(const base::Endpoint &source, std::uint32_t ssrc) const;
    /// The stream whose decoder that is, and the hole (stream time) before this audio.
    IncomingStream *decoded(const DecodedAudio &audio, base::Duration &gap);
    IncomingStream *stream(std::uint32_t key);
    std::vector<IncomingStream *> streams();
    /// Reads jitter and late counts, takes away broken decoders. A sentence when one broke.
    std::optional<std::string> housekeeping();
    void latency(base::Duration latency);

    std::shared_ptr<const rtp::Stream> statistics(const IncomingStream &stream) const;
    std::uint64_t wrongPayloadType() const { return m_wrongPayloadType; }
    /// Why packets that come now are not heard, "packets of payload type 97 come, ..."; empty: none
    /// of them comes.
    std::string undecodable(base::Instant now) const;
    /// Packets of streams that were not taken up: too many new ones in a short time.
    std::uint64_t refused() const { return m_refused; }
    /// These payload types too, where a number has no meaning yet.
    void accept(const std::vector<PayloadMap> &more);
    /// What a description of the peer's names: the numbers that we use towards it.
    void described(const std::vector<PayloadMap> &theirs);
    /// Streams from there are an answer's own; strangers' streams give way to them.
    void expect(const base::Endpoint &source);
    /// Streams given up for want of room since the last call: forget them too.
    std::vector<std::uint32_t> takeForgotten();

private:
    const PayloadMap *offered(std::uint8_t payloadType) const;
    IncomingStream *find(const base::Packet &packet, const rtp::RtpPacket &rtp);
    void makeRoom();
    void unheard(const base::Packet &packet, const rtp::RtpPacket &rtp);
    void count(IncomingStream &stream, const base::Packet &packet, const rtp::RtpPacket &rtp,
               const rtp::PacketFacts &facts);
    Decoder *decoderFor(IncomingStream &stream, const PayloadMap &payload);
    base::Result<std::unique_ptr<Decoder>> make(const PayloadMap &payload);

    std::vector<PayloadMap> m_receive;
    std::bitset<128> m_theirs; // payload types of their descriptions
    base::Duration m_latency;
    std::uint64_t m_nextDecoder;
    base::Inbox<DecodedAudio> &m_audio;
    rtp::StreamTable m_table;
    std::map<std::uint8_t, std::unique_ptr<Decoder>> m_idle;
    std::map<std::pair<base::Endpoint, std::uint32_t>, std::unique_ptr<IncomingStream>> m_streams;
    std::vector<std::uint32_t> m_forgotten;
    std::uint32_t m_nextKey = 1;
    std::vector<base::Endpoint> m_expected;
    TokenBucket m_newExpected{16, 16}, m_newStrange{8, 4};
    std::uint64_t m_wrongPayloadType = 0, m_refused = 0;
    rtp::MediaRun m_undecoded;  // packets that nobody hears
    std::string m_undecodedWhy; // of the last of them
};

} // namespace media
