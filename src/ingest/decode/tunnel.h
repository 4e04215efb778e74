// SPDX-License-Identifier: Apache-2.0
// What carries IP or Ethernet inside IP or UDP. Pure functions over views; nullopt: not that
// tunnel, or nothing readable in it. How deep tunnels nest is up to the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingest::decode {

/// IP-in-IP (RFC 2003), 6in4 (RFC 4213), GRE (RFC 2784, 2890, 2637) with ERSPAN I to III, EtherIP
/// (RFC 3378), MPLS in IP (RFC 4023): the IP packet behind such a protocol number.
std::optional<std::string_view> behindIpTunnel(std::uint8_t protocol, std::string_view payload);
/// By the destination port: VXLAN (RFC 7348), GTP-U (3GPP TS 29.281), GENEVE (RFC 8926), L2TP data
/// (RFC 2661), MPLS in UDP (RFC 7510), TZSP.
std::optional<std::string_view> behindUdpTunnel(std::uint16_t destinationPort,
                                                std::string_view payload);

} // namespace ingest::decode
