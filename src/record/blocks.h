// SPDX-License-Identifier: Apache-2.0
// The blocks of a pcapng file as bytes, little-endian, nanoseconds: what the session file and the
// export of a call are made of. Pure functions.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <base/time.h>
#include <cstdint>
#include <string>
#include <string_view>

namespace record {

// LINKTYPE_ values.
constexpr std::uint16_t kRawIp = 101, kExportedPdu = 252;

/// epb_flags, bits 0-1.
enum class Direction : std::uint8_t { Unknown = 0, Inbound = 1, Outbound = 2 };

std::string sectionBlock(std::string_view application);
std::string interfaceBlock(std::uint16_t linkType, std::string_view name, std::string_view comment);
std::string packetBlock(std::uint32_t interface, base::Instant time, Direction direction,
                        std::string_view bytes, std::string_view comment);

/// A payload with the tags of Wireshark's exported PDUs before it.
struct Pdu {
    std::string_view dissector; // "sip"
    std::string_view protocol;  // the column, empty: the dissector's own
    base::Endpoint source, destination;
    bool connection = false; // TCP, else UDP
};
std::string exportedPdu(const Pdu &pdu, std::string_view payload);
/// An IP packet with a UDP datagram in it; checksums are right. Both ends are of one family.
struct Marks { // of an IP header; as base::Packet has them
    std::uint8_t dscp = base::kNoDscp, hops = 0;
};
std::string udpPacket(const base::Endpoint &source, const base::Endpoint &destination, Marks marks,
                      std::string_view payload);

} // namespace record
