// SPDX-License-Identifier: Apache-2.0
#include <base/endpoint.h>

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include <base/hash.h>
#include <base/text.h>

namespace base {

Address Address::v4(std::uint32_t hostOrder)
{
    Address a;
    a.family = 4;
    for (unsigned i = 0; i < 4; ++i)
        a.bytes[i] = static_cast<std::uint8_t>(hostOrder >> (24U - 8U * i));
    return a;
}

Address Address::v6(const std::uint8_t *sixteen)
{
    Address a;
    a.family = 6;
    std::memcpy(a.bytes.data(), sixteen, 16);
    return a;
}

namespace {

/// "192.0.2.1" as inet_pton reads it: four numbers up to 255 without leading zeros.
bool readDotted(std::string_view text, std::uint8_t *out)
{
    std::size_t at = 0;
    for (int i = 0; i < 4; ++i) {
        if (i > 0 && (at >= text.size() || text[at++] != '.'))
            return false;
        unsigned value = 0;
        const std::size_t begin = at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            value = value * 10 + static_cast<unsigned>(text[at] - '0');
            if (value > 255 || (at > begin && text[begin] == '0'))
                return false;
        }
        if (at == begin)
            return false;
        out[i] = static_cast<std::uint8_t>(value);
    }
    return at == text.size();
}

} // namespace

std::optional<Address> Address::parse(std::string_view text)
{
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
        text = text.substr(1, text.size() - 2);
    if (text.empty() || text.size() > 45)
        return std::nullopt;
    Address a;
    if (readDotted(text, a.bytes.data())) {
        a.family = 4;
        return a;
    }
    a.bytes = {};
    if (text.find(':') == std::string_view::npos)
        return std::nullopt;
    const std::string copy(text);
    if (inet_pton(AF_INET6, copy.c_str(), a.bytes.data()) == 1) {
        a.family = 6;
        return a;
    }
    return std::nullopt;
}

bool Address::isLoopback() const
{
    if (family == 4)
        return bytes[0] == 127;
    static constexpr std::array<std::uint8_t, 16> kOne{0, 0, 0, 0, 0, 0, 0, 0,
                                                       0, 0, 0, 0, 0, 0, 0, 1};
    return family == 6 && bytes == kOne;
}

bool Address::isPrivate() const
{
    if (isLoopback())
        return true;
    if (family == 4) {
        const unsigned a = bytes[0];
        const unsigned b = bytes[1];
        return a == 10 || (a == 172 && b >= 16 && b <= 31) || (a == 192 && b == 168) ||
               (a == 169 && b == 254) || (a == 100 && b >= 64 && b <= 127);
    }
    return family == 6 &&
           ((bytes[0] & 0xFEU) == 0xFC || (bytes[0] == 0xFE && (bytes[1] & 0xC0U) == 0x80));
}

bool Address::isUnspecified() const
{
    return family != 0 && bytes == std::array<std::uint8_t, 16>{};
}

std::string Address::text() const
{
    if (family == 0)
        return "?";
    char out[INET6_ADDRSTRLEN] = {};
    inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes.data(), out, sizeof out);
    return out;
}

Endpoint Endpoint::of(const sockaddr *socketAddress)
{
    Endpoint e;
    if (socketAddress == nullptr)
        return e;
    if (socketAddress->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, socketAddress, sizeof in);
        e.address = Address::v4(ntohl(in.sin_addr.s_addr));
        e.port = ntohs(in.sin_port);
    } else if (socketAddress->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, socketAddress, sizeof in);
        if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
            e.address.family = 4;
            std::memcpy(e.address.bytes.data(), in.sin6_addr.s6_addr + 12, 4);
        } else {
            e.address = Address::v6(in.sin6_addr.s6_addr);
        }
        e.port = ntohs(in.sin6_port);
    }
    return e;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[';
    const auto address = Address::parse(host);
    const auto port = toInteger(text.substr(colon + 1));
    if (!address || !port || *port < 0 || *port > 65535 || (address->family == 6) != bracketed)
        return std::nullopt;
    return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::text() const
{
    if (!known())
        return "unknown";
    if (address.family == 6)
        return "[" + address.text() + "]:" + std::to_string(port);
    return address.text() + ":" + std::to_string(port);
}

unsigned Endpoint::toSocketAddress(sockaddr_storage &out) const
{
    std::memset(&out, 0, sizeof out);
    if (address.family == 4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        std::memcpy(&in.sin_addr, address.bytes.data(), 4);
        std::memcpy(&out, &in, sizeof in);
        return sizeof in;
    }
    if (address.family == 6) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(port);
        std::memcpy(&in.sin6_addr, address.bytes.data(), 16);
        std::memcpy(&out, &in, sizeof in);
        return sizeof in;
    }
    return 0;
}

} // namespace base

std::size_t std::hash<base::Address>::operator()(const base::Address &a) const noexcept
{
    std::uint64_t words[2];
    static_assert(sizeof words == sizeof a.bytes);
    std::memcpy(words, a.bytes.data(), sizeof words);
    return static_cast<std::size_t>(base::mixed(words[0], words[1] ^ a.family));
}

std::size_t std::hash<base::Endpoint>::operator()(const base::Endpoint &e) const noexcept
{
    return static_cast<std::size_t>(base::mixed(std::hash<base::Address>{}(e.address), e.port));
}
