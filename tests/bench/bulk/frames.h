// SPDX-License-Identifier: Apache-2.0
// Writes Ethernet frames into a pcap file, quickly: the big captures of the benchmark.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace bulk {

struct Host {
    std::uint32_t number = 0; // within 10.0.0.0/8, or the last group of 2001:db8::
    std::uint16_t port = 5060;
};

struct Link { // how a call's packets travel
    bool ipv6 = false, vlan = false, tcp = false;
};

struct TcpSide { // one direction of a connection
    std::uint32_t sequence = 1000;
};

class FrameFile
{
public:
    explicit FrameFile(const char *path);
    ~FrameFile();
    FrameFile(const FrameFile &) = delete;
    FrameFile &operator=(const FrameFile &) = delete;

    bool good() const { return m_file != nullptr && std::ferror(m_file) == 0; }
    /// Time goes on before each frame.
    void advance(std::uint64_t nanoseconds) { m_clock += nanoseconds; }
    void udp(const Link &link, const Host &from, const Host &to, std::string_view payload);
    void tcp(const Link &link, const Host &from, const Host &to, std::uint8_t flags,
             TcpSide &sender, const TcpSide &receiver, std::string_view payload);
    std::uint64_t frames() const { return m_frames; }

private:
    void frame(const Link &link, const Host &from, const Host &to, std::uint8_t protocol,
               std::string_view header, std::string_view payload);

    std::FILE *m_file = nullptr;
    std::string m_out;
    std::uint64_t m_clock = 1'700'000'000'000'000'000ULL, m_frames = 0;
};

} // namespace bulk
