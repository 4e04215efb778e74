// SPDX-License-Identifier: Apache-2.0
// Datagrams of media into streams: RTP, RTCP, both under SRTP with the keys of the trace, DTLS as a
// mark that what follows is encrypted. Analysis thread, owned by Folds.
#pragma once

#include <base/packet.h>
#include <calls/call.h>
#include <memory>
#include <rtp/stream_table.h>
#include <session/media_index.h>
#include <session/overlap.h>
#include <session/rtp_gate.h>
#include <session/sealed_media.h>
#include <string>
#include <vector>

namespace session {

class MediaFold
{
public:
    /// Calls with a new stream are added to `fresh`, with news of one to `touched`, more than once
    /// too.
    MediaFold(std::vector<calls::CallId> &fresh, std::vector<calls::CallId> &touched)
        : m_fresh(fresh), m_touched(touched)
    {
    }

    /// Could be media by its first octet.
    static bool mayBe(std::string_view bytes);
    /// False: it is no media, or not known to be yet.
    bool add(const base::Packet &packet);
    /// What SDP tells, of packets that are to come and of those that came before it.
    void learn(calls::CallId call, std::string_view description, base::Instant time);
    /// The call was hung up then.
    void ended(calls::CallId call, base::Instant time) { m_index.ended(call, time); }
    void learnKey(const base::Endpoint &sender, const rtp::SdesKey &key)
    {
        m_index.learnKey(sender, key);
    }
    /// The call that named the endpoint last, for RTP or the RTCP beside it; invalid: none did.
    calls::CallId callAt(const base::Endpoint &endpoint);
    /// Packets from here on are of that file, 0: of none.
    void readFrom(std::uint32_t file) { m_file = file; }
    std::uint64_t packets() const { return m_packets; } // of RTP
    std::uint64_t streams() const { return m_count; }   // ever
    /// Snapshots of the streams at the call's endpoints that began before `until`.
    std::vector<std::shared_ptr<const rtp::Stream>> streams(calls::CallId call,
                                                            base::Instant until);
    std::vector<std::shared_ptr<const rtp::Stream>> allStreams() const;
    std::uint64_t evicted() const
    {
        return m_streams.evicted() + m_index.evicted() + m_gate.evicted() + m_sealed.evicted();
    }

private:
    bool dtls(const base::Packet &packet);
    bool rtcp(const base::Packet &packet);
    bool openLater(const std::shared_ptr<rtp::SrtpOpener> &opener, const base::Packet &packet,
                   RtpGate::Sender &sender);
    void fileOnce(const base::Packet &packet, const rtp::RtpPacket &rtp, RtpGate::Sender &sender);
    void file(const base::Packet &packet, const rtp::RtpPacket &rtp, RtpGate::Sender &sender);
    void attribute(const base::Packet &packet, RtpGate::Sender &sender);
    void open(const base::Packet &packet, RtpGate::Sender &sender, rtp::RtpPacket &rtp,
              rtp::PacketFacts &facts);
    rtp::PacketFacts look(const base::Packet &packet, RtpGate::Sender &sender, rtp::RtpPacket &rtp);
    bool mayBeOpenedLater(const RtpGate::Sender &sender, const rtp::PacketFacts &facts) const;
    bool openReport(const base::Endpoint &source, const base::Endpoint &destination,
                    const base::Packet &packet);
    void reopen(rtp::StreamId id, SealedMedia::Stream &kept);
    void findPlaces(const base::Packet &packet, RtpGate::Sender &sender);
    static void touch(const MediaIndex::Place *place, std::vector<calls::CallId> &calls);

    MediaIndex m_index;
    RtpGate m_gate;
    Generations<RtpGate::Key, Overlap, RtpGate::Hash> m_reports{4096}; // RTCP, by its ends
    rtp::StreamTable m_streams;
    SealedMedia m_sealed;
    std::vector<calls::CallId> &m_fresh, &m_touched;
    std::uint64_t m_packets = 0, m_count = 0;
    std::uint64_t m_guesses = 0; // at rollover counters, so far
    std::uint64_t m_round = 1;   // a new one each time that m_touched was taken
    std::uint32_t m_file = 0;
    SamePackets::Budget m_words = std::size_t{1} << 24U; // 256 MiB of notes which file had what
    std::string m_plain;                                 // of the encrypted packet under way
};

} // namespace session
