// SPDX-License-Identifier: Apache-2.0
// RTP (RFC 3550 section 5.1) and RTCP headers read without trust, and written for our own sender.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtp {

struct RtpPacket {
    std::uint8_t payloadType = 0;
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0, ssrc = 0;
    std::string_view payload; // without padding
};

/// nullopt: not RTP version 2, or header longer than the packet.
std::optional<RtpPacket> parseRtp(std::string_view bytes);
/// Version 2 and packet type 200-207 (RFC 5761 section 4 tells RTCP from RTP).
bool looksLikeRtcp(std::string_view bytes);
std::string writeRtp(const RtpPacket &packet);

/// Root mean square level of a G.711 payload in dBFS (0 = full-scale square wave), floor -96.
/// `payloadType` 0 or 8.
std::optional<double> g711Level(std::uint8_t payloadType, std::string_view payload);

} // namespace rtp
