// SPDX-License-Identifier: Apache-2.0
#include "incoming.h"

#include "media.h"

#include <algorithm>
#include <base/log.h>
#include <base/text.h>
#include <rtp/level.h>
#include <utility>

namespace media {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration kListened = std::chrono::minutes(1);
constexpr std::size_t kMostStreams =
    16; // anybody can send us SSRCs: the one silent for longest gives way
constexpr std::size_t kMostDecoders = 3; // per stream
constexpr std::size_t kMostExpected = 64;

} // namespace

void IncomingStream::beQuiet(std::optional<double> noise, base::Instant at)
{
    comfortSince = noise && comfort ? comfortSince : at;
    gapNoise = comfort ? comfort : gapNoise; // of the pause that this packet may end
    comfort = noise;
}

rtp::Ear IncomingStream::heardBy(base::Instant now) const
{
    constexpr base::Duration kHolds = 5s; // while nothing comes
    rtp::Ear out(ear);
    if (comfort && out.length() < kListened)
        out.quiet(
            std::clamp(std::min(now, last + kHolds) - comfortSince, base::Duration{0}, kListened),
            comfort);
    return out;
}

rtp::Sound IncomingStream::quietSoFar(base::Instant now)
{
    constexpr base::Duration kLongEnough = 2s;
    if (sounded)
        return rtp::Sound::Unknown;
    const rtp::Ear all = heardBy(now);
    if (all.length() < kLongEnough)
        return rtp::Sound::Unknown;
    const rtp::Sound what = all.heard().what;
    sounded = !rtp::isQuiet(what);
    return sounded ? rtp::Sound::Unknown : what;
}

Incoming::Incoming(std::vector<PayloadMap> receive, base::Duration latency,
                   std::uint64_t firstDecoderId, base::Inbox<DecodedAudio> &audio)
    : m_receive(std::move(receive)), m_latency(latency), m_nextDecoder(firstDecoderId),
      m_audio(audio), m_table(4 * kMostStreams)
{
}

Incoming::~Incoming() = default;

base::Result<std::unique_ptr<Decoder>> Incoming::make(const PayloadMap &payload)
{
    const Codec *codec = codecNamed(payload.encoding);
    if (codec == nullptr)
        return base::fail(base::ErrorCode::Unsupported,
                          ""); // telephone-event and the like: nothing to play
    if (const char *package = missingPackage(*codec))
        return base::fail(base::ErrorCode::Unsupported,
                          payload.encoding + " cannot be heard: install the package " + package +
                              ".");
    return Decoder::make(*codec, payload, m_nextDecoder++, m_audio);
}

std::vector<std::string> Incoming::stock()
{
    std::vector<std::string> sentences;
    for (const auto &payload : m_receive) {
        auto &idle = m_idle[payload.payloadType];
        if (idle)
            continue;
        auto made = make(payload);
        if (made)
            idle = std::move(*made);
        else if (!made.error().sentence.empty())
            sentences.push_back(made.error().sentence);
    }
    return sentences;
}

const PayloadMap *Incoming::offered(std::uint8_t payloadType) const
{
    const auto it = std::find_if(m_receive.begin(), m_receive.end(),
                                 [&](const PayloadMap &p) { return p.payloadType == payloadType; });
    return it == m_receive.end() ? nullptr : &*it;
}

void Incoming::accept(const std::vector<PayloadMap> &more)
{
    constexpr std::size_t kMost = 128; // numbers there are
    for (const auto &each : more)
        if (m_receive.size() < kMost && offered(each.payloadType) == nullptr)
            m_receive.push_back(each);
}

void Incoming::described(const std::vector<PayloadMap> &theirs)
{
    for (const auto &each : theirs)
        m_theirs.set(each.payloadType & 0x7FU);
}

void Incoming::makeRoom()
{
    if (m_streams.size() < kMostStreams)
        return;
    const auto oldest =
        std::min_element(m_streams.begin(), m_streams.end(), [](const auto &a, const auto &b) {
            return a.second->last < b.second->last;
        });
    m_forgotten.push_back(oldest->second->key);
    m_streams.erase(oldest);
}

std::vector<std::uint32_t> Incoming::takeForgotten()
{
    return std::exchange(m_forgotten, {});
}

void Incoming::expect(const base::Endpoint &source)
{
    if (m_expected.size() >= kMostExpected)
        m_expected.erase(m_expected.begin());
    m_expected.push_back(source);
}

IncomingStream *Incoming::find(const base::Packet &packet, const rtp::RtpPacket &rtp)
{
    const std::pair name{packet.source, rtp.ssrc};
    if (const auto it = m_streams.find(name); it != m_streams.end())
        return it->second.get();
    // Every stream costs a decoder: SSRCs without end, and senders that no answer named, must not
    // cost a thousand.
    const bool expected =
        std::find(m_expected.begin(), m_expected.end(), packet.source) != m_expected.end();
    if (!(expected ? m_newExpected : m_newStrange).take(packet.time)) {
        ++m_refused;
        return nullptr;
    }
    makeRoom();
    auto &stream = m_streams[name];
    stream = std::make_unique<IncomingStream>();
    stream->key = m_nextKey++;
    stream->source = packet.source;
    stream->ssrc = rtp.ssrc;
    stream->first = packet.time;
    return stream.get();
}

Decoder *Incoming::decoderFor(IncomingStream &stream, const PayloadMap &payload)
{
    if (const auto it = stream.decoders.find(payload.payloadType); it != stream.decoders.end())
        return it->second.get(); // may be none: it broke
    if (stream.decoders.size() >= kMostDecoders)
        return nullptr;
    auto &place = stream.decoders[payload.payloadType];
    if (const auto idle = m_idle.find(payload.payloadType); idle != m_idle.end() && idle->second) {
        place = std::move(idle->second);
    } else if (auto made = make(payload)) {
        place = std::move(*made);
    }
    return place.get();
}

void Incoming::count(IncomingStream &stream, const base::Packet &packet, const rtp::RtpPacket &rtp,
                     const rtp::PacketFacts &facts)
{
    stream.sequence.add(rtp.sequence);
    stream.statistics = m_table.add(packet, rtp, facts);
}

/// Only what we offered is played: a spoofed or misconfigured sender chooses no decoder. But what
/// comes in a stream that is known was not lost.
void Incoming::unheard(const base::Packet &packet, const rtp::RtpPacket &rtp)
{
    ++m_wrongPayloadType;
    m_undecoded.packet(packet.time);
    m_undecodedWhy =
        "packets of payload type " + std::to_string(rtp.payloadType) +
        (m_theirs.test(rtp.payloadType & 0x7FU)
             ? " come, which the peer's own description names and ours does not: who sends uses "
               "the numbers of who receives (RFC 3264 section 5.1)"
             : " come, which no description of this call names");
    const auto known = m_streams.find({packet.source, rtp.ssrc});
    if (known == m_streams.end())
        return;
    rtp::PacketFacts facts;
    facts.clock = known->second->rate; // one sequence, one clock
    facts.described = true;
    count(*known->second, packet, rtp, facts);
}

std::string Incoming::undecodable(base::Instant now) const
{
    return m_undecoded.comes(now) ? m_undecodedWhy : std::string();
}

IncomingStream *Incoming::packet(const base::Packet &packet, const rtp::RtpPacket &rtp)
{
    // RFC 3389 section 4: its static number needs no offer.
    static const PayloadMap kNoise{13, std::string(rtp::kComfortNoise.encoding), 8000, 1};
    const PayloadMap *payload = offered(rtp.payloadType);
    if (payload == nullptr && rtp.payloadType == kNoise.payloadType)
        payload = &kNoise;
    if (payload == nullptr) {
        unheard(packet, rtp);
        return nullptr;
    }
    IncomingStream *found = find(packet, rtp);
    if (found == nullptr)
        return nullptr;
    IncomingStream &stream = *found;
    stream.last = packet.time;
    const auto voice = rtp::namedVoice(payload->encoding, payload->clock, payload->channels);
    const auto noise =
        voice ? rtp::comfortNoiseLevel(*voice, rtp.payload) : std::optional<double>();
    rtp::PacketFacts facts;
    facts.described = true;
    facts.event = base::equalsNoCase(payload->encoding, "telephone-event");
    // What goes along with the sound keeps its clock: one sequence, one clock.
    if ((!facts.event && !noise) || stream.rate == 0)
        stream.rate = payload->clock;
    facts.clock = noise ? stream.rate : payload->clock;
    count(stream, packet, rtp, facts);
    stream.beQuiet(noise, packet.time);
    if (noise || facts.event) {
        stream.run.packet(packet.time);
        if (noise && stream.codec.empty())
            stream.codec = payload->encoding + "/" + std::to_string(payload->clock);
        return &stream;
    }
    Decoder *decoder = decoderFor(stream, *payload);
    if (decoder == nullptr) {
        m_undecoded.packet(packet.time);
        m_undecodedWhy = "packets of payload type " + std::to_string(rtp.payloadType) + " (" +
                         payload->encoding + ") come, which nothing here decodes";
        return &stream;
    }
    stream.run.packet(packet.time);
    if (decoder->id() != stream.lastDecoder) {
        stream.lastDecoder = decoder->id();
        stream.expected = base::Duration{0};
        stream.clock = StreamClock();
        stream.codec = payload->encoding + "/" + std::to_string(payload->clock);
    }
    stream.clock.packet(rtp.timestamp, payload->clock);
    decoder->push(packet.payload.text(), packet.time);
    return &stream;
}

std::uint32_t Incoming::rollover(const base::Endpoint &source, std::uint32_t ssrc) const
{
    const auto known = m_streams.find({source, ssrc});
    return known != m_streams.end() ? known->second->sequence.highest() >> 16U : 0;
}

IncomingStream *Incoming::decoded(const DecodedAudio &audio, base::Duration &gap)
{
    for (auto &[name, stream] : m_streams) {
        for (const auto &[type, decoder] : stream->decoders) {
            if (!decoder || decoder->id() != audio.decoder)
                continue;
            const bool first = stream->expected.count() == 0;
            if (first)
                decoder->latency(m_latency); // from the second packet on
            const base::Duration length(static_cast<std::int64_t>(audio.samples.size()) *
                                        1'000'000'000LL / audio.rate);
            gap = stream->clock.sound(length, first ? base::Duration{0}
                                                    : audio.position - stream->expected);
            stream->expected = audio.position + length;
            stream->meter.add(audio.samples, audio.rate);
            if (stream->ear.length() < kListened) {
                if (gap > base::Duration{0})
                    stream->ear.quiet(gap, std::exchange(stream->gapNoise, {}));
                stream->ear.add(audio.samples, audio.rate);
            }
            return stream.get();
        }
    }
    return nullptr;
}

IncomingStream *Incoming::stream(std::uint32_t key)
{
    for (auto &[name, stream] : m_streams)
        if (stream->key == key)
            return stream.get();
    return nullptr;
}

std::vector<IncomingStream *> Incoming::streams()
{
    std::vector<IncomingStream *> out;
    for (auto &[name, stream] : m_streams)
        out.push_back(stream.get());
    return out;
}

std::optional<std::string> Incoming::housekeeping()
{
    std::optional<std::string> sentence;
    for (auto &[name, stream] : m_streams) {
        if (const auto figures = statistics(*stream))
            stream->jitter = figures->jitter;
        stream->late = 0;
        for (auto &[type, decoder] : stream->decoders) {
            if (!decoder)
                continue;
            stream->late += decoder->late();
            const auto trouble = decoder->trouble();
            if (!trouble)
                continue;
            base::log(base::LogLevel::Warning, "media", "decoder of {} broke: {}", stream->codec,
                      *trouble);
            sentence = "The audio from " + stream->source.text() +
                       " could not be decoded any more (" + stream->codec +
                       "), so that stream is not heard. The call goes on.";
            decoder.reset();
        }
    }
    return sentence;
}

void Incoming::latency(base::Duration latency)
{
    if (latency == m_latency)
        return;
    m_latency = latency;
    for (auto &[name, stream] : m_streams)
        for (auto &[type, decoder] : stream->decoders)
            if (decoder)
                decoder->latency(latency);
}

std::shared_ptr<const rtp::Stream> Incoming::statistics(const IncomingStream &stream) const
{
    return m_table.snapshot(stream.statistics);
}

} // namespace media
