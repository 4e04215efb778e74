// SPDX-License-Identifier: Apache-2.0
// What a call receives: datagrams into the stream of facts as they were on the wire, opened ones to
// their decoders and to RTCP, decoded sound on.
#include "call_media.h"

#include <algorithm>
#include <utility>

namespace media {

namespace {
constexpr std::size_t kMostEarly = 100; // packets: two seconds of one stream
} // namespace

void CallMedia::watchSockets()
{
    for (UdpSocket *socket : {&m_pair.rtp, &m_pair.rtcp})
        m_around.loop.watch(socket->descriptor(), [this, socket] {
            socket->receive([&](const Datagram &datagram) { received(datagram, *socket); });
            if (std::exchange(m_restock, false)) // after the packets, so that none waits for it
                (void)m_incoming.stock();
        });
}

void CallMedia::received(const Datagram &datagram, UdpSocket &socket)
{
    base::Packet packet;
    packet.time = datagram.time;
    packet.transport = base::Transport::Udp;
    packet.origin = base::Origin::Media;
    packet.source = datagram.source;
    packet.destination = socket.local();
    packet.payload = base::Blob::copy(datagram.bytes);
    packet.dscp = datagram.tos >= 0 ? static_cast<std::uint8_t>(datagram.tos >> 2) : base::kNoDscp;
    packet.hops = static_cast<std::uint8_t>(std::clamp(datagram.ttl, 0, 255));
    // RFC 5761 section 4: RTCP may come on the RTP port too. What is neither (STUN, DTLS) keeps its
    // hint unknown.
    if (takeDtls(datagram, socket)) {
        if (!m_around.packets.push(packet))
            ++m_dropped;
        return;
    }
    const bool isControl = rtp::looksLikeRtcp(datagram.bytes);
    const auto opening = openProtected(datagram, isControl, &socket == &m_pair.rtp);
    const bool isClear = opening.verdict == Protection::Verdict::Clear;
    const std::string_view plain = isClear ? datagram.bytes : opening.plain;
    const auto rtp = datagram.cut ? std::nullopt : rtp::parseRtp(plain);
    if (isControl) // sealed, it is told apart by whoever has the key
        packet.hint = isClear ? base::PayloadHint::Rtcp : base::PayloadHint::Unknown;
    else if (rtp || !isClear)
        packet.hint = base::PayloadHint::Rtp;
    if (!m_around.packets.push(packet)) // as it was on the wire
        ++m_dropped;
    if (opening.verdict == Protection::Verdict::Refused)
        m_changed = true;
    else if (isControl && !datagram.cut)
        m_control.received(datagram.time, datagram.source, plain, peersAt(datagram.source));
    if (isControl || &socket != &m_pair.rtp)
        return;
    if (opening.keyless && m_before.size() < kMostEarly)
        m_before.push_back(std::move(packet)); // its key may be on its way
    if (!rtp)
        return;
    ++m_datagrams;
    m_status.dscp = datagram.tos >= 0 ? datagram.tos >> 2 : -1;
    m_status.ttl = datagram.ttl;
    take(std::move(packet), *rtp, opening);
}

/// Sound, in the clear by now.
void CallMedia::take(base::Packet packet, const rtp::RtpPacket &rtp,
                     const Protection::Opening &opening)
{
    if (opening.verdict != Protection::Verdict::Clear)
        packet.payload = base::Blob::copy(opening.plain);
    const std::uint64_t wrongBefore = m_incoming.wrongPayloadType();
    if (const IncomingStream *stream = m_incoming.packet(packet, rtp)) {
        m_restock |= stream->first == stream->last;
        m_early.packet(stream->key, stream->source, packet.time, opening.toTag);
        hear(); // now, while the order in which packets came is known
        if (!m_answered && !m_status.earlyHeard && stream->run.comes(packet.time))
            explain(); // it has just become media
    } else if (m_incoming.wrongPayloadType() != wrongBefore) {
        m_changed = true;
    }
    for (const auto key : m_incoming.takeForgotten())
        m_early.forget(key);
}

/// What came before an answer told how it is protected (RFC 4568 section 6.4.1, RFC 5763 section
/// 6.2): now it may be heard.
void CallMedia::openEarly()
{
    m_protection.again(m_before.size());
    for (base::Packet &packet : std::exchange(m_before, {})) {
        Datagram datagram{packet.time, packet.source, packet.payload.text()};
        const auto opening = openProtected(datagram, false, true);
        if (opening.keyless) {
            m_before.push_back(std::move(packet));
            continue;
        }
        const bool isClear = opening.verdict == Protection::Verdict::Clear;
        if (const auto rtp = rtp::parseRtp(isClear ? datagram.bytes : opening.plain))
            take(packet, *rtp, opening);
    }
}

void CallMedia::decoded(const DecodedAudio &audio)
{
    base::Duration gap{0};
    IncomingStream *stream = m_incoming.decoded(audio, gap);
    if (stream == nullptr)
        return;
    const std::string toTag = m_early.dialogOf(stream->key);
    const auto written = m_recordings.add(stream->key, toTag, monotonic(), audio.samples,
                                          audio.rate, gap, m_remotes.contains(toTag));
    if (!written)
        notice(written.error().sentence);
    hear();
    if (m_heard == stream->key)
        play(*stream, audio, gap);
}

/// What no RTP or RTCP packet can be is left as it is.
Protection::Opening CallMedia::openProtected(const Datagram &datagram, bool isControl, bool isMuxed)
{
    const std::string_view bytes = datagram.bytes;
    constexpr std::size_t kHeader = 12;
    if (datagram.cut)
        return {};
    if (isControl)
        return controlProtection(isMuxed).rtcp(datagram.source, bytes);
    if (bytes.size() < kHeader || static_cast<unsigned char>(bytes[0]) >> 6U != 2)
        return {};
    std::uint32_t ssrc = 0;
    for (const char octet : bytes.substr(8, 4))
        ssrc = ssrc << 8U | static_cast<unsigned char>(octet);
    auto out = m_protection.rtp(datagram.source, bytes, m_incoming.rollover(datagram.source, ssrc));
    if (out.verdict == Protection::Verdict::Repeated) // its header counts, its sound has been heard
        if (const auto rtp = rtp::parseRtp(bytes))
            out.plain =
                bytes.substr(0, static_cast<std::size_t>(rtp->payload.data() - bytes.data()));
    return out;
}

/// What each early dialog brings, over all its streams: a later offer may have moved it.
void CallMedia::listen()
{
    struct Sounding {
        const IncomingStream *stream;
        std::string dialog;
    };
    constexpr std::size_t kMost = 64;
    const base::Instant now = base::now();
    std::vector<Sounding> all;
    for (const IncomingStream *each : m_incoming.streams())
        if (each->ear.length().count() > 0 || each->comfort)
            all.push_back({each, m_early.dialogOf(each->key)});
    std::sort(all.begin(), all.end(), [](const Sounding &a, const Sounding &b) {
        return a.stream->first < b.stream->first;
    });
    std::map<std::string, std::vector<rtp::Heard>> heard;
    std::map<std::string, base::Instant> began;
    for (const Sounding &each : all) {
        const auto first = began.emplace(each.dialog, each.stream->first).first->second;
        const base::Duration since = each.stream->first - first;
        for (rtp::Heard part : each.stream->heardBy(now).parts()) {
            part.from += since;
            part.to += since;
            heard[each.dialog].push_back(std::move(part));
        }
    }
    for (auto &[dialog, parts] : heard)
        if (m_status.heard.size() < kMost || m_status.heard.contains(dialog))
            m_status.heard[dialog] = std::move(parts);
}

} // namespace media
