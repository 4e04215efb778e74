// SPDX-License-Identifier: Apache-2.0
// HEP, the Homer encapsulation: a SIP server or a capture agent sends what it saw to a collector,
// with the addresses and times it saw. Versions 1 and 2 have a fixed header, version 3 has chunks.
// Pure functions over views.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

struct HepPacket {
    base::Endpoint source, destination;
    base::Instant time; // unknown: not told, or not true
    base::Transport transport = base::Transport::Unknown;
    std::uint8_t type = 1; // of the payload: 1 SIP, 4 RTP, 5 RTCP as JSON, 100 log, ...
    std::uint32_t agent = 0;
    std::string_view correlation; // mostly a Call-ID
    std::string_view payload;
    bool compressed = false; // the payload has to be unpacked first
};

constexpr std::uint8_t kHepSip = 1, kHepRtp = 4;

/// Bytes of the version 3 packet at the beginning, 0: there is none. From six bytes on; fewer never
/// tell.
std::size_t hepLength(std::string_view bytes);
/// A whole datagram, version 3. `seen` is when it was captured: an agent's clock that is years away
/// is not believed. nullopt: no HEP, or its chunks do not fit.
std::optional<HepPacket> parseHep(std::string_view bytes, base::Instant seen);
/// Versions 1 and 2, which have no magic number: only where SIP begins behind the header.
std::optional<HepPacket> parseOldHep(std::string_view bytes, base::Instant seen);
/// "RTCP report", "log", "type 77"
std::string hepTypeText(std::uint8_t type);

} // namespace ingest::decode
