// SPDX-License-Identifier: Apache-2.0
#include <rtp/tape.h>

#include <algorithm>
#include <limits>
#include <map>
#include <rtp/ear.h>
#include <rtp/voice.h>
#include <utility>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kMostPieces = 1500; // half a minute of the usual packets
constexpr std::size_t kMostBytes = 480000;
constexpr std::size_t kChunk = 16384;
constexpr std::uint8_t kComfortNoise = 13; // RFC 3389
constexpr base::Duration kFarOff = 2s;     // of its arrival: the sender's clock has jumped

struct Placed {
    base::Duration at{0}; // on the sender's clock
    std::size_t piece = 0;
};

} // namespace

bool Tape::takes(std::uint8_t payloadType)
{
    return staticVoice(payloadType) || payloadType == kComfortNoise;
}

/// Where the payload stays as long as the tape does.
std::string_view Tape::keep(const base::Packet &packet, std::string_view payload)
{
    const std::string_view whole = packet.payload.text();
    const bool inside = payload.data() >= whole.data() &&
                        payload.data() + payload.size() <= whole.data() + whole.size();
    if (m_pieces.empty())
        m_owner = packet.payload.owner();
    if (inside && m_owner && m_owner == packet.payload.owner())
        return payload;
    if (m_copies.empty() || m_copies.back().size() + payload.size() > m_copies.back().capacity()) {
        m_copies.emplace_back();
        m_copies.back().reserve(std::max(kChunk, payload.size()));
    }
    std::string &chunk = m_copies.back();
    const std::size_t at = chunk.size();
    chunk.append(payload); // never grows beyond what was reserved, so views of it hold
    m_held += payload.size();
    *m_stock += payload.size();
    return std::string_view(chunk).substr(at);
}

void Tape::add(const base::Packet &packet, const RtpPacket &rtp)
{
    std::lock_guard guard(m_mutex);
    if (m_digested || m_pieces.size() >= kMostPieces || m_held > kMostBytes)
        return;
    if (m_pieces.empty())
        m_first = packet.time;
    m_pieces.push_back({packet.time, keep(packet, rtp.payload), rtp.timestamp, rtp.payloadType});
    m_held += sizeof(Piece);
    *m_stock += sizeof(Piece);
}

/// Plays pieces to an ear in the order and at the times that their sender gave them; what comes too
/// late is lost to it, as to anybody who listens live.
struct Tape::Listener {
    Ear ear;
    std::size_t next = 0; // piece
    std::uint32_t anchor = 0;
    base::Duration anchorAt{0}, cursor{0};
    bool comfort = false, any = false;
    std::vector<std::int16_t> samples;
    std::map<std::uint8_t, std::unique_ptr<VoiceDecoder>> decoders; // by payload type

    base::Duration place(const Piece &piece, base::Duration arrived)
    {
        const auto format = staticVoice(piece.payloadType);
        const std::int64_t units = static_cast<std::int32_t>(piece.timestamp - anchor);
        const auto at =
            anchorAt + base::Duration{units * 1'000'000'000 / (format ? format->clock : 8000)};
        if (any && at - arrived < kFarOff && arrived - at < kFarOff)
            return at;
        anchor = piece.timestamp;
        anchorAt = std::max({arrived, cursor, base::Duration{0}});
        return anchorAt;
    }
    void hear(const Piece &piece, base::Duration at)
    {
        if (at > cursor)
            ear.quiet(at - cursor, comfort);
        else if (cursor - at > 5ms)
            return; // a copy, or sound for a time that is over
        cursor = std::max(cursor, at);
        comfort = piece.payloadType == kComfortNoise; // until something else comes
        if (comfort)
            return;
        samples.clear();
        auto &decoder = decoders[piece.payloadType];
        if (!decoder)
            decoder = voiceDecoder(staticVoice(piece.payloadType).value_or(VoiceFormat{}));
        if (!decoder)
            return;
        decoder->decode(piece.payload, samples);
        ear.add(samples, decoder->rate());
        cursor += base::Duration{static_cast<std::int64_t>(samples.size()) * 1'000'000'000 /
                                 decoder->rate()};
    }
};

Tape::Tape(TapeStock stock) : m_stock(std::move(stock)) {}

Tape::~Tape()
{
    *m_stock -= m_held;
}

const Tape::Listener &Tape::listen(base::Instant until) const
{
    std::size_t end = 0;
    while (end < m_pieces.size() && m_pieces[end].at < until)
        ++end;
    if (!m_listener || (!m_digested && m_listener->next > end)) // or it has heard too much
        m_listener = std::make_unique<Listener>();
    Listener &listener = *m_listener;
    std::vector<Placed> order;
    for (; listener.next < end; ++listener.next) {
        const Piece &piece = m_pieces[listener.next];
        order.push_back({listener.place(piece, piece.at - m_first), listener.next});
        listener.any = true;
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const Placed &a, const Placed &b) { return a.at < b.at; });
    if (!order.empty() && listener.ear.length() == base::Duration{0})
        listener.cursor = std::max(listener.cursor, order.front().at);
    for (const auto &[at, index] : order)
        listener.hear(m_pieces[index], at);
    return listener;
}

std::optional<Heard> Tape::heard(base::Instant until) const
{
    std::lock_guard guard(m_mutex);
    const Listener &listener = listen(until);
    std::optional<Heard> out;
    if (listener.ear.length() != base::Duration{0}) {
        out = listener.ear.heard();
    } else if (listener.comfort) {
        out.emplace(); // nothing but one description of comfort noise
        out->what = Sound::ComfortNoise;
        out->confidence = 0.9;
    }
    std::lock_guard telling(m_toldMutex);
    m_told = out;
    m_toldUntil = until;
    return out;
}

std::optional<Heard> Tape::told() const
{
    std::lock_guard guard(m_toldMutex);
    return m_told;
}

base::Instant Tape::toldUntil() const
{
    std::lock_guard guard(m_toldMutex);
    return m_toldUntil;
}

std::vector<Heard> Tape::parts(base::Instant until) const
{
    std::lock_guard guard(m_mutex);
    return listen(until).ear.parts();
}

bool Tape::digest()
{
    std::lock_guard guard(m_mutex);
    if (m_digested)
        return false;
    (void)listen({std::numeric_limits<std::int64_t>::max()});
    m_digested = true;
    *m_stock -= std::exchange(m_held, 0);
    m_pieces = {};
    m_copies = {};
    m_owner.reset();
    return true;
}

} // namespace rtp
