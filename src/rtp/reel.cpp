// SPDX-License-Identifier: Apache-2.0
#include <rtp/reel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <rtp/level.h>
#include <utility>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr base::Duration kFarOff = 2s;    // of its arrival: the sender's clock has jumped
constexpr base::Duration kOverlap = 5ms;  // beyond it a packet is a copy, or of a time that is over
constexpr base::Duration kRunUp = 200ms;  // that a decoder needs to adapt
constexpr base::Duration kAtOnce = 100ms; // of silence
constexpr base::Duration kLastPacket = 20ms; // it sounds about that long

/// Index of the sample that sounds then.
std::int64_t sampleAt(base::Duration at, std::uint32_t rate)
{
    return std::llround(base::toSeconds(at) * rate);
}

constexpr std::size_t kChunk = 16384;
constexpr std::size_t kMostFormats = 16;

} // namespace

Spool::Spool(SpoolStock stock) : m_stock(std::move(stock)) {}

Spool::~Spool()
{
    *m_stock -= m_held;
}

void Spool::hold(std::size_t bytes)
{
    m_held += bytes;
    *m_stock += bytes;
}

/// Where the payload stays as long as anybody reads it.
std::string_view Spool::keep(const base::Packet &packet, std::string_view payload)
{
    const std::string_view whole = packet.payload.text();
    const bool inside = payload.data() >= whole.data() &&
                        payload.data() + payload.size() <= whole.data() + whole.size();
    if (m_pieces.empty())
        m_owner = packet.payload.owner();
    if (inside && m_owner && m_owner == packet.payload.owner())
        return payload;
    Reel::Copies &copies = *m_copies;
    if (copies.empty() || copies.back().size() + payload.size() > copies.back().capacity()) {
        copies.emplace_back();
        copies.back().reserve(std::max(kChunk, payload.size()));
    }
    std::string &chunk = copies.back();
    const std::size_t at = chunk.size();
    chunk.append(payload); // never grows beyond what was reserved, so views of it hold
    hold(payload.size());
    return std::string_view(chunk).substr(at);
}

void Spool::add(const base::Packet &packet, const RtpPacket &rtp, const VoiceFormat &format)
{
    const std::lock_guard guard(m_mutex);
    if (m_givenUp || rtp.payload.size() > std::numeric_limits<std::uint16_t>::max())
        return;
    const auto known = std::find(m_formats.begin(), m_formats.end(), format);
    const auto index = static_cast<std::size_t>(known - m_formats.begin());
    if (index >= kMostFormats)
        return;
    if (known == m_formats.end())
        m_formats.push_back(format);
    const std::string_view kept = keep(packet, rtp.payload);
    m_pieces.push_back({packet.time, kept.data(), rtp.timestamp,
                        static_cast<std::uint16_t>(kept.size()), static_cast<std::uint8_t>(index)});
    hold(sizeof(Reel::Piece));
}

bool Spool::giveUp()
{
    const std::lock_guard guard(m_mutex);
    if (m_givenUp)
        return false;
    m_givenUp = true;
    *m_stock -= std::exchange(m_held, 0);
    m_pieces = {};
    m_copies = std::make_shared<Reel::Copies>(); // somebody may still read the old ones
    m_owner.reset();
    return true;
}

bool Spool::givenUp() const
{
    const std::lock_guard guard(m_mutex);
    return m_givenUp;
}

Reel Spool::reel() const
{
    const std::lock_guard guard(m_mutex);
    return {m_pieces,
            m_formats,
            m_pieces.empty() ? base::Instant{} : m_pieces.front().at,
            {m_owner, m_copies}};
}

ReelReader::ReelReader(Reel reel, std::uint32_t rate, Decoders decoders)
    : m_reel(std::move(reel)), m_rate(rate), m_make(std::move(decoders))
{
    place();
    m_from = m_to = m_reel.first;
    if (!m_order.empty()) {
        m_from = m_reel.first + m_order.front().at;
        m_to = m_reel.first + m_order.back().at + kLastPacket;
    }
    seek(m_from);
}

ReelReader::~ReelReader() = default;
ReelReader::ReelReader(ReelReader &&) noexcept = default;

/// Each packet at the time that its sender gave it, the first one at its arrival.
void ReelReader::place()
{
    std::uint32_t anchor = 0;
    base::Duration anchorAt{0}, last{0};
    m_order.reserve(m_reel.pieces.size());
    for (std::size_t i = 0; i < m_reel.pieces.size(); ++i) {
        const Reel::Piece &piece = m_reel.pieces[i];
        const base::Duration arrived = piece.at - m_reel.first;
        const std::int64_t units = static_cast<std::int32_t>(piece.timestamp - anchor);
        const std::uint32_t clock = std::max(1U, m_reel.formats[piece.format].clock);
        auto at = anchorAt + base::Duration{units * 1'000'000'000 / clock};
        if (i == 0 || at - arrived > kFarOff || arrived - at > kFarOff) {
            anchor = piece.timestamp;
            at = anchorAt = std::max({arrived, last, base::Duration{0}});
        }
        last = std::max(last, at + kLastPacket);
        m_order.push_back({at, static_cast<std::uint32_t>(i)});
    }
    std::stable_sort(m_order.begin(), m_order.end(),
                     [](const Placed &a, const Placed &b) { return a.at < b.at; });
}

std::size_t ReelReader::indexBehind(base::Duration when) const
{
    return static_cast<std::size_t>(
        std::lower_bound(m_order.begin(), m_order.end(), when,
                         [](const Placed &one, base::Duration at) { return one.at < at; }) -
        m_order.begin());
}

std::optional<base::Instant> ReelReader::soundBehind(base::Instant at) const
{
    const std::size_t next = indexBehind(at - m_reel.first);
    if (next == m_order.size())
        return std::nullopt;
    return m_reel.first + m_order[next].at;
}

void ReelReader::seek(base::Instant at)
{
    const base::Duration wanted = at - m_reel.first, begin = wanted - kRunUp;
    m_next = indexBehind(begin);
    m_cursor = begin;
    m_drop = static_cast<std::size_t>(sampleAt(kRunUp, m_rate));
    m_decoders.clear();
    m_converter.restart();
    m_ready.clear();
    m_noise = 0;
}

VoiceDecoder *ReelReader::decoderOf(std::uint8_t format)
{
    const auto found = m_decoders.find(format);
    if (found != m_decoders.end())
        return found->second.get();
    const VoiceFormat &told = m_reel.formats[format];
    auto made = voiceDecoder(told);
    if (!made && m_make)
        made = m_make(told);
    if (!made && std::find(m_unheard.begin(), m_unheard.end(), told.encoding) == m_unheard.end())
        m_unheard.push_back(told.encoding);
    return m_decoders.emplace(format, std::move(made)).first->second.get();
}

/// What was decoded, at the rate of whoever listens.
void ReelReader::take(std::uint32_t rate)
{
    if (rate != m_native)
        m_converter.finish(m_ready);
    m_native = rate;
    m_converter.run(m_samples, rate, m_rate, m_ready);
    if (m_drop > 0) {
        const std::size_t gone = std::min(m_drop, m_ready.size());
        m_ready.erase(m_ready.begin(), m_ready.begin() + static_cast<std::ptrdiff_t>(gone));
        m_drop -= gone;
    }
}

void ReelReader::quiet(base::Duration length)
{
    const auto count = sampleAt(m_cursor + length, m_native) - sampleAt(m_cursor, m_native);
    m_samples.assign(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), 0);
    if (m_noise > 0) {
        for (auto &sample : m_samples) {
            m_random = m_random * 1664525U + 1013904223U;
            const double one = static_cast<double>(m_random >> 8U) / (1U << 23U) - 1; // -1 to 1
            sample = static_cast<std::int16_t>(std::lround(one * m_noise));
        }
    }
    m_cursor += length;
    take(m_native);
}

void ReelReader::sound(const Reel::Piece &piece)
{
    const VoiceFormat &format = m_reel.formats[piece.format];
    m_noise = 0;
    if (const auto noise = comfortNoiseLevel(format, piece.payload())) {
        // An even spread has a third of its peak's power.
        m_noise = std::min(32767.0, 32767 * std::sqrt(3.0) * std::pow(10.0, *noise / 20));
        return;
    }
    VoiceDecoder *const decoder = decoderOf(piece.format);
    if (decoder == nullptr)
        return;
    m_samples.clear();
    decoder->decode(piece.payload(), m_samples);
    if (m_samples.empty())
        return;
    m_cursor += base::Duration{static_cast<std::int64_t>(m_samples.size()) * 1'000'000'000 /
                               decoder->rate()};
    take(decoder->rate());
}

void ReelReader::produce()
{
    if (m_next >= m_order.size()) {
        m_noise = 0;
        quiet(kAtOnce);
        return;
    }
    const base::Duration at = m_order[m_next].at;
    if (at > m_cursor) {
        quiet(std::min(at - m_cursor, kAtOnce));
        return;
    }
    const Reel::Piece &piece = m_reel.pieces[m_order[m_next++].piece];
    if (m_cursor - at <= kOverlap)
        sound(piece);
}

void ReelReader::add(std::span<std::int32_t> out)
{
    while (m_ready.size() < out.size())
        produce();
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] += static_cast<std::int32_t>(std::lround(m_ready[i]));
    m_ready.erase(m_ready.begin(), m_ready.begin() + static_cast<std::ptrdiff_t>(out.size()));
}

} // namespace rtp
