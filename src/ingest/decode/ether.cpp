// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/ether.h>

#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

constexpr int kMostLayers = 16; // tags, labels and frames within frames
constexpr std::size_t kEthernet = 14;

bool isVlanTag(std::uint16_t etherType)
{
    switch (etherType) {
    case 0x8100: // 802.1Q
    case 0x88A8: // 802.1ad
    case 0x9100: // what came before 802.1ad
    case 0x9200:
    case 0x9300:
        return true;
    default:
        return false;
    }
}

std::optional<std::string_view> behind(std::string_view bytes, std::size_t header)
{
    if (bytes.size() <= header)
        return std::nullopt;
    return bytes.substr(header);
}

/// One step inwards; false: `rest` holds an IP packet, or nothing that can be read.
bool step(std::uint16_t &etherType, std::string_view &rest)
{
    if (isVlanTag(etherType)) {
        if (rest.size() < 4)
            return false;
        etherType = be16(rest, 2);
        rest.remove_prefix(4);
        return true;
    }
    std::size_t frameAt = 0;
    if (etherType == 0x88E7) // a backbone service tag, then the customer's frame
        frameAt = 4;
    else if (etherType != 0x6558) // Ethernet over something
        return false;
    if (rest.size() < frameAt + kEthernet)
        return false;
    etherType = be16(rest, frameAt + 12);
    rest.remove_prefix(frameAt + kEthernet);
    return true;
}

} // namespace

std::optional<std::string_view> bareIp(std::string_view rest)
{
    const int version = u8(rest, 0) >> 4U;
    if (version != 4 && version != 6)
        return std::nullopt;
    return rest;
}

std::optional<std::string_view> behindEthernet(std::string_view frame)
{
    if (frame.size() <= kEthernet)
        return std::nullopt;
    return behindType(be16(frame, 12), frame.substr(kEthernet));
}

std::optional<std::string_view> behindType(std::uint16_t etherType, std::string_view rest)
{
    for (int layers = 0; layers < kMostLayers && step(etherType, rest); ++layers) {
    }
    switch (etherType) {
    case 0x0800:
    case 0x86DD:
        return rest;
    case 0x8847:
    case 0x8848:
        return behindMpls(rest);
    case 0x880B:
        return behindPpp(rest);
    case 0x8864: { // six bytes of a PPPoE session, then PPP
        const auto ppp = behind(rest, 6);
        return ppp ? behindPpp(*ppp) : std::nullopt;
    }
    default:
        break;
    }
    // Up to 1500 it is a length (IEEE 802.3); Linux writes 1 and 4 for frames of that kind.
    if (etherType <= 1500)
        return behindLlc(rest);
    return std::nullopt;
}

std::optional<std::string_view> behindLlc(std::string_view rest)
{
    constexpr std::size_t kSnap = 8;
    if (be16(rest, 0) == 0xAAAA && u8(rest, 2) == 3) {
        if (rest.size() <= kSnap)
            return std::nullopt;
        const std::uint16_t type = be16(rest, 6);
        return type > 1500 ? behindType(type, rest.substr(kSnap)) : std::nullopt;
    }
    if (be16(rest, 0) == 0x0606 && u8(rest, 2) == 3)
        return behind(rest, 3);
    return std::nullopt;
}

std::optional<std::string_view> behindMpls(std::string_view rest)
{
    for (int labels = 0; labels < kMostLayers; ++labels) {
        if (rest.size() <= 4)
            return std::nullopt;
        const bool last = (u8(rest, 2) & 1U) != 0;
        rest.remove_prefix(4);
        if (!last)
            continue;
        // What follows is not told; IP begins with its version, a pseudowire's control word with 0
        // (RFC 4385).
        if (const auto ip = bareIp(rest))
            return ip;
        if (u8(rest, 0) >> 4U != 0 || rest.size() <= 4 + kEthernet)
            return std::nullopt;
        return behindType(be16(rest, 4 + 12), rest.substr(4 + kEthernet));
    }
    return std::nullopt;
}

std::optional<std::string_view> behindPpp(std::string_view rest)
{
    if (be16(rest, 0) == 0xFF03)
        rest.remove_prefix(2);
    const bool compressed = (u8(rest, 0) & 1U) != 0; // RFC 1661 section 6.5
    const std::uint16_t protocol = compressed ? u8(rest, 0) : be16(rest, 0);
    const auto inside = behind(rest, compressed ? 1 : 2);
    if (!inside)
        return std::nullopt;
    switch (protocol) {
    case 0x21:
    case 0x57:
        return inside;
    case 0x281:
        return behindMpls(*inside);
    default:
        return std::nullopt;
    }
}

} // namespace ingest::decode
