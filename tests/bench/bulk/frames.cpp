// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

namespace bulk {
namespace {

constexpr std::size_t kBuffer = 1U << 22U;

void put8(std::string &out, unsigned value)
{
    out += static_cast<char>(value);
}
void put16(std::string &out, unsigned value)
{
    put8(out, value >> 8U);
    put8(out, value);
}
void put32(std::string &out, std::uint32_t value)
{
    put16(out, value >> 16U);
    put16(out, value);
}
void little32(std::string &out, std::uint64_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        put8(out, static_cast<unsigned>(value >> shift));
}

void address(std::string &out, bool ipv6, std::uint32_t number)
{
    if (ipv6)
        out += std::string_view("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0", 12);
    put32(out, ipv6 ? number : 0x0A000000U | number);
}

} // namespace

FrameFile::FrameFile(const char *path) : m_file(std::fopen(path, "wb"))
{
    m_out.reserve(kBuffer + 4096);
    little32(m_out, 0xA1B23C4D); // nanoseconds
    m_out += std::string_view("\2\0\4\0\0\0\0\0\0\0\0\0", 12);
    little32(m_out, 262144);
    little32(m_out, 1); // Ethernet
}

FrameFile::~FrameFile()
{
    if (m_file == nullptr)
        return;
    std::fwrite(m_out.data(), 1, m_out.size(), m_file);
    std::fclose(m_file);
}

void FrameFile::frame(const Link &link, const Host &from, const Host &to, std::uint8_t protocol,
                      std::string_view header, std::string_view payload)
{
    if (m_file == nullptr)
        return;
    const std::size_t inside = header.size() + payload.size();
    const std::size_t length = 14 + (link.vlan ? 4U : 0U) + (link.ipv6 ? 40U : 20U) + inside;
    little32(m_out, m_clock / 1'000'000'000);
    little32(m_out, m_clock % 1'000'000'000);
    little32(m_out, length);
    little32(m_out, length);
    m_out += std::string_view("\2\0\0\0\0\1\2\0\0\0\0\2", 12);
    if (link.vlan) {
        put16(m_out, 0x8100);
        put16(m_out, 42);
    }
    put16(m_out, link.ipv6 ? 0x86DD : 0x0800);
    if (link.ipv6) {
        put32(m_out, 0x60000000);
        put16(m_out, static_cast<unsigned>(inside));
        put8(m_out, protocol);
        put8(m_out, 64);
    } else {
        put16(m_out, 0x4500);
        put16(m_out, static_cast<unsigned>(20 + inside));
        put32(m_out, 0x00014000); // never fragmented
        put8(m_out, 64);
        put8(m_out, protocol);
        put16(m_out, 0); // the card was to fill the sum in
    }
    address(m_out, link.ipv6, from.number);
    address(m_out, link.ipv6, to.number);
    m_out += header;
    m_out += payload;
    ++m_frames;
    if (m_out.size() >= kBuffer) {
        std::fwrite(m_out.data(), 1, m_out.size(), m_file);
        m_out.clear();
    }
}

void FrameFile::udp(const Link &link, const Host &from, const Host &to, std::string_view payload)
{
    std::string header;
    put16(header, from.port);
    put16(header, to.port);
    put16(header, static_cast<unsigned>(8 + payload.size()));
    put16(header, 0);
    frame(link, from, to, 17, header, payload);
}

void FrameFile::tcp(const Link &link, const Host &from, const Host &to, std::uint8_t flags,
                    TcpSide &sender, const TcpSide &receiver, std::string_view payload)
{
    std::string header;
    put16(header, from.port);
    put16(header, to.port);
    put32(header, sender.sequence);
    put32(header, receiver.sequence);
    put8(header, 0x50);
    put8(header, flags);
    put16(header, 0xFFFF);
    put32(header, 0);
    sender.sequence +=
        static_cast<std::uint32_t>(payload.size()) + ((flags & 0x03U) != 0 ? 1U : 0U);
    frame(link, from, to, 6, header, payload);
}

} // namespace bulk
