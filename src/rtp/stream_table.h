// SPDX-License-Identifier: Apache-2.0
// The fold of RTP packets into streams: one per (source, destination, SSRC), with RFC 3550
// statistics from kernel arrival times. Analysis thread and media thread each keep tables of their
// own. Bounded, eviction is counted.
#pragma once

#include <array>
#include <base/ids.h>
#include <base/packet.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <rtp/arrivals.h>
#include <rtp/dtmf.h>
#include <rtp/loudness.h>
#include <rtp/marking.h>
#include <rtp/rtcp.h>
#include <rtp/rtp_packet.h>
#include <rtp/tape.h>
#include <string>
#include <vector>

namespace rtp {

class Spool;
struct StreamTag;
using StreamId = base::Id<StreamTag>;

struct LevelSpan { // consecutive packets of one kind, for the ladder's bars and "what is heard"
    base::Instant from, to;
    bool silent = false;
};

/// What a receiver of the stream said of it by RTCP.
struct RemoteReport {
    base::Instant at;
    std::uint32_t reporter = 0;
    double fractionLost = 0; // 0-1, since the report before
    std::int32_t lost = 0;   // in all
    base::Duration jitter{0};
    std::optional<base::Duration> roundTrip; // between where it was captured and the receiver
};

struct Stream {
    StreamId id;
    base::Endpoint source, destination;
    std::uint32_t ssrc = 0;
    bool outgoing = false;
    base::Origin origin = base::Origin::Capture;
    std::uint8_t payloadType = 0;                  // of the last packet
    std::array<std::uint32_t, 128> payloadTypes{}; // packets by payload type
    std::uint64_t packets = 0, bytes = 0;
    Marking marking;                                                     // of their IP headers
    std::uint64_t expected = 0, lost = 0, duplicates = 0, reordered = 0; // RFC 3550 appendix A.3
    std::uint32_t sequenceResets = 0;
    // The key fitted under this many turns of the sequence number before the capture began; guessed
    // as SRTP does not send it (RFC 3711 section 3.3.1), and proven by the authentication tag.
    std::uint32_t rollover = 0;
    base::Duration jitter{0}; // RFC 3550 section 6.4.1, of the clock rate known or assumed
    base::Duration maxGap{0}; // longest time between two packets
    base::Instant first, last;
    double level = -96; // dBFS, last second, G.711 and L16 only; -96: silence or unknown
    bool levelKnown = false;
    std::vector<LevelSpan> spans;               // at most 4096, oldest joined
    Loudness loudness;                          // from the first packet to the last
    std::uint32_t clock = 0;                    // Hz that its times are reckoned with
    base::Duration meanJitter{0}, maxJitter{0}; // of the jitter behind each packet
    std::uint64_t late = 0;     // more than 100 ms behind the quickest packets around it
    std::optional<double> skew; // parts per million; above 0: the sender's clock is slow
    base::Duration ptime{0};    // most packets' time, 0: not known
    std::uint64_t markers = 0;
    std::vector<Digit> digits; // secret; at most 1024
    // Encrypted payloads that stayed closed, that were opened, and that no key of the trace fitted.
    std::uint64_t closed = 0, opened = 0, refused = 0;
    std::vector<RemoteReport> reports; // the last 64
    std::uint64_t reportsHeard = 0;    // of receivers about this stream
    std::uint32_t senderReports = 0, sentPackets = 0, sentOctets = 0; // by its own last report
    std::string name;                                                 // CNAME
    base::Instant bye; // unknown: it did not take its leave
    std::string byeReason;
    std::optional<VoipMetrics> metrics; // the last of RFC 3611
    Arrivals arrivals;                  // when its packets came
    std::shared_ptr<Tape> tape;         // what is heard, null: not of a codec that it takes
    std::shared_ptr<Spool> spool;       // and to be played, goes along with the tape

    /// Packets that came before `until`; all or none of a stream that no StreamTable made.
    std::uint64_t arrivedBefore(base::Instant until) const;
    /// Those of one payload type.
    std::uint64_t arrivedBefore(base::Instant until, std::uint8_t type) const;
};

/// What is known of a packet besides its bytes.
struct PacketFacts {
    std::uint32_t clock = 0;          // Hz of its payload type by SDP; 0: not told
    bool described = false;           // SDP names the payload types that may come here
    bool event = false;               // and this one carries telephone events
    bool unnamed = false;             // they leave this one out
    bool named = false;               // SDP says what this payload type is
    std::optional<VoiceFormat> voice; // and that is it; of namedVoice()
    bool closed = false;              // its payload is encrypted
    bool opened = false;              // and `RtpPacket::payload` is what was in it
    bool refused = false;             // keys are known and none fits
    std::uint32_t rollover = 0;       // opened under that rollover counter's guess
};

/// A packet that was filed before its key was told, or that it is encrypted, and what is known now.
struct Reopened {
    base::Packet packet; // its time counts
    RtpPacket rtp;       // `payload` in the clear where `facts.opened`
    PacketFacts facts;
    PacketFacts before; // as it was filed
};

class StreamTable
{
public:
    explicit StreamTable(std::size_t capacity = 20000);
    ~StreamTable();

    /// Files one RTP packet; `clock` in Hz is the payload type's rate if SDP told it (0: RFC
    /// 3551's, else 8000).
    StreamId add(const base::Packet &packet, const RtpPacket &rtp, std::uint32_t clock = 0);
    /// The same with all that is known; `known`: what add() gave for this sender before, spares a
    /// search.
    StreamId add(const base::Packet &packet, const RtpPacket &rtp, const PacketFacts &facts,
                 StreamId known = {});
    /// What is heard of the stream begins anew with those packets, its first ones in their order,
    /// of which none was opened so far. Their count, loss and jitter stay.
    void reopen(StreamId id, const std::vector<Reopened> &packets);
    /// Attaches what one RTCP compound tells to the streams it is about.
    void report(const base::Packet &packet, std::string_view rtcp);
    std::shared_ptr<const Stream> snapshot(StreamId id) const;
    std::vector<StreamId> ids() const;
    std::uint64_t evicted() const;

private:
    struct Work;
    class Reports;
    std::unique_ptr<Work> m_work;
};

} // namespace rtp
