// SPDX-License-Identifier: Apache-2.0
// From an Ethernet frame, or what stands behind an EtherType or a PPP header, to the IP packet in
// it. Pure functions over views; nullopt: there is none (ARP, a cut frame, an unknown protocol).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingest::decode {

/// 14 bytes of header, then behindType().
std::optional<std::string_view> behindEthernet(std::string_view frame);
/// `rest` begins behind the EtherType: VLAN tags of any depth (802.1Q, 802.1ad), a backbone tag
/// (802.1ah), MPLS (RFC 3032), PPPoE (RFC 2516), an 802.3 length with LLC, then IP.
std::optional<std::string_view> behindType(std::uint16_t etherType, std::string_view rest);
/// LLC with SNAP, or LLC's own number for IP.
std::optional<std::string_view> behindLlc(std::string_view rest);
/// A label stack.
std::optional<std::string_view> behindMpls(std::string_view rest);
/// PPP (RFC 1661) with or without address and control, the protocol in one byte or two.
std::optional<std::string_view> behindPpp(std::string_view rest);
/// IP by its version.
std::optional<std::string_view> bareIp(std::string_view rest);

} // namespace ingest::decode
