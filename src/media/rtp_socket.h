// SPDX-License-Identifier: Apache-2.0
// A bound UDP socket that tells when the kernel saw a datagram, its DSCP and TTL, and how many were
// dropped; and the even/odd pair of them that RFC 3550 section 11 asks for. Owned and used by the
// media thread.
#pragma once

#include <base/endpoint.h>
#include <base/result.h>
#include <base/time.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace media {

struct Datagram {
    base::Instant time; // the kernel's
    base::Endpoint source;
    std::string_view bytes; // valid during the callback only
    int tos = -1, ttl = -1; // -1: not told
    bool cut = false;       // longer than we read
};

class UdpSocket
{
public:
    /// Port 0: the system chooses.
    static base::Result<UdpSocket> bind(const base::Endpoint &local);
    UdpSocket(UdpSocket &&other) noexcept;
    UdpSocket &operator=(UdpSocket &&other) noexcept;
    ~UdpSocket();

    int descriptor() const { return m_fd; }
    const base::Endpoint &local() const { return m_local; }
    /// Hands out what waits, at most `most` datagrams (the loop comes back for the rest). Returns
    /// how many.
    int receive(const std::function<void(const Datagram &)> &take, int most = 256);
    bool send(const base::Endpoint &to, std::string_view bytes);
    /// What is sent is marked with (RFC 2474); base::kNoDscp: the system did not allow it.
    std::uint8_t dscp() const { return m_dscp; }
    /// Datagrams that the kernel threw away because we did not read in time.
    std::uint64_t overflowed() const { return m_overflowed; }

private:
    UdpSocket() = default;
    int receiveBatch(const std::function<void(const Datagram &)> &take);

    struct Buffers;
    std::unique_ptr<Buffers> m_buffers;
    int m_fd = -1;
    base::Endpoint m_local;
    std::uint8_t m_dscp = 0xFF;
    std::uint64_t m_overflowed = 0;
    std::uint32_t m_lastCounter = 0;
};

struct RtpPair {
    UdpSocket rtp, rtcp;
    /// A free pair in [first, last]; 0, 0: wherever the system has one.
    static base::Result<RtpPair> open(const base::Address &local, std::uint16_t first,
                                      std::uint16_t last);
};

} // namespace media
