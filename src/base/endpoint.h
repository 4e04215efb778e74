// SPDX-License-Identifier: Apache-2.0
// An IP address and a port. Both families in one value; "unknown" is a value too (text traces do
// not always tell).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace base {

struct Address {
    std::uint8_t family = 0; // 0 unknown, 4, 6
    std::array<std::uint8_t, 16> bytes{};

    static Address v4(std::uint32_t hostOrder);
    static Address v6(const std::uint8_t *sixteen);
    /// "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nothing else (no host names).
    static std::optional<Address> parse(std::string_view text);

    bool known() const { return family != 0; }
    bool isLoopback() const;
    /// RFC 1918, RFC 6598, link-local, unique local and loopback: not routable on the Internet.
    bool isPrivate() const;
    bool isUnspecified() const; // 0.0.0.0 or ::
    std::string text() const;   // without brackets; "?" when unknown
    friend auto operator<=>(const Address &, const Address &) = default;
};

struct Endpoint {
    Address address;
    std::uint16_t port = 0;

    static Endpoint of(const sockaddr *socketAddress);
    /// "192.0.2.1:5060" or "[2001:db8::1]:5060"
    static std::optional<Endpoint> parse(std::string_view text);

    bool known() const { return address.known(); }
    std::string text() const;
    /// Fills `out` for the socket calls and returns the length, 0 when unknown.
    unsigned toSocketAddress(sockaddr_storage &out) const;
    friend auto operator<=>(const Endpoint &, const Endpoint &) = default;
};

} // namespace base

template <> struct std::hash<base::Address> {
    std::size_t operator()(const base::Address &a) const noexcept;
};
template <> struct std::hash<base::Endpoint> {
    std::size_t operator()(const base::Endpoint &e) const noexcept;
};
