// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/esp.h>

#include <array>
#include <cstddef>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

constexpr std::uint8_t kUdp = 17, kTcp = 6, kIpFour = 4, kIpSix = 41;

std::uint32_t sumOf(std::string_view bytes)
{
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        sum += be16(bytes, i);
    if (bytes.size() % 2 != 0)
        sum += static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.back())) << 8U;
    return sum;
}

std::uint32_t sumOf(const base::Address &address)
{
    const std::size_t size = address.family == 6 ? 16 : 4;
    return sumOf({reinterpret_cast<const char *>(address.bytes.data()), size});
}

/// RFC 9293 section 3.1.
bool tcpSumFits(const IpPacket &packet, std::string_view segment)
{
    std::uint32_t sum = sumOf(packet.source) + sumOf(packet.destination) + kTcp +
                        static_cast<std::uint32_t>(segment.size()) + sumOf(segment);
    while (sum > 0xFFFFU)
        sum = (sum & 0xFFFFU) + (sum >> 16U);
    return sum == 0xFFFFU;
}

bool proves(const IpPacket &packet, std::uint8_t protocol, std::string_view inside)
{
    switch (protocol) {
    case kUdp:
        return inside.size() >= 8 && be16(inside, 4) == inside.size();
    case kTcp:
        return inside.size() >= 20 && inside.size() <= 0xFFFF && tcpSumFits(packet, inside);
    case kIpFour:
        return inside.size() >= 20 && (be16(inside, 0) >> 12U) == 4 &&
               be16(inside, 2) == inside.size() && parseIp(inside).has_value();
    case kIpSix:
        return inside.size() >= 40 && (be16(inside, 0) >> 12U) == 6 &&
               be16(inside, 4) + 40U == inside.size() && parseIp(inside).has_value();
    default:
        return false;
    }
}

} // namespace

std::optional<EspInside> behindNullEsp(const IpPacket &packet, std::string_view bytes)
{
    constexpr std::size_t kHeader = 8, kTrailer = 2;
    // Of HMAC-MD5-96 and HMAC-SHA-1-96, HMAC-SHA-256-128, -384-192, -512-256, and of none.
    constexpr std::array<std::size_t, 5> kCheckValues{12, 16, 24, 32, 0};
    for (const std::size_t check : kCheckValues) {
        if (bytes.size() < kHeader + kTrailer + check)
            continue;
        const std::size_t end = bytes.size() - check - kTrailer;
        const std::size_t padding = static_cast<unsigned char>(bytes[end]);
        const auto next = static_cast<std::uint8_t>(bytes[end + 1]);
        if (padding > end - kHeader)
            continue;
        const std::string_view inside = bytes.substr(kHeader, end - kHeader - padding);
        if (proves(packet, next, inside))
            return EspInside{next, inside};
    }
    return std::nullopt;
}

} // namespace ingest::decode
