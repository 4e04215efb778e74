// SPDX-License-Identifier: Apache-2.0
#include <rtp/rtp_packet.h>

#include <algorithm>

namespace rtp {

namespace {

constexpr std::size_t kFixedHeader = 12;

std::uint32_t byteAt(std::string_view bytes, std::size_t at)
{
    return static_cast<unsigned char>(bytes[at]);
}

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t length)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < length; ++i)
        value = value << 8U | byteAt(bytes, at + i);
    return value;
}

void put(std::string &out, std::uint32_t value, int length)
{
    for (int shift = 8 * (length - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU));
}

/// Length of the header with CSRC list and extension (RFC 3550 section 5.3.1), 0 if it does not
/// fit.
std::size_t headerLength(std::string_view bytes)
{
    std::size_t length = kFixedHeader + 4 * (byteAt(bytes, 0) & 0x0FU);
    if ((byteAt(bytes, 0) & 0x10U) != 0) {
        if (bytes.size() < length + 4)
            return 0;
        length += 4 + 4 * std::size_t{number(bytes, length + 2, 2)};
    }
    return length <= bytes.size() ? length : 0;
}

} // namespace

std::optional<RtpPacket> parseRtp(std::string_view bytes)
{
    if (bytes.size() < kFixedHeader || byteAt(bytes, 0) >> 6U != 2)
        return std::nullopt;
    const std::size_t header = headerLength(bytes);
    if (header == 0)
        return std::nullopt;
    RtpPacket packet;
    packet.marker = (byteAt(bytes, 1) & 0x80U) != 0;
    packet.payloadType = static_cast<std::uint8_t>(byteAt(bytes, 1) & 0x7FU);
    packet.sequence = static_cast<std::uint16_t>(number(bytes, 2, 2));
    packet.timestamp = number(bytes, 4, 4);
    packet.ssrc = number(bytes, 8, 4);
    packet.payload = bytes.substr(header);
    if ((byteAt(bytes, 0) & 0x20U) != 0 && !packet.payload.empty()) {
        // Encrypted padding (SRTP) has no readable count: what cannot be a count leaves the payload
        // whole.
        const std::size_t padding = byteAt(packet.payload, packet.payload.size() - 1);
        if (padding > 0 && padding <= packet.payload.size())
            packet.payload.remove_suffix(padding);
    }
    return packet;
}

bool looksLikeRtcp(std::string_view bytes)
{
    if (bytes.size() < 8 || byteAt(bytes, 0) >> 6U != 2)
        return false;
    return byteAt(bytes, 1) >= 200 && byteAt(bytes, 1) <= 207;
}

std::string writeRtp(const RtpPacket &packet)
{
    std::string out;
    out.reserve(kFixedHeader + packet.payload.size());
    put(out, 0x80U, 1);
    put(out, (packet.marker ? 0x80U : 0U) | (packet.payloadType & 0x7FU), 1);
    put(out, packet.sequence, 2);
    put(out, packet.timestamp, 4);
    put(out, packet.ssrc, 4);
    out += packet.payload;
    return out;
}

} // namespace rtp
