// SPDX-License-Identifier: Apache-2.0
#include <session/rtp_gate.h>

namespace session {
namespace {

constexpr std::uint16_t kFirstFreePort = 1024;
constexpr std::uint16_t kFarthestStep = 20; // of sequence numbers between two packets of one sender
constexpr std::int32_t kLongestStep = 900'000; // of the timestamp, for each of them
// Packets in a row that are evidence enough: on an even port (RFC 3550 section 11), on any other.
constexpr std::size_t kEnough = 3, kEnoughOnOddPort = 5;

/// RFC 3551 section 6: 35-95 are unassigned, reserved or would clash with RTCP.
bool plausibleType(std::uint8_t payloadType)
{
    return payloadType <= 34 || payloadType >= 96;
}

/// Without SDP: ports outside the range of the well-known services, and not SIP's own.
bool plausible(const base::Packet &packet, const rtp::RtpPacket &rtp)
{
    const auto isFree = [](std::uint16_t port) {
        return port >= kFirstFreePort && port != 5060 && port != 5061;
    };
    return isFree(packet.destination.port) && isFree(packet.source.port) &&
           plausibleType(rtp.payloadType) && !rtp.payload.empty();
}

bool follows(const RtpGate::Sender &sender, const rtp::RtpPacket &rtp)
{
    const auto step = static_cast<std::uint16_t>(rtp.sequence - sender.sequence);
    const auto time = static_cast<std::int32_t>(rtp.timestamp - sender.timestamp);
    return step >= 1 && step <= kFarthestStep && time >= 0 && time <= kLongestStep * step;
}

} // namespace

std::size_t RtpGate::Hash::operator()(const Key &key) const noexcept
{
    const std::hash<base::Endpoint> endpoint;
    return (endpoint(key.source) * 31 + endpoint(key.destination)) * 0x9E3779B97F4A7C15ULL ^
           key.ssrc;
}

/// Packets of a few senders come by turns, nearly always.
RtpGate::Sender *RtpGate::find(const Key &key)
{
    constexpr unsigned kBits = 14;
    if (m_near.empty() || m_turns != m_senders.turns()) {
        m_near.assign(std::size_t{1} << kBits, nullptr);
        m_turns = m_senders.turns();
    }
    const std::uint32_t ports = std::uint32_t{key.source.port} << 16U | key.destination.port;
    const std::uint64_t mixed = (std::uint64_t{ports} << 32U | key.ssrc) * 0x9E3779B97F4A7C15ULL;
    Sender *&near = m_near[mixed >> (64U - kBits)];
    if (near == nullptr || near->key != key)
        near = m_senders.find(key);
    return near;
}

RtpGate::Sender *RtpGate::judge(const base::Packet &packet, const rtp::RtpPacket &rtp,
                                MediaIndex &media)
{
    const Key key{packet.source, packet.destination, rtp.ssrc};
    Sender *known = find(key);
    if (known != nullptr && known->confirmed)
        return known;
    const bool told = packet.hint == base::PayloadHint::Rtp ||
                      media.namedInSdp(packet.destination) || media.namedInSdp(packet.source);
    if (!told && !plausible(packet, rtp))
        return nullptr;
    Sender &sender = known != nullptr ? *known : m_senders.ensure(key);
    sender.key = key;
    const std::size_t enough = packet.destination.port % 2 == 0 ? kEnough : kEnoughOnOddPort;
    if (!told && !sender.waiting.empty() && !follows(sender, rtp))
        sender.waiting.clear(); // not one sender after all
    if (told || sender.waiting.size() + 1 >= enough) {
        sender.confirmed = true;
        return &sender;
    }
    sender.sequence = rtp.sequence;
    sender.timestamp = rtp.timestamp;
    sender.waiting.push_back(packet);
    return nullptr;
}

} // namespace session
