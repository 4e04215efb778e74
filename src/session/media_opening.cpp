// SPDX-License-Identifier: Apache-2.0
// How the media fold opens what is encrypted, at once or when SDP has told more.
#include <session/media_fold.h>

#include <deque>
#include <utility>

namespace session {
namespace {

/// What SDP told of an end of a stream, as bits.
unsigned toldOf(const MediaIndex::Place *place)
{
    if (place == nullptr)
        return 0;
    return (place->named ? 1U : 0U) | (place->secure ? 2U : 0U) | (place->keyed ? 4U : 0U) |
           (place->dtls ? 8U : 0U);
}

} // namespace

/// Looks again at what was filed of a stream before SDP told what it is.
void MediaFold::reopen(rtp::StreamId id, SealedMedia::Stream &kept)
{
    constexpr std::size_t kMostTries = 4; // the first ones may be of another key, or damaged
    constexpr unsigned kMostLooks = 16;   // each costs as much as there are packets
    RtpGate::Sender *sender = m_gate.find({kept.source, kept.destination, kept.ssrc});
    if (sender == nullptr || sender->stream != id)
        return m_sealed.forget(id);
    base::Packet ends;
    ends.source = kept.source;
    ends.destination = kept.destination;
    findPlaces(ends, *sender);
    const unsigned now = toldOf(sender->from) << 4U | toldOf(sender->to);
    if (kept.looks != 0 && kept.keysThen == m_index.keysKnown() && kept.endsThen == now)
        return; // the same description once more
    kept.keysThen = m_index.keysKnown();
    kept.endsThen = now;
    if (++kept.looks > kMostLooks)
        return m_sealed.forget(id);
    std::vector<rtp::Reopened> all;
    std::deque<std::string> plain;
    bool opened = false, changed = false, later = true;
    std::size_t tries = 0;
    for (SealedMedia::Piece &piece : kept.pieces) {
        rtp::Reopened one;
        one.packet = ends;
        one.packet.time = piece.at;
        one.packet.payload = base::Blob::view({}, piece.bytes);
        one.rtp = rtp::parseRtp(piece.bytes).value_or(rtp::RtpPacket());
        one.before = piece.filed;
        if (!sender->opener && tries++ < kMostTries)
            sender->triedKeys = 0;
        one.facts = look(one.packet, *sender, one.rtp);
        if (one.facts.opened)
            one.rtp.payload = plain.emplace_back(one.rtp.payload);
        opened = opened || one.facts.opened;
        later = later && mayBeOpenedLater(*sender, one.facts);
        changed = changed || one.facts.opened || one.facts.closed != piece.filed.closed ||
                  one.facts.refused != piece.filed.refused || one.facts.voice != piece.filed.voice;
        piece.filed = one.facts;
        all.push_back(std::move(one));
    }
    if (changed)
        m_streams.reopen(id, all);
    if (changed) {
        touch(sender->from, m_touched);
        touch(sender->to, m_touched);
    }
    if (opened || !later)
        m_sealed.forget(id);
}

/// A capture that begins late in a call: the sequence number may have turned over before (RFC 3711
/// section 3.3.1), at 50 packets a second each 22 minutes.
bool MediaFold::openLater(const std::shared_ptr<rtp::SrtpOpener> &opener,
                          const base::Packet &packet, RtpGate::Sender &sender)
{
    constexpr std::uint32_t kMostRollovers = 64; // a day of voice
    constexpr std::uint64_t kMostGuesses = 1U << 18U;
    if (m_guesses >= kMostGuesses)
        return false;
    m_guesses += kMostRollovers;
    std::uint32_t rollover = 0;
    auto later = opener->later(packet.payload.text(), kMostRollovers, m_plain, rollover);
    if (!later)
        return false;
    sender.opener = std::move(later);
    sender.rollover = rollover;
    return true;
}

/// The packet in the clear, if a key of the trace fits. One that fits is kept for the sender.
void MediaFold::open(const base::Packet &packet, RtpGate::Sender &sender, rtp::RtpPacket &rtp,
                     rtp::PacketFacts &facts)
{
    using Result = rtp::SrtpOpener::Result;
    const std::string_view bytes = packet.payload.text();
    facts.closed = true;
    Result result = sender.opener ? sender.opener->rtp(bytes, m_plain) : Result::Refused;
    if (result == Result::Refused && sender.triedKeys != m_index.keysKnown()) {
        sender.triedKeys = m_index.keysKnown();
        const auto keys = m_index.keys(packet.source, packet.destination);
        sender.keys = !keys.empty();
        for (const auto &opener : keys) {
            result = opener == sender.opener ? result : opener->rtp(bytes, m_plain);
            if (result == Result::Refused && openLater(opener, packet, sender))
                result = Result::Opened;
            else if (result == Result::Opened)
                sender.opener = opener;
            if (result == Result::Opened)
                break;
        }
    }
    facts.refused = result == Result::Refused && sender.keys;
    facts.rollover = result == Result::Opened ? sender.rollover : 0;
    const auto plain =
        result == Result::Opened ? rtp::parseRtp(m_plain) : std::optional<rtp::RtpPacket>();
    facts.opened = plain.has_value() || result == Result::Repeated;
    if (plain)
        rtp = *plain;
    else if (facts.opened)
        rtp.payload = {}; // a copy of what was looked at
}

} // namespace session
