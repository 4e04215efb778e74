// SPDX-License-Identifier: Apache-2.0
#include <record/blocks.h>

#include <algorithm>

namespace record {
namespace {

constexpr std::uint32_t kSection = 0x0A0D0D0A, kInterface = 1, kPacket = 6;
constexpr std::uint32_t kOrderMagic = 0x1A2B3C4D;
constexpr std::uint16_t kComment = 1, kName = 2, kPacketFlags = 2, kApplication = 4,
                        kResolution = 9;
constexpr std::size_t kLongestOption = 0xFFFF;

std::string le16(std::uint32_t v)
{
    return {static_cast<char>(v), static_cast<char>(v >> 8U)};
}
std::string le32(std::uint32_t v)
{
    return le16(v & 0xFFFFU) + le16(v >> 16U);
}
std::string be16(std::uint32_t v)
{
    return {static_cast<char>(v >> 8U), static_cast<char>(v)};
}
std::string be32(std::uint32_t v)
{
    return be16(v >> 16U) + be16(v & 0xFFFFU);
}

std::string padded(std::string_view bytes)
{
    std::string out(bytes);
    out.resize((out.size() + 3) / 4 * 4);
    return out;
}

std::string option(std::uint16_t code, std::string_view value)
{
    return le16(code) + le16(static_cast<std::uint32_t>(value.size())) + padded(value);
}

/// A comment that is too long loses words from its middle's end, never its last line.
std::string commentOption(std::string_view comment)
{
    if (comment.empty())
        return {};
    if (comment.size() <= kLongestOption)
        return option(kComment, comment);
    const auto last = comment.find_last_of('\n');
    if (last == std::string_view::npos || comment.size() - last > kLongestOption)
        return {};
    const std::string_view line = comment.substr(last);
    return option(kComment,
                  std::string(comment.substr(0, kLongestOption - line.size())) + std::string(line));
}

std::string block(std::uint32_t type, const std::string &body)
{
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    return le32(type) + le32(length) + body + le32(length);
}

std::string addressBytes(const base::Address &address)
{
    return {reinterpret_cast<const char *>(address.bytes.data()), address.family == 4 ? 4U : 16U};
}

/// Tags of exported PDUs are big-endian: code, length, value padded to four.
std::string tag(std::uint16_t code, std::string_view value)
{
    const auto length = static_cast<std::uint32_t>((value.size() + 3) / 4 * 4);
    return be16(code) + be16(length) + padded(value);
}

std::string addressTag(const base::Address &address, bool source)
{
    if (!address.known())
        return {};
    const std::uint16_t code = address.family == 4 ? (source ? 20 : 21) : (source ? 22 : 23);
    return tag(code, addressBytes(address));
}

/// RFC 1071, over bytes whose length may be odd.
std::uint32_t sum(std::string_view bytes, std::uint32_t start = 0)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint32_t byte = static_cast<unsigned char>(bytes[i]);
        start += i % 2 == 0 ? byte << 8U : byte;
        start = (start & 0xFFFFU) + (start >> 16U);
    }
    return start;
}

std::string checksum(std::uint32_t total)
{
    return be16(~((total & 0xFFFFU) + (total >> 16U)) & 0xFFFFU);
}

std::string ipHeader(const base::Endpoint &source, const base::Endpoint &destination, Marks marks,
                     std::uint32_t length)
{
    constexpr char kUdp = 17, kUsualHops = 64;
    const std::uint32_t dscp = marks.dscp == base::kNoDscp ? 0 : marks.dscp;
    const char hops = marks.hops == 0 ? kUsualHops : static_cast<char>(marks.hops);
    if (source.address.family == 4) {
        std::string out = be16(0x4500U | dscp << 2U) + be16(20 + length) + std::string(4, '\0');
        out += {hops, kUdp};
        const std::string ends = addressBytes(source.address) + addressBytes(destination.address);
        out += checksum(sum(ends, sum(out)));
        return out + ends;
    }
    std::string out = be16(0x6000U | dscp << 6U) + be16(0) + be16(length);
    out += {kUdp, hops};
    return out + addressBytes(source.address) + addressBytes(destination.address);
}

} // namespace

std::string sectionBlock(std::string_view application)
{
    return block(kSection, le32(kOrderMagic) + le16(1) + le16(0) + std::string(8, '\xFF') +
                               option(kApplication, application) + le32(0));
}

std::string interfaceBlock(std::uint16_t linkType, std::string_view name, std::string_view comment)
{
    constexpr char kNanoseconds = 9;
    return block(kInterface, le16(linkType) + le16(0) + le32(0) + option(kName, name) +
                                 option(kResolution, {&kNanoseconds, 1}) + commentOption(comment) +
                                 le32(0));
}

std::string packetBlock(std::uint32_t interface, base::Instant time, Direction direction,
                        std::string_view bytes, std::string_view comment)
{
    const auto stamp = static_cast<std::uint64_t>(std::max<std::int64_t>(time.ns, 0));
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::string options = commentOption(comment);
    if (direction != Direction::Unknown)
        options += option(kPacketFlags, le32(static_cast<std::uint32_t>(direction)));
    if (!options.empty())
        options += le32(0);
    return block(kPacket, le32(interface) + le32(static_cast<std::uint32_t>(stamp >> 32U)) +
                              le32(static_cast<std::uint32_t>(stamp)) + le32(size) + le32(size) +
                              padded(bytes) + options);
}

std::string exportedPdu(const Pdu &pdu, std::string_view payload)
{
    constexpr std::uint16_t kDissector = 12, kPortType = 24, kSourcePort = 25,
                            kDestinationPort = 26, kProtocolText = 33;
    std::string out = tag(kDissector, pdu.dissector);
    out += addressTag(pdu.source.address, true) + addressTag(pdu.destination.address, false);
    if (pdu.source.known() || pdu.destination.known())
        out += tag(kPortType, be32(pdu.connection ? 2 : 3)) +
               tag(kSourcePort, be32(pdu.source.port)) +
               tag(kDestinationPort, be32(pdu.destination.port));
    if (!pdu.protocol.empty())
        out += tag(kProtocolText, pdu.protocol);
    return out + be32(0) + std::string(payload);
}

std::string udpPacket(const base::Endpoint &source, const base::Endpoint &destination, Marks marks,
                      std::string_view payload)
{
    const auto length = static_cast<std::uint32_t>(8 + payload.size());
    const std::string header = be16(source.port) + be16(destination.port) + be16(length);
    const std::string pseudo =
        addressBytes(source.address) + addressBytes(destination.address) + be16(17) + be16(length);
    std::string check = checksum(sum(payload, sum(header, sum(pseudo))));
    if (check == be16(0)) // RFC 768: zero would mean that there is none
        check = be16(0xFFFF);
    return ipHeader(source, destination, marks, length) + header + check + std::string(payload);
}

} // namespace record
