// SPDX-License-Identifier: Apache-2.0
// Captured frames in, Packets out: link, IP, fragments, UDP, TCP. What every capture format shares.
// One importer's thread; owned by the source that reads.
#pragma once

#include <base/blob.h>
#include <cstdint>
#include <ingest/decode/ip.h>
#include <ingest/decode/stream_layers.h>
#include <ingest/decode/tcp.h>
#include <ingest/source.h>
#include <set>
#include <string_view>

namespace ingest::decode {

class Decoder
{
public:
    Decoder(std::shared_ptr<const void> owner, const Sink &sink, Outcome &outcome,
            const std::atomic<bool> &cancel);
    Decoder(const Decoder &) = delete;
    Decoder &operator=(const Decoder &) = delete;

    /// One frame, a view into the owner's bytes. `missing`: bytes of it that were not captured.
    void frame(base::Instant time, std::uint32_t linkType, std::string_view bytes,
               std::uint32_t missing);
    /// A packet that needs no decoding, in its turn.
    void handOn(base::Packet packet);
    /// Names an interface's link type in the outcome, once.
    void announce(std::uint32_t linkType);
    /// True: the sink or the canceller wants no more. Tells the progress now and then.
    bool stop(std::uint64_t bytesRead);
    /// Hands on what waits and tells in sentences what was given up.
    void finish(std::uint64_t bytesRead);

private:
    void ip(const IpPacket &packet, base::Blob payload, std::uint32_t missing);
    void udp(const IpPacket &packet, const base::Blob &payload, base::Instant time);
    void emit(base::Packet packet);
    void tellProgress(std::uint64_t bytesRead);
    void tellLosses();

    std::shared_ptr<const void> m_owner;
    const Sink &m_sink;
    Outcome &m_outcome;
    const std::atomic<bool> &m_cancel;
    Fragments m_fragments;
    StreamLayers m_layers;
    TcpTable m_tcp;
    std::set<std::uint32_t> m_linkTypes;
    base::Instant m_time; // of the frame under way
    std::uint64_t m_frames = 0, m_foreignLink = 0, m_told = 0;
    bool m_refused = false; // the sink wants no more
};

/// A file's time stamp, kept in a range in which differences cannot overflow.
base::Instant clampedTime(std::int64_t seconds, std::uint64_t nanoseconds);

} // namespace ingest::decode
