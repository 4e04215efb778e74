// SPDX-License-Identifier: Apache-2.0
// Views of URIs, name-addrs and Via values. Tolerant: what cannot be read stays empty and `ok` is
// false.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sip {

struct Uri {
    std::string_view text;
    std::string_view scheme; // sip, sips, tel, ...
    std::string_view user, password;
    std::string_view host; // without brackets
    bool ipv6 = false;     // host stood in brackets
    std::optional<std::uint16_t> port;
    std::string_view parameters; // from the first ";" on, else empty
    std::string_view headers;    // after "?"
    bool ok = false;

    std::optional<std::string_view> parameter(std::string_view name) const;
    std::string address() const; // user@host, or host, or a tel number
};
Uri parseUri(std::string_view text);

/// `"Bob" <sip:bob@example.test>;tag=1` or `sip:bob@example.test;tag=1` (RFC 3261 section 20.10:
/// without angle brackets the parameters belong to the header).
struct NameAddress {
    std::string_view display; // without quotes
    std::string_view uriText;
    Uri uri;
    std::string_view parameters; // of the header, from ";" on
    bool ok = false;

    std::optional<std::string_view> parameter(std::string_view name) const;
};
NameAddress parseNameAddress(std::string_view value);

struct Via {
    std::string_view transport; // "UDP"
    std::string_view host;
    std::optional<std::uint16_t> port;
    std::string_view parameters;
    bool ok = false;

    std::optional<std::string_view> parameter(std::string_view name) const;
};
Via parseVia(std::string_view value);

} // namespace sip
