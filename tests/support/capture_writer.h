// SPDX-License-Identifier: Apache-2.0
// Makes capture files for tests: frames of UDP and TCP, in pcap or pcapng, of any link type and
// byte order.
#pragma once

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace support {

inline std::string be16(std::uint32_t v)
{
    return {static_cast<char>(v >> 8U), static_cast<char>(v)};
}
inline std::string be32(std::uint32_t v)
{
    return be16(v >> 16U) + be16(v & 0xFFFFU);
}

inline base::Endpoint endpoint(std::string_view text)
{
    return base::Endpoint::parse(text).value();
}

inline std::string addressBytes(const base::Address &a)
{
    return {reinterpret_cast<const char *>(a.bytes.data()), a.family == 4 ? 4U : 16U};
}

struct IpOptions {
    std::string extension;        // IPv4 options (multiple of 4), or IPv6 extension headers
    std::uint8_t firstHeader = 0; // IPv6: type of the first extension header
    std::uint16_t identification = 1;
    std::uint16_t fragment = 0; // IPv4: the flags and offset field
};

/// An IP packet of either family around `payload`.
inline std::string ipPacket(const base::Address &from, const base::Address &to,
                            std::uint8_t protocol, std::string_view payload,
                            const IpOptions &options = {})
{
    const auto length = static_cast<std::uint32_t>(payload.size() + options.extension.size());
    std::string out;
    if (from.family == 4) {
        out += static_cast<char>(0x40 | (5 + options.extension.size() / 4));
        out += '\0';
        out += be16(20 + length) + be16(options.identification) + be16(options.fragment);
        out += '\x40';
        out += static_cast<char>(protocol);
        out += be16(0) + addressBytes(from) + addressBytes(to);
    } else {
        out += std::string("\x60\0\0\0", 4) + be16(length);
        out += static_cast<char>(options.extension.empty() ? protocol : options.firstHeader);
        out += '\x40';
        out += addressBytes(from) + addressBytes(to);
    }
    return out + options.extension + std::string(payload);
}

inline std::string udpSegment(std::uint16_t from, std::uint16_t to, std::string_view payload)
{
    return be16(from) + be16(to) + be16(static_cast<std::uint32_t>(8 + payload.size())) + be16(0) +
           std::string(payload);
}

inline std::string udp(const base::Endpoint &from, const base::Endpoint &to,
                       std::string_view payload)
{
    return ipPacket(from.address, to.address, 17, udpSegment(from.port, to.port, payload));
}

/// An ICMP or ICMPv6 error of `router` to the sender of `about`, of which it quotes a beginning.
inline std::string icmp(const base::Address &router, const base::Address &to, std::uint8_t type,
                        std::uint8_t code, std::string_view about, std::size_t quoted = 548,
                        std::uint32_t rest = 0)
{
    std::string out{static_cast<char>(type), static_cast<char>(code), '\0', '\0'};
    out += be32(rest) + std::string(about.substr(0, quoted));
    return ipPacket(router, to, router.family == 4 ? 1 : 58, out);
}

enum TcpFlag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

inline std::string tcp(const base::Endpoint &from, const base::Endpoint &to, std::uint32_t sequence,
                       std::string_view payload, std::uint8_t flags = kAck,
                       std::uint32_t acknowledged = 0)
{
    std::string out = be16(from.port) + be16(to.port) + be32(sequence) + be32(acknowledged);
    out += '\x50';
    out += static_cast<char>(flags);
    out += be16(65535) + be16(0) + be16(0) + std::string(payload);
    return ipPacket(from.address, to.address, 6, out);
}

inline std::string ethernet(std::string_view ip, std::string_view tags = {})
{
    const bool six = (static_cast<unsigned char>(ip.front()) >> 4U) == 6;
    return std::string(12, '\x02') + std::string(tags) + be16(six ? 0x86DD : 0x0800) +
           std::string(ip);
}

inline std::string rtp(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc,
                       std::string_view payload, std::uint8_t payloadType = 0)
{
    std::string out{'\x80', static_cast<char>(payloadType)};
    return out + be16(sequence) + be32(timestamp) + be32(ssrc) + std::string(payload);
}

struct CapturedFrame {
    base::Instant time;
    std::string bytes;
    std::uint32_t missing = 0;   // of the frame, not captured
    std::uint32_t interface = 0; // pcapng
};

/// Integers in the byte order asked for.
class Writer
{
public:
    explicit Writer(bool big) : m_big(big) {}
    std::string u16(std::uint32_t v) const { return order(support::be16(v)); }
    std::string u32(std::uint32_t v) const { return order(support::be32(v)); }

private:
    std::string order(std::string bytes) const
    {
        return m_big ? bytes : std::string(bytes.rbegin(), bytes.rend());
    }
    bool m_big;
};

struct PcapOptions {
    bool big = false, nanoseconds = false;
    std::uint32_t linkType = 1;
};

inline std::string pcap(const std::vector<CapturedFrame> &frames, const PcapOptions &options = {})
{
    const Writer w(options.big);
    std::string out = w.u32(options.nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4) + w.u16(2) + w.u16(4) +
                      w.u32(0) + w.u32(0) + w.u32(262144) + w.u32(options.linkType);
    for (const CapturedFrame &frame : frames) {
        const auto size = static_cast<std::uint32_t>(frame.bytes.size());
        const std::int64_t fraction = frame.time.ns % 1'000'000'000;
        out += w.u32(static_cast<std::uint32_t>(frame.time.ns / 1'000'000'000)) +
               w.u32(static_cast<std::uint32_t>(options.nanoseconds ? fraction : fraction / 1000)) +
               w.u32(size) + w.u32(size + frame.missing) + frame.bytes;
    }
    return out;
}

inline std::string padded(std::string_view bytes)
{
    std::string out(bytes);
    out.resize((out.size() + 3) / 4 * 4);
    return out;
}

/// One pcapng block; the body is padded.
inline std::string block(const Writer &w, std::uint32_t type, std::string body)
{
    body.resize((body.size() + 3) / 4 * 4);
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    return w.u32(type) + w.u32(length) + body + w.u32(length);
}
inline std::string sectionBlock(const Writer &w, std::string_view options = {})
{
    return block(w, 0x0A0D0D0A,
                 w.u32(0x1A2B3C4D) + w.u16(1) + w.u16(0) + std::string(8, '\xFF') +
                     std::string(options));
}
inline std::string option(const Writer &w, std::uint16_t code, std::string value)
{
    const auto length = static_cast<std::uint32_t>(value.size());
    value.resize((value.size() + 3) / 4 * 4);
    return w.u16(code) + w.u16(length) + value;
}
inline std::string interfaceBlock(const Writer &w, std::uint32_t linkType,
                                  std::string_view options = {}, std::uint32_t snapLength = 0)
{
    return block(w, 1, w.u16(linkType) + w.u16(0) + w.u32(snapLength) + std::string(options));
}
/// `stamp` in units of the interface.
inline std::string packetBlock(const Writer &w, std::uint32_t interface, std::uint64_t stamp,
                               std::string_view bytes, std::uint32_t missing = 0,
                               std::string_view options = {})
{
    const auto size = static_cast<std::uint32_t>(bytes.size());
    return block(w, 6,
                 w.u32(interface) + w.u32(static_cast<std::uint32_t>(stamp >> 32U)) +
                     w.u32(static_cast<std::uint32_t>(stamp)) + w.u32(size) +
                     w.u32(size + missing) + padded(bytes) + std::string(options));
}
/// One record of a Name Resolution Block.
inline std::string nameRecord(const Writer &w, const base::Address &address, std::string_view names)
{
    return option(w, address.family == 4 ? 1 : 2, addressBytes(address) + std::string(names));
}
inline std::string nameBlock(const Writer &w, std::string_view records)
{
    return block(w, 4, std::string(records) + w.u32(0));
}
/// 0x544C534B: a TLS key log.
inline std::string secretsBlock(const Writer &w, std::uint32_t type, std::string_view bytes)
{
    return block(w, 10,
                 w.u32(type) + w.u32(static_cast<std::uint32_t>(bytes.size())) + padded(bytes));
}
/// Ethernet, microseconds.
inline std::string pcapng(const std::vector<CapturedFrame> &frames, bool big = false,
                          std::uint32_t linkType = 1)
{
    const Writer w(big);
    std::string out = sectionBlock(w) + interfaceBlock(w, linkType);
    for (const CapturedFrame &frame : frames)
        out += packetBlock(w, frame.interface, static_cast<std::uint64_t>(frame.time.ns / 1000),
                           frame.bytes, frame.missing);
    return out;
}

/// A file in the system's temporary folder, removed with the object.
class TemporaryFile
{
public:
    TemporaryFile(const std::string &name, std::string_view bytes)
        : m_path(std::filesystem::temp_directory_path() /
                 (std::to_string(base::now().ns) + "-" +
                  std::to_string(reinterpret_cast<std::uintptr_t>(this)) + name))
    {
        std::ofstream(m_path, std::ios::binary) << bytes;
    }
    ~TemporaryFile()
    {
        std::error_code ignored;
        std::filesystem::remove(m_path, ignored);
    }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    std::string path() const { return m_path.string(); }

private:
    std::filesystem::path m_path;
};

} // namespace support
