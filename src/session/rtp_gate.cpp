// SPDX-License-Identifier: Apache-2.0
#include <session/rtp_gate.h>

namespace session {
namespace {

constexpr std::uint16_t kFirstFreePort = 1024;
constexpr std::uint16_t kFarthestStep =
    100; // of sequence numbers between two packets of one sender

/// RFC 3551 section 6: 35-95 are unassigned, reserved or would clash with RTCP.
bool plausibleType(std::uint8_t payloadType)
{
    return payloadType <= 34 || payloadType >= 96;
}

/// Without SDP: even ports (RFC 3550 section 11) outside the range of the well-known services.
bool plausible(const base::Packet &packet, const rtp::RtpPacket &rtp)
{
    const std::uint16_t port = packet.destination.port;
    return port >= kFirstFreePort && port % 2 == 0 && packet.source.port >= kFirstFreePort &&
           plausibleType(rtp.payloadType) && !rtp.payload.empty();
}

} // namespace

std::size_t RtpGate::Hash::operator()(const Key &key) const noexcept
{
    const std::hash<base::Endpoint> endpoint;
    return (endpoint(key.source) * 31 + endpoint(key.destination)) * 0x9E3779B97F4A7C15ULL ^
           key.ssrc;
}

RtpGate::Sender *RtpGate::judge(const base::Packet &packet, const rtp::RtpPacket &rtp,
                                MediaIndex &media)
{
    const Key key{packet.source, packet.destination, rtp.ssrc};
    Sender *known = m_senders.find(key);
    if (known != nullptr && known->confirmed)
        return known;
    const bool told = packet.hint == base::PayloadHint::Rtp ||
                      media.namedInSdp(packet.destination) || media.namedInSdp(packet.source);
    if (!told && !plausible(packet, rtp))
        return nullptr;
    Sender &sender = known != nullptr ? *known : m_senders.ensure(key);
    const auto step = static_cast<std::uint16_t>(rtp.sequence - sender.sequence);
    if (told || (sender.waiting && step >= 1 && step <= kFarthestStep)) {
        sender.confirmed = true;
        return &sender;
    }
    sender.waiting = true;
    sender.sequence = rtp.sequence;
    sender.first = packet;
    return nullptr;
}

} // namespace session
