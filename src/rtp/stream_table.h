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
#include <rtp/rtp_packet.h>
#include <vector>

namespace rtp {

struct StreamTag;
using StreamId = base::Id<StreamTag>;

struct LevelSpan { // consecutive packets of one kind, for the ladder's bars and "what is heard"
    base::Instant from, to;
    bool silent = false;
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
    std::uint64_t expected = 0, lost = 0, duplicates = 0, reordered = 0; // RFC 3550 appendix A.3
    std::uint32_t sequenceResets = 0;
    base::Duration jitter{0}; // RFC 3550 section 6.4.1, of the clock rate known or assumed
    base::Duration maxGap{0}; // longest time between two packets
    base::Instant first, last;
    double level = -96; // dBFS, last second, G.711 only; -96: silence or unknown
    bool levelKnown = false;
    std::vector<LevelSpan> spans; // at most 4096, oldest joined
};

class StreamTable
{
public:
    explicit StreamTable(std::size_t capacity = 20000);
    ~StreamTable();

    /// Files one RTP packet; `clock` in Hz is the payload type's rate if SDP told it (0: RFC
    /// 3551's, else 8000).
    StreamId add(const base::Packet &packet, const RtpPacket &rtp, std::uint32_t clock = 0);
    std::shared_ptr<const Stream> snapshot(StreamId id) const;
    std::vector<StreamId> ids() const;
    std::uint64_t evicted() const;

private:
    struct Work;
    std::unique_ptr<Work> m_work;
};

} // namespace rtp
