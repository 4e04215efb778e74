// SPDX-License-Identifier: Apache-2.0
// Makes what lies around IP packets in captures: link headers, tunnels, HEP, exported PDUs.
#pragma once

#include <support/capture_writer.h>

namespace support {

/// One tag of 802.1Q as ethernet() takes it.
inline std::string vlanTag(std::uint32_t id, std::uint32_t type = 0x8100)
{
    return be16(type) + be16(id);
}
/// An Ethernet frame of any type.
inline std::string etherFrame(std::uint32_t type, std::string_view inside)
{
    return std::string(12, '\x02') + be16(type) + std::string(inside);
}

/// `flags` as RFC 2784 and 2890 have them; the fields they announce are filled.
inline std::string gre(std::uint32_t flags, std::uint32_t protocol, std::string_view inside)
{
    std::string out = be16(flags) + be16(protocol);
    for (const std::uint32_t field : {0x8000U, 0x2000U, 0x1000U})
        out += (flags & field) != 0 ? be32(7) : "";
    return out + std::string(inside);
}
inline std::string vxlan(std::string_view frame)
{
    return be32(0x08000000) + be32(77U << 8U) + std::string(frame);
}
/// With an extension header if `extended`.
inline std::string gtp(std::string_view ip, bool extended = false)
{
    const std::string options =
        extended ? be32(0x0085) + std::string("\x01\x00\x09\x00", 4) : std::string();
    return std::string(1, extended ? '\x34' : '\x30') + '\xFF' +
           be16(static_cast<std::uint32_t>(ip.size() + options.size())) + be32(1) + options +
           std::string(ip);
}

inline std::string hepChunk(std::uint32_t type, std::string_view value, std::uint32_t vendor = 0)
{
    return be16(vendor) + be16(type) + be16(static_cast<std::uint32_t>(value.size() + 6)) +
           std::string(value);
}
inline std::string hepPacket(std::string_view chunks)
{
    return "HEP3" + be16(static_cast<std::uint32_t>(chunks.size() + 6)) + std::string(chunks);
}
struct HepOptions {
    std::uint8_t protocol = 17, type = 1;
    std::uint32_t agent = 2001;
    std::string correlation;
    std::uint32_t payloadChunk = 15; // 16: compressed
};
/// What an agent sends for one message it saw.
inline std::string hep(base::Instant time, const base::Endpoint &from, const base::Endpoint &to,
                       std::string_view payload, const HepOptions &options = {})
{
    const bool four = from.address.family == 4;
    const auto one = [](std::uint8_t value) { return std::string(1, static_cast<char>(value)); };
    std::string out = hepChunk(1, one(four ? 2 : 28)) + hepChunk(2, one(options.protocol)) +
                      hepChunk(four ? 3 : 5, addressBytes(from.address)) +
                      hepChunk(four ? 4 : 6, addressBytes(to.address)) +
                      hepChunk(7, be16(from.port)) + hepChunk(8, be16(to.port)) +
                      hepChunk(9, be32(static_cast<std::uint32_t>(time.ns / 1'000'000'000))) +
                      hepChunk(10, be32(static_cast<std::uint32_t>(time.ns / 1000 % 1'000'000))) +
                      hepChunk(11, one(options.type)) + hepChunk(12, be32(options.agent)) +
                      hepChunk(14, "secret") + hepChunk(99, "unknown", 3);
    if (!options.correlation.empty())
        out += hepChunk(17, options.correlation);
    return hepPacket(out + hepChunk(options.payloadChunk, payload));
}

inline std::string pduTag(std::uint32_t tag, std::string_view value)
{
    std::string padded(value);
    padded.resize((padded.size() + 3) / 4 * 4);
    return be16(tag) + be16(static_cast<std::uint32_t>(padded.size())) + padded;
}
/// `portType`: 2 TCP, 3 UDP.
inline std::string exportedPdu(std::string_view dissector, const base::Endpoint &from,
                               const base::Endpoint &to, std::uint32_t portType,
                               std::string_view payload)
{
    const bool four = from.address.family == 4;
    return pduTag(12, dissector) + pduTag(four ? 20 : 22, addressBytes(from.address)) +
           pduTag(four ? 21 : 23, addressBytes(to.address)) + pduTag(24, be32(portType)) +
           pduTag(25, be32(from.port)) + pduTag(26, be32(to.port)) + be32(0) + std::string(payload);
}

} // namespace support
