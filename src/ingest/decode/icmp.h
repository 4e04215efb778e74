// SPDX-License-Identifier: Apache-2.0
// ICMP and ICMPv6 errors: the network tells a sender that a packet did not arrive, and quotes its
// beginning (RFC 792, RFC 4443 section 3). Pure reader.
#pragma once

#include <base/packet.h>
#include <ingest/decode/ip.h>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

/// Protocol numbers in the IP header.
constexpr std::uint8_t kIcmp = 1, kIcmpSix = 58;

struct IcmpError {
    base::LocalKind kind = base::LocalKind::Unreachable; // ConnectionRefused: nobody listens there
    std::string_view what;                               // "port unreachable", static
    std::uint32_t mtu = 0; // where the packet was too large, 0: untold
    // Of the packet that did not arrive.
    base::Transport transport = base::Transport::Unknown;
    base::Endpoint source, destination;
    std::string_view quoted; // from its transport header on
};

/// nullopt: no error, or none that quotes the ports of a UDP or TCP packet.
std::optional<IcmpError> parseIcmp(const IpPacket &packet, std::string_view bytes);
/// "ICMP from 192.0.2.1: port unreachable, for UDP to 192.0.2.20:5060."
std::string sentenceOf(const IcmpError &error, const base::Address &from);

} // namespace ingest::decode
