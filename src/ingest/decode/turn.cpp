// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/turn.h>

#include <cstddef>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kChannelHeader = 4, kStunHeader = 20;

bool isStun(std::string_view bytes)
{
    return bytes.size() >= kStunHeader && (be16(bytes, 0) & 0xC000U) == 0 &&
           be32(bytes, 4) == 0x2112A442U;
}

/// RFC 7983 section 7: other things begin like a channel's number (QUIC does), so that what is
/// inside has to look like something, too.
bool isOfMedia(std::string_view bytes)
{
    if (isStun(bytes))
        return true;
    if (bytes.size() >= 13 && be16(bytes, 1) >= 0xFEFCU && be16(bytes, 1) <= 0xFEFFU) // DTLS
        return true;
    return bytes.size() >= 8 && (be16(bytes, 0) & 0xC000U) == 0x8000U; // RTP, RTCP
}

std::optional<std::string_view> ofChannel(std::string_view bytes)
{
    constexpr std::size_t kPadding = 3; // may be there over UDP, must over TCP
    if (bytes.size() < kChannelHeader || (be16(bytes, 0) & 0xF000U) != 0x4000U)
        return std::nullopt;
    const std::size_t length = be16(bytes, 2), there = bytes.size() - kChannelHeader;
    if (length > there || there - length > kPadding)
        return std::nullopt;
    return bytes.substr(kChannelHeader, length);
}

std::optional<std::string_view> ofIndication(std::string_view bytes)
{
    constexpr unsigned kSend = 0x0016, kData = 0x0017, kDataAttribute = 0x0013;
    if (!isStun(bytes) || (be16(bytes, 0) != kSend && be16(bytes, 0) != kData))
        return std::nullopt;
    for (std::string_view rest = bytes.substr(kStunHeader); rest.size() >= 4;) {
        const std::size_t length = be16(rest, 2);
        if (length > rest.size() - 4)
            return std::nullopt;
        if (be16(rest, 0) == kDataAttribute)
            return rest.substr(4, length);
        const std::size_t next = 4 + (length + 3) / 4 * 4;
        rest = next < rest.size() ? rest.substr(next) : std::string_view{};
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string_view> behindTurn(std::string_view datagram)
{
    auto inside = ofChannel(datagram);
    if (!inside)
        inside = ofIndication(datagram);
    return inside && isOfMedia(*inside) ? inside : std::nullopt;
}

} // namespace ingest::decode
