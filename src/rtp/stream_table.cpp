// SPDX-License-Identifier: Apache-2.0
#include <rtp/stream_table.h>

#include <algorithm>
#include <list>
#include <rtp/level.h>
#include <rtp/sequence.h>
#include <rtp/timing.h>
#include <unordered_map>

namespace rtp {

namespace {

constexpr std::size_t kMostSpans = 4096;
constexpr base::Duration kSpanBreak =
    std::chrono::milliseconds(300);        // silence on the wire ends a bar
constexpr double kSilentBelow = -60;       // dBFS
constexpr std::uint8_t kComfortNoise = 13; // RFC 3389
constexpr std::uint32_t kFastestClock = 1'000'000'000;

struct Key {
    base::Endpoint source, destination;
    std::uint32_t ssrc = 0;
    bool operator==(const Key &) const = default;
};

struct KeyHash {
    std::size_t operator()(const Key &key) const noexcept
    {
        const std::hash<base::Endpoint> endpoint;
        return (endpoint(key.source) * 31 + endpoint(key.destination)) * 0x9E3779B97F4A7C15ULL ^
               key.ssrc;
    }
};

std::uint32_t staticClock(std::uint8_t payloadType) // RFC 3551 section 6
{
    switch (payloadType) {
    case 6:
        return 16000;
    case 10:
    case 11:
        return 44100;
    case 16:
        return 11025;
    case 17:
        return 22050;
    case 14:
    case 25:
    case 26:
    case 28:
    case 31:
    case 32:
    case 33:
    case 34:
        return 90000;
    default:
        return 8000;
    }
}

struct Entry {
    Key key;
    Stream stream;
    SequenceCounter sequence;
    JitterMeter jitter;
    LevelMeter level;
    std::shared_ptr<const Stream> published; // empty after a change
};

/// The list is full: the older half is joined two by two, so that joining stays cheap per packet.
void joinOldest(std::vector<LevelSpan> &spans)
{
    const std::size_t half = spans.size() / 2;
    std::size_t out = 0;
    for (std::size_t i = 0; i + 1 < half; i += 2, ++out)
        spans[out] = {spans[i].from, spans[i + 1].to, spans[i].silent && spans[i + 1].silent};
    spans.erase(spans.begin() + static_cast<std::ptrdiff_t>(out),
                spans.begin() + static_cast<std::ptrdiff_t>(out * 2));
}

void extendSpans(Stream &stream, base::Instant at, bool silent)
{
    auto &spans = stream.spans;
    if (!spans.empty() && spans.back().silent == silent &&
        apart(at, spans.back().to) <= kSpanBreak) {
        spans.back().to = std::max(spans.back().to, at);
        return;
    }
    // A change of loudness has no hole in the bar: the new span takes over where the old one ended.
    const bool joins = !spans.empty() && apart(at, spans.back().to) <= kSpanBreak;
    if (spans.size() >= kMostSpans)
        joinOldest(spans);
    spans.push_back({joins ? std::min(spans.back().to, at) : at, at, silent});
}

void measure(Entry &entry, const base::Packet &packet, const RtpPacket &rtp)
{
    Stream &stream = entry.stream;
    bool silent = rtp.payloadType == kComfortNoise;
    if (const auto energy = g711Energy(rtp.payloadType, rtp.payload);
        energy && !rtp.payload.empty()) {
        entry.level.add(packet.time, *energy, rtp.payload.size());
        stream.level = entry.level.level();
        stream.levelKnown = true;
        silent = dbfs(*energy / static_cast<double>(rtp.payload.size())) < kSilentBelow;
    }
    extendSpans(stream, packet.time, silent);
}

void count(Entry &entry, const base::Packet &packet, const RtpPacket &rtp, std::uint32_t clock)
{
    Stream &stream = entry.stream;
    const Arrival arrival = entry.sequence.add(rtp.sequence);
    if (arrival == Arrival::Restart)
        entry.jitter.restart();
    // A copy tells nothing of the sender's clock, and neither does a packet of no known run.
    if (arrival != Arrival::Duplicate && arrival != Arrival::Stray)
        entry.jitter.add(packet.time, rtp.timestamp, std::min(clock, kFastestClock));
    stream.expected = entry.sequence.expected();
    stream.lost = entry.sequence.lost();
    stream.duplicates = entry.sequence.duplicates();
    stream.reordered = entry.sequence.reordered();
    stream.sequenceResets = entry.sequence.resets();
    stream.jitter = entry.jitter.jitter();
    if (stream.packets > 0)
        stream.maxGap = std::max(stream.maxGap, apart(packet.time, stream.last));
    else
        stream.first = packet.time;
    stream.last = std::max(stream.last, packet.time);
    ++stream.packets;
    stream.bytes += packet.payload.size();
    stream.payloadType = rtp.payloadType;
    ++stream.payloadTypes[rtp.payloadType & 0x7FU];
}

} // namespace

struct StreamTable::Work {
    using List = std::list<Entry>; // longest unseen first

    std::size_t capacity = 0;
    List list;
    std::unordered_map<Key, List::iterator, KeyHash> byKey;
    std::unordered_map<std::uint32_t, List::iterator> byId;
    std::uint32_t nextId = 0;
    std::uint64_t evicted = 0;

    Entry &find(const base::Packet &packet, std::uint32_t ssrc)
    {
        const Key key{packet.source, packet.destination, ssrc};
        if (const auto found = byKey.find(key); found != byKey.end()) {
            list.splice(list.end(), list, found->second);
            return *found->second;
        }
        if (list.size() >= capacity)
            evictOldest();
        list.push_back({});
        Entry &entry = list.back();
        entry.key = key;
        entry.stream.id = StreamId{nextId++};
        entry.stream.source = packet.source;
        entry.stream.destination = packet.destination;
        entry.stream.ssrc = ssrc;
        entry.stream.outgoing = packet.outgoing;
        entry.stream.origin = packet.origin;
        byKey.emplace(key, std::prev(list.end()));
        byId.emplace(entry.stream.id.value, std::prev(list.end()));
        return entry;
    }
    void evictOldest()
    {
        byKey.erase(list.front().key);
        byId.erase(list.front().stream.id.value);
        list.pop_front();
        ++evicted;
    }
};

StreamTable::StreamTable(std::size_t capacity) : m_work(std::make_unique<Work>())
{
    m_work->capacity = std::max<std::size_t>(capacity, 1);
}

StreamTable::~StreamTable() = default;

StreamId StreamTable::add(const base::Packet &packet, const RtpPacket &rtp, std::uint32_t clock)
{
    Entry &entry = m_work->find(packet, rtp.ssrc);
    count(entry, packet, rtp, clock != 0 ? clock : staticClock(rtp.payloadType));
    measure(entry, packet, rtp);
    entry.published.reset();
    return entry.stream.id;
}

std::shared_ptr<const Stream> StreamTable::snapshot(StreamId id) const
{
    const auto found = m_work->byId.find(id.value);
    if (found == m_work->byId.end())
        return nullptr;
    Entry &entry = *found->second;
    if (!entry.published)
        entry.published = std::make_shared<const Stream>(entry.stream);
    return entry.published;
}

std::vector<StreamId> StreamTable::ids() const
{
    std::vector<StreamId> out;
    out.reserve(m_work->byId.size());
    for (const Entry &entry : m_work->list)
        out.push_back(entry.stream.id);
    std::sort(out.begin(), out.end());
    return out;
}

std::uint64_t StreamTable::evicted() const
{
    return m_work->evicted;
}

} // namespace rtp
