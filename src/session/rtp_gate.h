// SPDX-License-Identifier: Apache-2.0
// Decides which datagrams are RTP: the emitter said so, SDP named an end, or several packets in a
// row look like one sender (RFC 3550 appendix A.1). STUN, DNS and the like are never taken for RTP.
// Analysis thread, owned by Folds.
#pragma once

#include <base/packet.h>
#include <optional>
#include <rtp/rtp_packet.h>
#include <rtp/srtp.h>
#include <rtp/stream_table.h>
#include <session/generations.h>
#include <session/media_index.h>
#include <session/same_packets.h>
#include <vector>

namespace session {

class RtpGate
{
public:
    struct Key {
        base::Endpoint source, destination;
        std::uint32_t ssrc = 0;
        friend bool operator==(const Key &, const Key &) = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const noexcept;
    };
    /// A sender as the gate remembers it between packets.
    struct Sender {
        Key key;
        bool confirmed = false;
        std::uint16_t sequence = 0;
        std::uint32_t timestamp = 0;
        std::vector<base::Packet> waiting; // that came and are not filed yet
        rtp::StreamId stream;              // once the first is filed
        // The places of its two ends, as long as `turns` is MediaIndex::turns(); null: none known.
        MediaIndex::Place *from = nullptr, *to = nullptr;
        std::uint32_t changes = 0; // of their claims when it was found whose it is
        calls::CallId owner;       // whose; invalid: nobody can tell
        base::Instant last;        // its packet before
        std::uint64_t turns = 0;
        std::uint64_t round = 0;                 // in which it last told its calls of news
        std::shared_ptr<rtp::SrtpOpener> opener; // the key that fits, if they are encrypted
        bool keys = false;                       // that might have fitted were known
        std::uint64_t triedKeys = 0;             // MediaIndex::keysKnown() when none fitted
        std::uint32_t rollover = 0;              // that the key was found to fit under
        SamePackets packets;
    };

    /// nullptr: not RTP, or not sure yet. What `waiting` holds of a confirmed sender is to be filed
    /// before this packet; the caller takes it.
    Sender *judge(const base::Packet &packet, const rtp::RtpPacket &rtp, MediaIndex &media);
    /// nullptr: nothing of it came, or it was forgotten.
    Sender *find(const Key &key);
    std::uint64_t evicted() const { return m_senders.evicted(); }

private:
    Generations<Key, Sender, Hash> m_senders{16384};
    // Some of them, each found without a search; those of before the last turn are forgotten.
    std::vector<Sender *> m_near;
    std::uint64_t m_turns = 0;
};

} // namespace session
