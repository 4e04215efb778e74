// SPDX-License-Identifier: Apache-2.0
#include <flows/flow.h>

#include <array>
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

/// The user part of a URI may carry base64's last characters as %2B, %2F and %3D (RFC 3261
/// section 19.1.2).
std::string unescaped(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view escape = text.substr(i, 3);
        if (base::equalsNoCase(escape, "%2B"))
            out += '+';
        else if (base::equalsNoCase(escape, "%2F"))
            out += '/';
        else if (base::equalsNoCase(escape, "%3D"))
            out += '=';
        else {
            out += text[i];
            continue;
        }
        i += 2;
    }
    return out;
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

} // namespace

std::optional<FlowToken> decodeToken(std::string_view userPart)
{
    if (userPart.size() > kLongestText)
        return std::nullopt;
    const auto bytes = base::fromBase64(unescaped(userPart));
    if (!bytes || (bytes->size() != kShort && bytes->size() != kLong))
        return std::nullopt;
    const bool ipv6 = bytes->size() == kLong;
    const unsigned kind = octet(*bytes, kMac);
    const unsigned number = kind & ~kIpv6Bit;
    if ((!ipv6 && (kind & kIpv6Bit) != 0) || number < 1 || number > kTransports.size())
        return std::nullopt;
    FlowToken token;
    token.transport = kTransports[number - 1];
    token.edge = readEndpoint(*bytes, kMac + 1, ipv6);
    token.userAgent = readEndpoint(*bytes, kMac + 1 + (ipv6 ? 18 : 6), ipv6);
    if (token.edge.port == 0 || token.userAgent.port == 0)
        return std::nullopt; // 23 octets of something else
    return token;
}

} // namespace flows
