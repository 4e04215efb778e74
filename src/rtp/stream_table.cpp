// SPDX-License-Identifier: Apache-2.0
#include <rtp/stream_table.h>

#include <algorithm>
#include <rtp/g729.h>
#include <rtp/level.h>
#include <rtp/spans.h>
#include <rtp/stream_work.h>

namespace rtp {
namespace {

constexpr double kSilentBelow = -60;              // dBFS
constexpr std::size_t kMostTaped = 192U << 20U;   // bytes of all tapes
constexpr std::size_t kMostSpooled = 128U << 20U, // bytes of all spools
    kSpooledLeft = 96U << 20U;                    // when the oldest had to go
constexpr std::uint32_t kFastestClock = 1'000'000'000;

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

bool isEvent(const RtpPacket &rtp, const PacketFacts &facts)
{
    return facts.event || ((!facts.described || facts.unnamed) && rtp.payloadType >= 96 &&
                           DtmfReader::plausible(rtp.payload));
}

/// By SDP, else by RFC 3551; nullopt: nothing that we could listen to.
std::optional<VoiceFormat> voiceOf(const RtpPacket &rtp, const PacketFacts &facts)
{
    return facts.named ? facts.voice : staticVoice(rtp.payloadType);
}

/// dBFS of what the packet holds; nullopt where its codec or cipher hides it.
std::optional<double> levelOf(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
                              const VoiceFormat &format)
{
    if (const auto noise = comfortNoiseLevel(format, rtp.payload))
        return rtp.payload.empty() ? std::nullopt : noise;
    const auto energy = plainEnergy(format, rtp.payload);
    if (!energy)
        return std::nullopt;
    entry.level.add(packet.time, energy->sum, energy->samples);
    return dbfs(energy->sum / static_cast<double>(energy->samples));
}

void measure(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
             const PacketFacts &facts, const std::optional<VoiceFormat> &voice)
{
    Stream &stream = entry.stream;
    std::optional<double> level;
    const bool open = !facts.closed || facts.opened;
    if (open && isEvent(rtp, facts))
        entry.dtmf.add(packet.time, rtp.timestamp, facts.clock != 0 ? facts.clock : stream.clock,
                       rtp.payload, stream.digits, rtp.payloadType);
    else if (open && voice)
        level = levelOf(entry, packet, rtp, *voice);
    const bool noise = voice && voice->encoding == kComfortNoise.encoding;
    stream.levelKnown = stream.levelKnown || (level && !noise);
    extendSpans(stream.spans, packet.time, noise || (level && *level < kSilentBelow));
    stream.loudness.add(packet.time, level);
}

/// The clock this packet is reckoned with. A dynamic payload type of no known rate is reckoned with
/// all that are likely, until SDP tells or the stream itself has shown it.
std::uint32_t clockFor(StreamEntry &entry, const RtpPacket &rtp, std::uint32_t told)
{
    if (told != 0) {
        if (entry.guesses && !entry.clockTold) {
            for (std::size_t i = 0; i < kLikelyClocks.size(); ++i) {
                if (kLikelyClocks[i] == told)
                    entry.jitter = (*entry.guesses)[i];
            }
        }
        entry.clockTold = true;
        entry.guesses.reset();
        return std::min(told, kFastestClock);
    }
    if (rtp.payloadType >= 96 && !entry.clockTold && entry.stream.packets == 0)
        entry.guesses = std::make_unique<std::array<JitterMeter, kLikelyClocks.size()>>();
    // Events go along at the clock of the voice (RFC 4733 section 2.1).
    if (rtp.payloadType >= 96 && entry.stream.clock != 0)
        return entry.stream.clock;
    return staticClock(rtp.payloadType);
}

void reckon(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp, Arrival arrival,
            bool event)
{
    Stream &stream = entry.stream;
    if (arrival == Arrival::Restart) {
        entry.jitter.restart();
        entry.clock.restart();
    }
    // A copy tells nothing of the sender's clock, and neither does a packet of no known run.
    if (arrival == Arrival::Duplicate || arrival == Arrival::Stray)
        return;
    // A key press shares the sequence with the sound, but all its packets have the timestamp of its
    // beginning (RFC 4733 section 2.2.1), however late they are sent.
    if (event)
        return;
    if (timestampsJump(entry, packet, rtp)) {
        entry.jitter.restart();
        entry.clock.restart();
    }
    entry.jitter.add(packet.time, rtp.timestamp, stream.clock);
    if (entry.guesses) {
        for (std::size_t i = 0; i < kLikelyClocks.size(); ++i)
            (*entry.guesses)[i].add(packet.time, rtp.timestamp, kLikelyClocks[i]);
    }
    stream.late += entry.clock.add(packet.time, rtp.timestamp, stream.clock) ? 1 : 0;
    stream.jitter = entry.jitter.jitter();
    stream.maxJitter = std::max(stream.maxJitter, stream.jitter);
    if (stream.packets > 0) {
        entry.jitterSum += static_cast<double>(stream.jitter.count());
        ++entry.jitters;
    }
    const std::uint32_t step = rtp.timestamp - entry.lastTimestamp;
    if (stream.packets > 0 && static_cast<std::uint16_t>(entry.lastSequence + 1) == rtp.sequence &&
        step != 0) {
        if (entry.votes == 0)
            entry.step = step;
        entry.votes += step == entry.step ? 1 : -1U;
    }
    entry.lastSequence = rtp.sequence;
    entry.lastTimestamp = rtp.timestamp;
}

void count(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
           const PacketFacts &facts)
{
    Stream &stream = entry.stream;
    const Arrival arrival = entry.sequence.add(rtp.sequence, packet.time);
    const bool event = isEvent(rtp, facts);
    if (!event || stream.packets == 0) // events of another clock change nothing for the sound
        stream.clock = clockFor(entry, rtp, facts.clock);
    reckon(entry, packet, rtp, arrival, event);
    stream.expected = entry.sequence.expected();
    stream.lost = entry.sequence.lost();
    stream.duplicates = entry.sequence.duplicates();
    stream.reordered = entry.sequence.reordered();
    stream.sequenceResets = entry.sequence.resets();
    if (stream.packets > 0) {
        if (arrival != Arrival::Earlier) // of another capture of the same minutes, read later
            stream.maxGap = std::max(stream.maxGap, apart(packet.time, stream.last));
        stream.first = std::min(stream.first, packet.time);
    } else {
        stream.first = packet.time;
        entry.firstTimestamp = rtp.timestamp;
    }
    stream.last = std::max(stream.last, packet.time);
    ++stream.packets;
    stream.bytes += packet.payload.size();
    stream.marking.add(packet);
    stream.payloadType = rtp.payloadType;
    ++stream.payloadTypes[rtp.payloadType & 0x7FU];
    stream.markers += rtp.marker ? 1 : 0;
    stream.closed += facts.closed && !facts.opened ? 1 : 0;
    stream.opened += facts.opened ? 1 : 0;
    stream.refused += facts.refused ? 1 : 0;
    stream.rollover = std::max(stream.rollover, facts.rollover);
}

/// Without SDP the stream's own pace tells its clock: the likely rate within a tenth of it.
void settleClock(StreamEntry &entry)
{
    const base::Duration span = apart(entry.stream.last, entry.stream.first);
    if (!entry.guesses || span < std::chrono::milliseconds(500))
        return;
    const double pace = static_cast<double>(entry.lastTimestamp - entry.firstTimestamp) * 1e9 /
                        static_cast<double>(span.count());
    for (std::size_t i = 0; i < kLikelyClocks.size(); ++i) {
        if (pace < kLikelyClocks[i] * 0.9 || pace > kLikelyClocks[i] * 1.1)
            continue;
        entry.jitter = (*entry.guesses)[i];
        entry.clock.restart();
        entry.stream.clock = kLikelyClocks[i];
        entry.stream.jitter = entry.stream.maxJitter = entry.jitter.jitter();
        entry.jitterSum = static_cast<double>(entry.stream.jitter.count());
        entry.jitters = 1;
        entry.guesses.reset();
        return;
    }
}

void settle(StreamEntry &entry)
{
    Stream &stream = entry.stream;
    settleClock(entry);
    if (entry.jitters != 0)
        stream.meanJitter = base::Duration{
            static_cast<std::int64_t>(entry.jitterSum / static_cast<double>(entry.jitters))};
    if (stream.levelKnown)
        stream.level = entry.level.level();
    stream.skew = entry.clock.skew();
    if (entry.votes != 0 && stream.clock != 0)
        stream.ptime = base::Duration{std::int64_t{entry.step} * 1'000'000'000 / stream.clock};
}

} // namespace

/// Keeps what may have to be listened to. Too much of it: the streams that have waited for longest
/// are listened to now, and their bytes given up.
void StreamTable::Work::tape(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
                             const VoiceFormat &format)
{
    auto &tape = entry.stream.tape;
    if (!tape) {
        tape = std::make_shared<Tape>(tapes);
        entry.stream.spool = std::make_shared<Spool>(spools);
    }
    if (format != kG729) // which nobody listens to here
        tape->add(packet, rtp, format);
    entry.stream.spool->add(packet, rtp, format);
    for (auto at = list.begin(); *tapes > kMostTaped && at != list.end(); ++at) {
        if (at->stream.tape && at->stream.tape->digest())
            break;
    }
    if (*spools <= kMostSpooled)
        return;
    for (auto at = list.begin(); *spools > kSpooledLeft && at != list.end(); ++at)
        if (at->stream.spool)
            at->stream.spool->giveUp();
}

void StreamTable::Work::hear(StreamEntry &entry, const base::Packet &packet, const RtpPacket &rtp,
                             const PacketFacts &facts)
{
    const auto voice = voiceOf(rtp, facts);
    measure(entry, packet, rtp, facts, voice);
    const bool readable = !facts.closed || (facts.opened && !rtp.payload.empty());
    if (readable && voice)
        tape(entry, packet, rtp, *voice);
}

StreamTable::StreamTable(std::size_t capacity) : m_work(std::make_unique<Work>())
{
    m_work->capacity = std::max<std::size_t>(capacity, 1);
}

StreamTable::~StreamTable() = default;

StreamId StreamTable::add(const base::Packet &packet, const RtpPacket &rtp, std::uint32_t clock)
{
    PacketFacts facts;
    facts.clock = clock;
    return add(packet, rtp, facts);
}

StreamId StreamTable::add(const base::Packet &packet, const RtpPacket &rtp,
                          const PacketFacts &facts, StreamId known)
{
    StreamEntry &entry = m_work->find(packet, rtp.ssrc, known);
    count(entry, packet, rtp, facts);
    entry.stream.arrivals.add(packet.time, rtp.payloadType, m_work->arrivals);
    m_work->hear(entry, packet, rtp, facts);
    entry.published.reset();
    return entry.stream.id;
}

void StreamTable::reopen(StreamId id, const std::vector<Reopened> &packets)
{
    StreamEntry *entry = m_work->byNumber(id);
    if (entry == nullptr || packets.empty())
        return;
    Stream &stream = entry->stream;
    entry->level = {};
    entry->dtmf = {};
    stream.spans.clear();
    stream.digits.clear();
    stream.loudness = {};
    stream.levelKnown = false;
    stream.tape.reset();
    stream.spool.reset();
    for (const Reopened &one : packets) {
        stream.closed += one.facts.closed && !one.facts.opened ? 1 : 0;
        stream.closed -= one.before.closed ? 1 : 0;
        stream.refused += one.facts.refused ? 1 : 0;
        stream.refused -= one.before.refused ? 1 : 0;
        stream.opened += one.facts.opened ? 1 : 0;
        stream.rollover = std::max(stream.rollover, one.facts.rollover);
        m_work->hear(*entry, one.packet, one.rtp, one.facts);
    }
    entry->published.reset();
}

std::shared_ptr<const Stream> StreamTable::snapshot(StreamId id) const
{
    const auto found = m_work->byId.find(id.value);
    if (found == m_work->byId.end())
        return nullptr;
    StreamEntry &entry = *found->second;
    if (!entry.published) {
        settle(entry);
        entry.published = std::make_shared<const Stream>(entry.stream);
    }
    return entry.published;
}

std::vector<StreamId> StreamTable::ids() const
{
    std::vector<StreamId> out;
    out.reserve(m_work->byId.size());
    for (const StreamEntry &entry : m_work->list)
        out.push_back(entry.stream.id);
    std::sort(out.begin(), out.end());
    return out;
}

std::uint64_t StreamTable::evicted() const
{
    return m_work->evicted;
}

} // namespace rtp
