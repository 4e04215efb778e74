// SPDX-License-Identifier: Apache-2.0
#include <rtp/tape.h>

#include <algorithm>
#include <limits>
#include <map>
#include <rtp/ear.h>
#include <rtp/level.h>
#include <utility>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kMostPieces = 1500; // half a minute of the usual packets
constexpr std::size_t kMostBytes = 480000;
constexpr std::size_t kChunk = 16384;
constexpr std::size_t kMostFormats = 16;
constexpr base::Duration kFarOff = 2s; // of its arrival: the sender's clock has jumped

std::optional<double> levelOf(const std::vector<std::int16_t> &samples)
{
    constexpr double kFull = 32768;
    double square = 0;
    for (const std::int16_t each : samples)
        square += each / kFull * (each / kFull);
    return samples.empty() ? std::nullopt
                           : std::optional(dbfs(square / static_cast<double>(samples.size())));
}

/// One for each format of a tape.
class Decoders
{
public:
    /// Appends the samples and returns how many make a second.
    std::uint32_t decode(std::uint8_t index, const VoiceFormat &format, std::string_view payload,
                         std::vector<std::int16_t> &out)
    {
        auto &decoder = m_decoders[index];
        if (!decoder)
            decoder = voiceDecoder(format);
        if (!decoder)
            return format.clock;
        decoder->decode(payload, out);
        return decoder->rate();
    }

private:
    std::map<std::uint8_t, std::unique_ptr<VoiceDecoder>> m_decoders;
};

struct Placed {
    base::Duration at{0}; // on the sender's clock
    std::size_t piece = 0;
};

} // namespace

std::optional<std::uint8_t> Tape::indexOf(const VoiceFormat &format)
{
    const auto found = std::find(m_formats.begin(), m_formats.end(), format);
    const auto index = static_cast<std::size_t>(found - m_formats.begin());
    if (index >= kMostFormats)
        return std::nullopt;
    if (found == m_formats.end())
        m_formats.push_back(format);
    return static_cast<std::uint8_t>(index);
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

void Tape::add(const base::Packet &packet, const RtpPacket &rtp, const VoiceFormat &format)
{
    std::lock_guard guard(m_mutex);
    if (m_digested || m_pieces.size() >= kMostPieces || m_held > kMostBytes)
        return;
    const auto index = indexOf(format);
    if (!index)
        return;
    if (m_pieces.empty())
        m_first = packet.time;
    m_pieces.push_back({packet.time, keep(packet, rtp.payload), rtp.timestamp, *index});
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
    bool any = false;
    std::optional<double> comfort; // its level, until something else comes
    std::vector<std::int16_t> samples;
    Decoders decoders;

    base::Duration place(const Piece &piece, const VoiceFormat &format, base::Duration arrived)
    {
        const std::int64_t units = static_cast<std::int32_t>(piece.timestamp - anchor);
        const auto at = anchorAt + base::Duration{units * 1'000'000'000 / format.clock};
        if (any && at - arrived < kFarOff && arrived - at < kFarOff)
            return at;
        anchor = piece.timestamp;
        anchorAt = std::max({arrived, cursor, base::Duration{0}});
        return anchorAt;
    }
    void hear(const Piece &piece, const VoiceFormat &format, base::Duration at)
    {
        if (at > cursor)
            ear.quiet(at - cursor, comfort);
        else if (cursor - at > 5ms)
            return; // a copy, or sound for a time that is over
        cursor = std::max(cursor, at);
        comfort = comfortNoiseLevel(format, piece.payload);
        if (comfort)
            return;
        samples.clear();
        const auto rate = decoders.decode(piece.format, format, piece.payload, samples);
        if (samples.empty())
            return;
        ear.add(samples, rate);
        cursor += base::Duration{static_cast<std::int64_t>(samples.size()) * 1'000'000'000 / rate};
    }
};

/// What decodes pieces in the order they came, for their level alone.
struct Tape::Measure {
    std::size_t next = 0; // piece
    Loudness loudness;
    std::vector<std::int16_t> samples;
    Decoders decoders;

    void take(const Piece &piece, const VoiceFormat &format)
    {
        if (plainEnergy(format, piece.payload)) // the stream's own figures know it
            return;
        samples.clear();
        decoders.decode(piece.format, format, piece.payload, samples);
        loudness.add(piece.at, levelOf(samples));
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
    const bool first = !listener.any;
    std::vector<Placed> order;
    for (; listener.next < end; ++listener.next) {
        const Piece &piece = m_pieces[listener.next];
        order.push_back(
            {listener.place(piece, m_formats[piece.format], piece.at - m_first), listener.next});
        listener.any = true;
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const Placed &a, const Placed &b) { return a.at < b.at; });
    if (!order.empty() && first)
        listener.cursor = std::max(listener.cursor, order.front().at);
    for (const auto &[at, index] : order)
        listener.hear(m_pieces[index], m_formats[m_pieces[index].format], at);
    return listener;
}

/// Comfort noise holds until something else comes; where nothing does, for a while.
Ear Tape::earAt(base::Instant until) const
{
    constexpr base::Duration kHolds = 5s;
    const Listener &listener = listen(until);
    Ear ear(listener.ear);
    if (listener.comfort) {
        const base::Instant from = m_first + listener.cursor;
        ear.quiet(until > from + kHolds ? kHolds : until - from, listener.comfort);
    }
    return ear;
}

std::optional<Heard> Tape::heard(base::Instant until) const
{
    std::lock_guard guard(m_mutex);
    const Ear ear = earAt(until);
    std::optional<Heard> out;
    if (ear.length() != base::Duration{0})
        out = ear.heard();
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

void Tape::measure(std::size_t most) const
{
    if (!m_measure)
        m_measure = std::make_unique<Measure>();
    for (; m_measure->next < m_pieces.size() && most > 0; ++m_measure->next, --most)
        m_measure->take(m_pieces[m_measure->next], m_formats[m_pieces[m_measure->next].format]);
}

Loudness Tape::loudness(bool &more) const
{
    constexpr std::size_t kAtOnce = 300; // some milliseconds of the slowest decoder
    const std::unique_lock guard(m_mutex, std::try_to_lock);
    more = true;
    if (guard) {
        measure(kAtOnce);
        more = m_measure->next < m_pieces.size(); // of a digested one none are left
    }
    const std::lock_guard telling(m_toldMutex);
    if (guard)
        m_levels = m_measure->loudness;
    return m_levels;
}

std::vector<Heard> Tape::parts(base::Instant until) const
{
    std::lock_guard guard(m_mutex);
    return earAt(until).parts();
}

bool Tape::digest()
{
    std::lock_guard guard(m_mutex);
    if (m_digested)
        return false;
    (void)listen({std::numeric_limits<std::int64_t>::max()});
    measure(m_pieces.size());
    m_digested = true;
    *m_stock -= std::exchange(m_held, 0);
    m_pieces = {};
    m_copies = {};
    m_owner.reset();
    return true;
}

} // namespace rtp
