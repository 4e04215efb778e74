// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/tunnel.h>

#include <ingest/decode/bytes.h>
#include <ingest/decode/ether.h>

namespace ingest::decode {
namespace {

std::optional<std::string_view> behind(std::string_view bytes, std::size_t header)
{
    if (bytes.size() <= header)
        return std::nullopt;
    return bytes.substr(header);
}

std::optional<std::string_view> ethernetBehind(std::string_view bytes, std::size_t header)
{
    const auto frame = behind(bytes, header);
    return frame ? behindEthernet(*frame) : std::nullopt;
}

std::optional<std::string_view> ipBehind(std::string_view bytes, std::size_t header)
{
    const auto ip = behind(bytes, header);
    return ip ? bareIp(*ip) : std::nullopt;
}

/// A mirror port's frames over GRE; the first kind has neither sequence number nor header.
std::optional<std::string_view> behindMirror(bool third, bool numbered, std::string_view rest)
{
    if (third)
        return ethernetBehind(rest, (u8(rest, 11) & 1U) != 0 ? 20 : 12);
    return ethernetBehind(rest, numbered ? 8 : 0);
}

std::optional<std::string_view> behindGre(std::string_view payload)
{
    const std::uint16_t flags = be16(payload, 0), type = be16(payload, 2);
    const bool checksum = (flags & 0x8000U) != 0, routing = (flags & 0x4000U) != 0;
    const bool key = (flags & 0x2000U) != 0, sequence = (flags & 0x1000U) != 0;
    const unsigned version = flags & 7U;
    std::size_t header = 4;
    header += checksum || routing ? 4 : 0;
    header += key ? 4 : 0;
    header += sequence ? 4 : 0;
    if (version == 1) // RFC 2637: PPP, with an acknowledgement number
        header += (flags & 0x80U) != 0 ? 4 : 0;
    if (version > 1 || routing)
        return std::nullopt;
    const auto rest = behind(payload, header);
    if (!rest)
        return std::nullopt;
    switch (type) {
    case 0x88BE:
    case 0x22EB:
        return behindMirror(type == 0x22EB, sequence, *rest);
    case 0x883E: // WCCP: four bytes of its own unless IP begins at once
        return bareIp(*rest) ? rest : ipBehind(*rest, 4);
    default:
        return behindType(type, *rest);
    }
}

std::optional<std::string_view> behindVxlan(std::string_view payload)
{
    constexpr std::size_t kHeader = 8;
    const unsigned flags = u8(payload, 0);
    if ((flags & 0x08U) == 0)
        return std::nullopt;
    const unsigned next = (flags & 0x04U) != 0 ? u8(payload, 3) : 3; // the generic extension
    return next == 3 ? ethernetBehind(payload, kHeader) : ipBehind(payload, kHeader);
}

std::optional<std::string_view> behindGtp(std::string_view payload)
{
    constexpr std::uint8_t kUserPacket = 255;
    constexpr int kMostExtensions = 16;
    const unsigned flags = u8(payload, 0);
    if ((flags & 0xF0U) != 0x30U || u8(payload, 1) != kUserPacket)
        return std::nullopt;
    std::size_t header = 8;
    if ((flags & 0x07U) != 0)
        header += 4;
    if ((flags & 0x04U) != 0) {
        std::uint8_t next = u8(payload, header - 1);
        for (int seen = 0; next != 0 && seen < kMostExtensions; ++seen) {
            const std::size_t length = u8(payload, header) * std::size_t{4};
            if (length == 0 || payload.size() < header + length)
                return std::nullopt;
            header += length;
            next = u8(payload, header - 1);
        }
    }
    return ipBehind(payload, header);
}

std::optional<std::string_view> behindGeneve(std::string_view payload)
{
    if ((u8(payload, 0) & 0xC0U) != 0)
        return std::nullopt;
    const auto rest = behind(payload, 8 + (u8(payload, 0) & 0x3FU) * std::size_t{4});
    return rest ? behindType(be16(payload, 2), *rest) : std::nullopt;
}

std::optional<std::string_view> behindLayerTwo(std::string_view payload)
{
    const std::uint16_t flags = be16(payload, 0);
    if ((flags & 0x000FU) != 2 || (flags & 0x8000U) != 0) // version 2, not a control message
        return std::nullopt;
    std::size_t header = 6;
    header += (flags & 0x4000U) != 0 ? 2 : 0; // length
    header += (flags & 0x0800U) != 0 ? 4 : 0; // sequence numbers
    if ((flags & 0x0200U) != 0)               // offset
        header += 2 + std::size_t{be16(payload, header)};
    const auto rest = behind(payload, header);
    return rest ? behindPpp(*rest) : std::nullopt;
}

/// What wireless and small routers mirror with: tagged fields, then the frame.
std::optional<std::string_view> behindSniffer(std::string_view payload)
{
    constexpr int kMostTags = 64;
    if (u8(payload, 0) != 1 || u8(payload, 1) > 1 || be16(payload, 2) != 1)
        return std::nullopt;
    std::size_t at = 4;
    for (int tags = 0; tags < kMostTags; ++tags) {
        const std::uint8_t tag = u8(payload, at);
        if (at >= payload.size())
            return std::nullopt;
        if (tag == 1)
            return ethernetBehind(payload, at + 1);
        at += tag == 0 ? 1 : 2 + std::size_t{u8(payload, at + 1)};
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string_view> behindIpTunnel(std::uint8_t protocol, std::string_view payload)
{
    switch (protocol) {
    case 4:
    case 41:
        return bareIp(payload);
    case 47:
        return behindGre(payload);
    case 97:
        return (be16(payload, 0) & 0xF000U) == 0x3000U ? ethernetBehind(payload, 2) : std::nullopt;
    case 137:
        return behindMpls(payload);
    default:
        return std::nullopt;
    }
}

std::optional<std::string_view> behindUdpTunnel(std::uint16_t destinationPort,
                                                std::string_view payload)
{
    switch (destinationPort) {
    case 4789:
    case 4790:
    case 8472:
        return behindVxlan(payload);
    case 2152:
        return behindGtp(payload);
    case 6081:
        return behindGeneve(payload);
    case 1701:
        return behindLayerTwo(payload);
    case 6635:
        return behindMpls(payload);
    case 37008:
        return behindSniffer(payload);
    default:
        return std::nullopt;
    }
}

} // namespace ingest::decode
