// SPDX-License-Identifier: Apache-2.0
// What a StreamTable keeps of each stream besides its figures. Private to it.
#pragma once

#include <array>
#include <list>
#include <map>
#include <memory>
#include <rtp/reel.h>
#include <rtp/sequence.h>
#include <rtp/stream_table.h>
#include <rtp/timing.h>
#include <unordered_map>

namespace rtp {

/// Clock rates that a payload type of no known rate may have, besides 8000.
constexpr std::array<std::uint32_t, 3> kLikelyClocks{16000, 48000, 90000};

struct StreamKey {
    base::Endpoint source, destination;
    std::uint32_t ssrc = 0;
    bool operator==(const StreamKey &) const = default;
};

struct StreamKeyHash {
    std::size_t operator()(const StreamKey &key) const noexcept
    {
        const std::hash<base::Endpoint> endpoint;
        return (endpoint(key.source) * 31 + endpoint(key.destination)) * 0x9E3779B97F4A7C15ULL ^
               key.ssrc;
    }
};

struct StreamEntry {
    StreamKey key;
    Stream stream;
    SequenceCounter sequence;
    JitterMeter jitter;
    double jitterSum = 0; // ns
    std::uint64_t jitters = 0;
    ClockMeter clock;
    LevelMeter level;
    DtmfReader dtmf;
    bool clockTold = false;
    std::unique_ptr<std::array<JitterMeter, kLikelyClocks.size()>> guesses;
    // The time of most packets, by Boyer and Moore's vote.
    std::uint16_t lastSequence = 0;
    std::uint32_t lastTimestamp = 0, firstTimestamp = 0, step = 0, votes = 0;
    struct Heard { // a sender report that was captured
        std::uint32_t middle = 0;
        base::Instant at;
    };
    std::array<Heard, 4> heard{};
    std::size_t nextHeard = 0;
    std::shared_ptr<const Stream> published; // empty after a change
    // Packets of all streams when this one had its last, and when it took its place in the list.
    std::uint64_t used = 0, placed = 0;
};

struct StreamTable::Work {
    using List = std::list<StreamEntry>; // longest unseen first, but for those used since `placed`

    std::size_t capacity = 0;
    List list;
    std::unordered_map<StreamKey, List::iterator, StreamKeyHash> byKey;
    std::unordered_map<std::uint32_t, List::iterator> byId;
    std::map<std::pair<std::uint32_t, std::uint32_t>, List::iterator> bySsrc; // and id
    std::array<StreamEntry *, 4096> near{}; // by id, those that fit
    std::uint32_t nextId = 0;
    std::uint64_t evicted = 0, packets = 0;
    std::size_t arrivals = 0; // times that all entries hold
    TapeStock tapes = std::make_shared<std::atomic<std::size_t>>(0);
    SpoolStock spools = std::make_shared<std::atomic<std::size_t>>(0);

    StreamEntry &find(const base::Packet &packet, std::uint32_t ssrc, StreamId known);
    StreamEntry *byNumber(StreamId id);
    void evictOldest();
    void forgetKey(const StreamEntry &entry);
    void tape(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
              const VoiceFormat &format);
    void hear(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
              const PacketFacts &facts);
    /// The newest stream with that SSRC for which `fits`; the only one there is if none fits.
    template <class Fits> StreamEntry *bySource(std::uint32_t ssrc, Fits fits)
    {
        StreamEntry *last = nullptr;
        std::size_t seen = 0;
        for (auto at = bySsrc.upper_bound({ssrc, ~0U}); at != bySsrc.begin() && seen < 64; ++seen) {
            if ((--at)->first.first != ssrc)
                break;
            last = &*at->second;
            if (fits(last->stream))
                return last;
        }
        return seen == 1 ? last : nullptr;
    }
};

/// The sender set its timestamps anew, as a gateway does that goes from an announcement to the
/// voice on one SSRC: the next packet in sequence came at its time and says another one by far.
/// Delay cannot do that, for it moves the arrival.
inline bool timestampsJump(const StreamEntry &entry, const base::Packet &packet,
                           const RtpPacket &rtp)
{
    constexpr std::int64_t kAtOnce = 150'000'000, kFar = 250'000'000; // ns
    const Stream &stream = entry.stream;
    if (stream.packets == 0 || stream.clock == 0 ||
        static_cast<std::uint16_t>(entry.lastSequence + 1) != rtp.sequence)
        return false;
    const std::int64_t came = apart(packet.time, stream.last).count();
    const auto units = static_cast<std::int32_t>(rtp.timestamp - entry.lastTimestamp);
    const std::int64_t said = std::int64_t{units} * 1'000'000'000 / stream.clock;
    return came >= 0 && came < kAtOnce && std::abs(said - came) > kFar;
}

} // namespace rtp
