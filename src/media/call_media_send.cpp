// SPDX-License-Identifier: Apache-2.0
// What a call sends: sound, key presses, RTCP.
#include "call_media.h"

#include <algorithm>
#include <base/text.h>
#include <random>

namespace media {

namespace {
constexpr std::size_t kMostSenders = 8;
} // namespace

bool CallMedia::send(UdpSocket &socket, const base::Endpoint &to, std::string_view bytes,
                     base::PayloadHint hint)
{
    base::Packet packet;
    packet.time = base::now();
    packet.transport = base::Transport::Udp;
    packet.origin = base::Origin::Media;
    packet.hint = hint;
    packet.outgoing = true;
    packet.source = socket.local();
    packet.destination = to;
    packet.payload = base::Blob::copy(bytes);
    if (!socket.send(to, bytes))
        return false;
    if (!m_around.packets.push(std::move(packet)))
        ++m_dropped;
    return true;
}

std::unique_ptr<Voice> CallMedia::makeVoice(std::uint32_t rate) const
{
    switch (m_request.send) {
    case SendKind::Tone:
        return tone(m_request.toneHertz, rate);
    case SendKind::File:
        return recorded(std::make_shared<const std::vector<std::int16_t>>(
            resample(m_file->mono, m_file->rate, rate)));
    default:
        return comfortNoise(m_handle.value + 1);
    }
}

std::unique_ptr<Sender> CallMedia::makeSender(const Remote &remote)
{
    // RFC 3264 section 5.1: port 0 refuses the stream; RFC 2543's address 0.0.0.0 puts it on hold.
    const bool reachable =
        remote.rtp.known() && remote.rtp.port != 0 && !remote.rtp.address.isUnspecified();
    if (m_request.send == SendKind::Nothing || !remote.weMaySend || !reachable ||
        !m_around.trouble.empty())
        return nullptr;
    base::Error why;
    for (const auto &payload : remote.send) {
        auto encoder = makeEncoder(payload);
        if (!encoder) {
            why = encoder.error();
            continue;
        }
        auto voice = makeVoice((*encoder)->rate());
        std::random_device random;
        auto sender = std::make_unique<Sender>(
            payload.payloadType, remote.rtp, std::move(*encoder), std::move(voice),
            (static_cast<std::uint64_t>(random()) << 32) | random());
        for (const auto &events : remote.send) // RFC 4733 section 2.1: at the clock of the sound
            if (base::equalsNoCase(events.encoding, "telephone-event") &&
                events.clock == payload.clock)
                sender->events(events.payloadType);
        return sender;
    }
    notice(why.sentence);
    return nullptr;
}

void CallMedia::remote(Remote remote)
{
    m_early.remote(remote.toTag, remote.rtp);
    m_incoming.expect(remote.rtp);
    m_changed = true;
    const auto it = m_senders.find(remote.toTag);
    if (it == m_senders.end() && m_senders.size() >= kMostSenders)
        return;
    if (it != m_senders.end() && it->second) {
        const bool same = it->second->to() == remote.rtp && remote.weMaySend &&
                          !remote.send.empty() &&
                          it->second->payloadType() == remote.send.front().payloadType;
        if (same)
            return; // the same answer again (a retransmission, the 200 after the 183): no new SSRC
                    // for that
        m_sentBefore += it->second->sent();
        m_pressedBefore += it->second->pressed();
    }
    auto &sender = m_senders[remote.toTag] = makeSender(remote);
    openControl(remote, sender.get());
    explain();
}

void CallMedia::openControl(const Remote &remote, const Sender *sender)
{
    if (m_request.send == SendKind::Nothing)
        return; // nothing at all
    Control::Line line;
    line.mux = remote.mux;
    line.to = remote.rtp;
    if (!remote.mux && remote.rtcp.known()) // RFC 3605
        line.to = remote.rtcp;
    else if (!remote.mux && line.to.port != 0 && line.to.port < 0xFFFF)
        ++line.to.port;
    line.ssrc = sender != nullptr ? sender->ssrc() : std::random_device{}();
    line.clock = sender != nullptr ? sender->clock() : 8000;
    m_control.open(remote.toTag, line);
}

Control::Facts CallMedia::controlFacts(const std::string &toTag)
{
    Control::Facts out;
    if (const auto it = m_senders.find(toTag); it != m_senders.end() && it->second) {
        const Sender &sender = *it->second;
        out.sender.packets = static_cast<std::uint32_t>(sender.sent());
        out.sender.octets = sender.octets();
        out.sender.timestamp = sender.timestampAt(monotonic());
    }
    for (const IncomingStream *stream : m_incoming.streams()) {
        const auto figures = m_incoming.statistics(*stream);
        if (!figures || m_early.dialogOf(stream->key) != toTag)
            continue;
        Control::Facts::Stream told;
        told.ssrc = stream->ssrc;
        told.highest = stream->highest.value_or(0);
        told.jitter =
            static_cast<std::uint32_t>(figures->jitter.count() * figures->clock / 1'000'000'000);
        told.expected = figures->expected;
        told.lost = figures->lost;
        out.streams.push_back(told);
    }
    return out;
}

bool CallMedia::sendControl(const Control::Line &line, std::string_view bytes)
{
    return send(line.mux ? m_pair.rtp : m_pair.rtcp, line.to, bytes, base::PayloadHint::Rtcp);
}

void CallMedia::press(const std::string &keys)
{
    // To whom the user listens, or who answered; before either, to the only one there is.
    const std::string tag = m_heard ? m_early.dialogOf(*m_heard) : m_chosen;
    auto it = m_senders.find(m_chosen.empty() ? tag : m_chosen);
    if (it == m_senders.end() && m_senders.size() == 1)
        it = m_senders.begin();
    if (it == m_senders.end() || !it->second)
        notice("No digits were sent: nothing is sent to the peer in this call.");
    else if (!it->second->takesEvents())
        notice("No digits were sent: the peer's description takes no telephone events of the "
               "codec's clock (RFC 4733). Digits by INFO may do.");
    else if (it->second->press(keys, {}) < keys.size())
        notice("Not all digits were sent: only 0-9, *, #, A-D and ! can be, 256 at once.");
}

} // namespace media
