// SPDX-License-Identifier: Apache-2.0
// ESP that protects against changes only (RFC 4303 with RFC 2410): nothing in the packet says that
// it is not encrypted, but what lies inside proves it. Pure.
#pragma once

#include <cstdint>
#include <ingest/decode/ip.h>
#include <optional>
#include <string_view>

namespace ingest::decode {

constexpr std::uint8_t kEsp = 50;

struct EspInside {
    std::uint8_t protocol = 0; // as the next header says: UDP, TCP, or IP within a tunnel
    std::string_view payload;
};

/// `packet` of protocol 50, all of it captured. nullopt: its payload is encrypted, or of a kind
/// that proves nothing. UDP has to state its own length, TCP its right checksum, IP its length.
std::optional<EspInside> behindNullEsp(const IpPacket &packet, std::string_view bytes);

} // namespace ingest::decode
