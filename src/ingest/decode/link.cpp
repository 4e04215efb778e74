// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/link.h>

#include <fmt/format.h>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

enum class Layout : std::uint8_t { Ethernet, CookedOne, CookedTwo, Raw, Family };

struct Link {
    std::uint32_t type;
    Layout layout;
    std::string_view name;
};

constexpr Link kLinks[] = {
    {0, Layout::Family, "BSD loopback"},
    {1, Layout::Ethernet, "Ethernet"},
    {12, Layout::Raw, "raw IP"},
    {14, Layout::Raw, "raw IP"},
    {101, Layout::Raw, "raw IP"},
    {108, Layout::Family, "OpenBSD loopback"},
    {113, Layout::CookedOne, "Linux cooked v1"},
    {228, Layout::Raw, "raw IPv4"},
    {229, Layout::Raw, "raw IPv6"},
    {276, Layout::CookedTwo, "Linux cooked v2"},
};

const Link *findLink(std::uint32_t type)
{
    for (const Link &link : kLinks) {
        if (link.type == type)
            return &link;
    }
    return nullptr;
}

constexpr int kMostTags = 8;

bool isVlanTag(std::uint16_t etherType)
{
    return etherType == 0x8100 || etherType == 0x88A8 || etherType == 0x9100;
}

/// A PPPoE session (RFC 2516), as routers at a telephone line capture it: six bytes, then PPP's
/// protocol.
std::optional<std::string_view> behindPppoe(std::string_view rest)
{
    if (rest.size() <= 8 || (be16(rest, 6) != 0x0021 && be16(rest, 6) != 0x0057))
        return std::nullopt;
    return rest.substr(8);
}

/// `rest` begins behind the EtherType field; each VLAN tag (IEEE 802.1Q) is two bytes and the next
/// EtherType.
std::optional<std::string_view> behindTags(std::uint16_t etherType, std::string_view rest)
{
    for (int tags = 0; isVlanTag(etherType) && tags < kMostTags; ++tags) {
        if (rest.size() < 4)
            return std::nullopt;
        etherType = be16(rest, 2);
        rest.remove_prefix(4);
    }
    if (etherType == 0x8864)
        return behindPppoe(rest);
    if (etherType != 0x0800 && etherType != 0x86DD)
        return std::nullopt;
    return rest;
}

std::optional<std::string_view> typed(std::string_view frame, std::size_t typeAt,
                                      std::size_t header)
{
    if (frame.size() <= header)
        return std::nullopt;
    return behindTags(be16(frame, typeAt), frame.substr(header));
}

std::optional<std::string_view> raw(std::string_view frame)
{
    const int version = u8(frame, 0) >> 4U;
    if (version != 4 && version != 6)
        return std::nullopt;
    return frame;
}

/// The first four bytes are an address family in the byte order, and with the numbers, of a machine
/// unknown to us; the IP version behind them says what they mean.
std::optional<std::string_view> behindFamily(std::string_view frame)
{
    if (frame.size() <= 4)
        return std::nullopt;
    const std::uint32_t big = be32(frame, 0);
    const std::uint32_t family = big > 0xFFFF ? __builtin_bswap32(big) : big;
    const int version = u8(frame, 4) >> 4U;
    const bool four = family == 2 && version == 4;
    const bool six = (family == 10 || family == 24 || family == 28 || family == 30) && version == 6;
    if (!four && !six)
        return std::nullopt;
    return frame.substr(4);
}

} // namespace

std::string linkName(std::uint32_t linkType)
{
    const Link *link = findLink(linkType);
    return link != nullptr ? std::string(link->name) : fmt::format("link type {}", linkType);
}

bool linkSupported(std::uint32_t linkType)
{
    return findLink(linkType) != nullptr;
}

std::optional<std::string_view> ipPacket(std::uint32_t linkType, std::string_view frame)
{
    const Link *link = findLink(linkType);
    if (link == nullptr)
        return std::nullopt;
    switch (link->layout) {
    case Layout::Ethernet:
        return typed(frame, 12, 14);
    case Layout::CookedOne:
        return typed(frame, 14, 16);
    case Layout::CookedTwo:
        return typed(frame, 0, 20);
    case Layout::Raw:
        return raw(frame);
    case Layout::Family:
        return behindFamily(frame);
    }
    return std::nullopt;
}

} // namespace ingest::decode
