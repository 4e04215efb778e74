// SPDX-License-Identifier: Apache-2.0
// Puts the segments of TCP connections (RFC 9293) in order: StreamData, StreamGap where the capture
// lost bytes, StreamFin, StreamReset. Bounded: old connections and overfull holes are given up,
// with a count. One importer's thread; owned by the Decoder.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ingest::decode {

struct TcpSegment {
    std::uint16_t sourcePort = 0, destinationPort = 0;
    std::uint32_t sequence = 0, acknowledged = 0;
    bool syn = false, fin = false, reset = false, ack = false;
    std::string_view payload;
};
/// nullopt: the header does not fit into what is there.
std::optional<TcpSegment> parseTcp(std::string_view bytes);

class TcpTable
{
public:
    using Emit = std::function<void(base::Packet)>;
    explicit TcpTable(Emit emit);

    /// `missing` bytes at the segment's end were not captured (snap length).
    void add(const base::Endpoint &source, const base::Endpoint &destination,
             const TcpSegment &segment, base::Blob payload, std::uint32_t missing,
             base::Instant time);
    /// The input ended: what waits behind a hole is handed on, the hole told.
    void finish();

    std::uint64_t evicted() const { return m_evicted; } // connections given up
    /// Connections that were refused by a reset, or reset before a byte was sent: who did that and
    /// how often. The first ones, on the ports of SIP.
    struct Refusal {
        base::Endpoint by;
        base::Address to;
        std::uint64_t count = 0;
    };
    const std::vector<Refusal> &refusals() const { return m_refusals; }
    std::uint64_t gaps() const { return m_gaps; } // holes told, mid-stream starts not counted

private:
    struct Waiting { // a segment that came before its turn
        base::Blob payload;
        std::uint32_t missing = 0;
        base::Instant time;
        std::uint64_t end(std::uint64_t begin) const { return begin + payload.size() + missing; }
    };
    struct Half { // one direction
        std::uint32_t stream = 0;
        bool synchronised = false, closed = false, finKnown = false;
        bool fromMiddle = false;    // its SYN was not seen
        std::uint32_t initial = 0;  // sequence number of the SYN
        std::uint64_t position = 0; // of the next byte; its low 32 bits are the sequence number
        std::uint64_t finAt = 0;
        base::Instant finTime;
        std::uint64_t acknowledged = 0; // the peer has confirmed everything before
        std::map<std::uint64_t, Waiting> waiting;
        std::size_t waitingBytes = 0;
        base::Instant waitingSince, last;
    };
    struct Connection {
        base::Endpoint ends[2]; // in order
        Half halves[2];         // [i]: sent by ends[i]
    };
    struct Key {
        base::Endpoint low, high;
        friend bool operator==(const Key &, const Key &) = default;
    };
    struct Hash { // seeded, so that a made-up capture cannot aim at one bucket
        std::uint64_t seed;
        std::size_t operator()(const Key &key) const noexcept;
    };
    using Connections = std::list<Connection>;

    enum class Where : std::uint8_t { Known, Over, Elsewhere };

    Connection *find(const Key &key, bool create);
    void open(Connection &connection, int from, const TcpSegment &segment);
    void start(Half &half, std::uint32_t sequence);
    void forget(Half &half);
    bool begunBefore(Half &half, std::uint32_t sequence) const;
    static Where locate(const Half &half, std::uint32_t sequence, std::uint64_t &position);
    void take(Connection &connection, int from, std::uint32_t sequence, bool fin, Waiting piece);
    void keep(Half &half, std::uint64_t position, Waiting piece);
    void deliver(Connection &connection, int from, std::uint64_t position, const Waiting &piece,
                 base::Instant time);
    static base::Instant inTurn(const Half &half, base::Instant captured);
    void drain(Connection &connection, int from, base::Instant time);
    static void confirm(Half &half, std::uint32_t acknowledged);
    bool overdue(const Half &half, base::Instant time) const;
    void skipHole(Connection &connection, int from, base::Instant time);
    void skipHoles(Connection &connection, int from, base::Instant time);
    void flush(Connection &connection, int from);
    void refused(const base::Endpoint &by, const base::Endpoint &to);
    void reset(Connection &connection, int from, base::Instant time);
    void tell(Connection &connection, int from, base::PacketKind kind, base::Blob payload,
              base::Instant time);

    Emit m_emit;
    Connections m_order; // the longest unseen first
    std::unordered_map<Key, Connections::iterator, Hash> m_byKey;
    std::size_t m_waiting = 0; // segments in all holes
    std::uint32_t m_streams = 0;
    std::uint64_t m_evicted = 0, m_gaps = 0;
    std::vector<Refusal> m_refusals;
};

} // namespace ingest::decode
