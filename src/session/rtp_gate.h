// SPDX-License-Identifier: Apache-2.0
// Decides which datagrams are RTP: the emitter said so, SDP named an end, or two packets in a row
// look like one sender (RFC 3550 appendix A.1). STUN, DNS and the like are never taken for RTP.
// Analysis thread, owned by Folds.
#pragma once

#include <base/packet.h>
#include <optional>
#include <rtp/rtp_packet.h>
#include <session/generations.h>
#include <session/media_index.h>

namespace session {

class RtpGate
{
public:
    struct Key {
        base::Endpoint source, destination;
        std::uint32_t ssrc = 0;
        friend bool operator==(const Key &, const Key &) = default;
    };
    /// A sender as the gate remembers it between packets.
    struct Sender {
        bool confirmed = false;
        bool waiting = false; // `first` came and is not filed yet
        std::uint16_t sequence = 0;
        base::Packet first;
    };

    /// nullptr: not RTP, or not sure yet. A confirmed sender whose `waiting` is set has its first
    /// packet to be filed before this one; the caller clears it.
    Sender *judge(const base::Packet &packet, const rtp::RtpPacket &rtp, MediaIndex &media);
    std::uint64_t evicted() const { return m_senders.evicted(); }

private:
    struct Hash {
        std::size_t operator()(const Key &key) const noexcept;
    };
    Generations<Key, Sender, Hash> m_senders{16384};
};

} // namespace session
