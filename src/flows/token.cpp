// SPDX-License-Identifier: Apache-2.0
#include <flows/flow.h>

#include <array>
#include <base/escape.h>
#include <base/text.h>

namespace flows {

namespace {

constexpr std::size_t kMac = 10, kShort = 23, kLong = 47; // octets
constexpr std::size_t kLongestText = 256;
constexpr unsigned kIpv6Bit = 0x80;
constexpr std::array kTransports{base::Transport::Udp, base::Transport::Tcp,
                                 base::Transport::Tls, base::Transport::Sctp,
                                 base::Transport::Ws,  base::Transport::Wss}; // from 1 on

unsigned octet(std::string_view bytes, std::size_t at)
{
    return static_cast<unsigned char>(bytes[at]);
}

base::Endpoint readEndpoint(std::string_view bytes, std::size_t at, bool ipv6)
{
    base::Endpoint out;
    const std::size_t length = ipv6 ? 16 : 4;
    if (ipv6) {
        out.address = base::Address::v6(reinterpret_cast<const std::uint8_t *>(bytes.data() + at));
    } else {
        std::uint32_t address = 0;
        for (std::size_t i = 0; i < length; ++i)
            address = address << 8U | octet(bytes, at + i);
        out.address = base::Address::v4(address);
    }
    out.port =
        static_cast<std::uint16_t>(octet(bytes, at + length) << 8U | octet(bytes, at + length + 1));
    return out;
}

/// Base64 of 10 bytes HMAC, transport, edge address and port, user agent address and port; 23
/// octets (IPv4) or 47 (IPv6).
std::optional<FlowToken> readRfc5626(std::string_view bytes)
{
    const bool ipv6 = bytes.size() == kLong;
    const unsigned kind = octet(bytes, kMac);
    const unsigned number = kind & ~kIpv6Bit;
    if ((!ipv6 && (kind & kIpv6Bit) != 0) || number < 1 || number > kTransports.size())
        return std::nullopt;
    FlowToken token;
    token.transport = kTransports[number - 1];
    token.edge = readEndpoint(bytes, kMac + 1, ipv6);
    token.userAgent = readEndpoint(bytes, kMac + 1 + (ipv6 ? 18 : 6), ipv6);
    if (token.edge.port == 0 || token.userAgent.port == 0)
        return std::nullopt; // 23 octets of something else
    return token;
}

constexpr std::size_t kDigest = 32; // hexadecimal digits of MD5 at the end
constexpr std::array kTheirTransports{base::Transport::Tls,     base::Transport::Tcp,
                                      base::Transport::Udp,     base::Transport::Sctp,
                                      base::Transport::Unknown,                        // DCCP
                                      base::Transport::Unknown,                        // DTLS
                                      base::Transport::Ws,      base::Transport::Wss}; // from 1 on

std::uint32_t word(std::string_view bytes, std::size_t at, bool bigEndian)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8U | octet(bytes, at + (bigEndian ? i : 3 - i));
    return value;
}

/// Base64 of words in the machine's byte order: flow key, transport key, then port (upper half),
/// transport and flags; a name space where it was built with them; the user agent's address in
/// network order; a salted MD5 as hexadecimal digits. The edge's own address is not in it.
std::optional<FlowToken> readResiprocate(std::string_view bytes)
{
    constexpr std::uint32_t kIpv6 = 0x01, kNoSuchFlag = 0xF0EE;
    constexpr std::uint32_t kFirstUnprivileged = 1024; // below, the rarer order is a misreading
    if (bytes.size() < kDigest + 16 ||
        bytes.substr(bytes.size() - kDigest).find_first_not_of("0123456789abcdef") !=
            std::string_view::npos)
        return std::nullopt;
    const std::size_t length = bytes.size() - kDigest;
    for (const bool bigEndian : {false, true}) {
        const std::uint32_t facts = word(bytes, 8, bigEndian);
        const std::uint32_t number = facts >> 8U & 0x0FU;
        const bool ipv6 = (facts & kIpv6) != 0;
        const std::size_t address = length - (ipv6 ? 16 : 4);
        if ((facts & kNoSuchFlag) != 0 || number < 1 || number > kTheirTransports.size() ||
            facts >> 16U < (bigEndian ? kFirstUnprivileged : 1) || (address != 12 && address != 16))
            continue;
        FlowToken token;
        token.layout = TokenLayout::Resiprocate;
        token.transport = kTheirTransports[number - 1];
        token.userAgent.address =
            ipv6 ? base::Address::v6(reinterpret_cast<const std::uint8_t *>(&bytes[address]))
                 : base::Address::v4(word(bytes, address, true));
        token.userAgent.port = static_cast<std::uint16_t>(facts >> 16U);
        return token;
    }
    return std::nullopt;
}

} // namespace

std::string_view layoutText(TokenLayout layout)
{
    return layout == TokenLayout::Rfc5626 ? "Kamailio, Flexisip" : "reSIProcate";
}

std::optional<FlowToken> decodeToken(std::string_view userPart)
{
    if (userPart.size() > kLongestText)
        return std::nullopt;
    const auto bytes = base::fromBase64(base::unescaped(userPart));
    if (!bytes)
        return std::nullopt;
    return bytes->size() == kShort || bytes->size() == kLong ? readRfc5626(*bytes)
                                                             : readResiprocate(*bytes);
}

} // namespace flows
