// SPDX-License-Identifier: Apache-2.0
// Packets of RTP and RTCP that are encrypted, or may be, while no key of theirs is known: the SDP
// that tells it may come after them, as early media comes before the answer, or lie in another file
// than they do. Bounded, the oldest stream is given up first. Analysis thread, owned by MediaFold.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <deque>
#include <rtp/stream_table.h>
#include <string>
#include <unordered_map>
#include <vector>

namespace session {

class SealedMedia
{
public:
    struct Piece {
        base::Instant at;
        std::string_view bytes;
        rtp::PacketFacts filed; // as it was filed
    };
    struct Stream {
        base::Endpoint source, destination;
        std::uint32_t ssrc = 0;
        std::vector<Piece> pieces; // all of the stream, in order of arrival
        // How often they were looked at again, and what SDP told of keys and ends then.
        unsigned looks = 0, endsThen = 0;
        std::uint64_t keysThen = 0;

    private:
        friend class SealedMedia;
        std::deque<std::string> copies; // of bytes that no mapped file holds
        std::size_t held = 0;
    };
    struct Report { // a compound of RTCP
        base::Packet packet;
        base::Endpoint source, destination; // of the RTP it is about
    };

    explicit SealedMedia(std::size_t most = std::size_t{64} << 20U) : m_most(most) {}

    void keep(rtp::StreamId id, const base::Packet &packet, std::uint32_t ssrc,
              const rtp::PacketFacts &filed);
    void keepReport(Report report);
    /// nullptr: nothing of that stream is kept.
    Stream *find(rtp::StreamId id);
    void forget(rtp::StreamId id);
    std::deque<Report> &reports() { return m_reports; }
    bool empty() const { return m_streams.empty() && m_reports.empty(); }
    /// Streams given up unopened, for want of room.
    std::uint64_t evicted() const { return m_evicted; }

private:
    static bool staysMapped(const base::Blob &payload);

    std::unordered_map<std::uint32_t, Stream> m_streams; // by id
    std::uint32_t m_oldest = 0;                          // no stream kept has a lower id
    std::size_t m_most, m_held = 0;
    std::uint64_t m_evicted = 0;
    std::deque<Report> m_reports;
};

} // namespace session
