// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/link.h>

#include <algorithm>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/ether.h>
#include <ingest/decode/wireless.h>

namespace ingest::decode {
namespace {

/// The type at `typeAt`, what it tells behind `header`.
template <std::size_t kTypeAt, std::size_t kHeader>
std::optional<std::string_view> typed(std::string_view frame)
{
    if (frame.size() <= kHeader)
        return std::nullopt;
    return behindType(be16(frame, kTypeAt), frame.substr(kHeader));
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
    const bool six =
        (family == 10 || family == 23 || family == 24 || family == 28 || family == 30) &&
        version == 6;
    if (!four && !six)
        return std::nullopt;
    return frame.substr(4);
}

template <std::size_t kHeader> std::optional<std::string_view> fixed(std::string_view frame)
{
    if (frame.size() <= kHeader)
        return std::nullopt;
    return bareIp(frame.substr(kHeader));
}

/// PPP between routers, or Cisco's framing, which shares its link type.
std::optional<std::string_view> behindSerial(std::string_view frame)
{
    const std::uint16_t first = be16(frame, 0);
    if (first == 0x0F00 || first == 0x8F00)
        return typed<2, 4>(frame);
    return behindPpp(frame);
}

/// A byte tells the direction.
std::optional<std::string_view> behindDirectedPpp(std::string_view frame)
{
    return behindPpp(frame.substr(std::min<std::size_t>(frame.size(), 1)));
}

std::optional<std::string_view> behindPppoe(std::string_view frame)
{
    return behindType(0x8864, frame);
}

/// RFC 2427: address, control, then the number of the protocol.
std::optional<std::string_view> behindFrameRelay(std::string_view frame)
{
    if (u8(frame, 2) != 3 || frame.size() < 5)
        return std::nullopt;
    if (u8(frame, 3) == 0xCC)
        return bareIp(frame.substr(4));
    if (u8(frame, 3) == 0 && u8(frame, 4) == 0x80)
        return typed<8, 10>(frame);
    return std::nullopt;
}

std::optional<std::string_view> behindFddi(std::string_view frame)
{
    return frame.size() > 13 ? behindLlc(frame.substr(13)) : std::nullopt;
}

/// The packet filter's log: the first byte tells how long its header is without padding.
std::optional<std::string_view> behindFilterLog(std::string_view frame)
{
    const std::size_t header = (u8(frame, 0) + std::size_t{3}) / 4 * 4;
    return header >= 8 && frame.size() > header ? bareIp(frame.substr(header)) : std::nullopt;
}

/// Linux's netfilter log: fields of (length, type) in the machine's byte order; one is the packet.
std::optional<std::string_view> behindNetfilter(std::string_view frame)
{
    constexpr std::uint16_t kPayload = 9;
    std::string_view rest = frame.substr(std::min<std::size_t>(frame.size(), 4));
    const bool big = be16(rest, 0) < 256; // a length is small
    while (rest.size() >= 4) {
        const Order order{big};
        const std::size_t length = order.u16(rest, 0);
        if (length < 4 || length > rest.size())
            return std::nullopt;
        if ((order.u16(rest, 2) & 0x7FFFU) == kPayload)
            return bareIp(rest.substr(4, length - 4));
        rest.remove_prefix(std::min(rest.size(), (length + 3) / 4 * 4));
    }
    return std::nullopt;
}

/// Read by the decoder itself: what is inside may be anything.
std::optional<std::string_view> noIp(std::string_view /*frame*/)
{
    return std::nullopt;
}

struct Link {
    std::uint32_t type;
    std::string_view name;
    LinkReader read;
};

constexpr Link kLinks[] = {
    {0, "BSD loopback", behindFamily},
    {1, "Ethernet", behindEthernet},
    {7, "raw IP", bareIp},
    {9, "PPP", behindPpp},
    {10, "FDDI", behindFddi},
    {12, "raw IP", bareIp},
    {14, "raw IP", bareIp},
    {50, "PPP", behindSerial},
    {51, "PPPoE", behindPppoe},
    {100, "ATM", behindLlc},
    {101, "raw IP", bareIp},
    {104, "Cisco HDLC", typed<2, 4>},
    {105, "IEEE 802.11", behindWireless},
    {107, "frame relay", behindFrameRelay},
    {108, "OpenBSD loopback", behindFamily},
    {109, "OpenBSD encapsulation", fixed<12>},
    {113, "Linux cooked v1", typed<14, 16>},
    {117, "packet filter log", behindFilterLog},
    {119, "IEEE 802.11 with Prism header", behindPrism},
    {127, "IEEE 802.11 with radiotap header", behindRadiotap},
    {138, "IP over FireWire", typed<16, 18>},
    {163, "IEEE 802.11 with AVS header", behindPrism},
    {204, "PPP", behindDirectedPpp},
    {228, "raw IPv4", bareIp},
    {229, "raw IPv6", bareIp},
    {239, "Linux netfilter log", behindNetfilter},
    {kExportedPdu, "exported PDU", noIp},
    {276, "Linux cooked v2", typed<0, 20>},
};

const Link *findLink(std::uint32_t type)
{
    for (const Link &link : kLinks) {
        if (link.type == type)
            return &link;
    }
    return nullptr;
}

} // namespace

std::string linkName(std::uint32_t linkType)
{
    const Link *link = findLink(linkType);
    return link != nullptr ? std::string(link->name) : fmt::format("link type {}", linkType);
}

LinkReader linkReader(std::uint32_t linkType)
{
    const Link *link = findLink(linkType);
    return link != nullptr ? link->read : nullptr;
}

} // namespace ingest::decode
