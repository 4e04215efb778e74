// SPDX-License-Identifier: Apache-2.0
// A peer that sends RTP with a tone from a UDP port of its own, at its own pace, and sees what
// comes back.
#pragma once

#include <base/endpoint.h>
#include <cmath>
#include <cstdint>
#include <functional>
#include <netinet/in.h>
#include <numbers>
#include <rtp/rtp_packet.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace support {

class RtpSource
{
public:
    explicit RtpSource(std::uint32_t ssrc, std::uint8_t payloadType = 0)
        : m_ssrc(ssrc), m_payloadType(payloadType)
    {
        m_fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_storage address{};
        const unsigned size =
            base::Endpoint{base::Address::v4(INADDR_LOOPBACK), 0}.toSocketAddress(address);
        ::bind(m_fd, reinterpret_cast<sockaddr *>(&address), size);
        socklen_t length = sizeof address;
        ::getsockname(m_fd, reinterpret_cast<sockaddr *>(&address), &length);
        m_local = base::Endpoint::of(reinterpret_cast<sockaddr *>(&address));
    }
    ~RtpSource() { ::close(m_fd); }
    RtpSource(const RtpSource &) = delete;
    RtpSource &operator=(const RtpSource &) = delete;

    const base::Endpoint &local() const { return m_local; }
    void ssrc(std::uint32_t value) { m_ssrc = value; }
    /// From now on the packets leave as that makes them (SRTP).
    void sealedBy(std::function<std::string(const std::string &)> seal)
    {
        m_seal = std::move(seal);
    }
    /// 20 ms of a tone, G.711 mu-law. `skip`: only count it, as if the network lost it.
    void tone(const base::Endpoint &to, double hertz, bool skip = false)
    {
        std::string payload(160, '\0');
        for (auto &c : payload) {
            c = static_cast<char>(muLaw(static_cast<int>(kPeak * std::sin(m_phase))));
            m_phase =
                std::fmod(m_phase + 2 * std::numbers::pi * hertz / 8000, 2 * std::numbers::pi);
        }
        rtp::RtpPacket packet;
        packet.payloadType = m_payloadType;
        packet.sequence = m_sequence++;
        packet.timestamp = m_timestamp;
        packet.ssrc = m_ssrc;
        packet.payload = payload;
        m_timestamp += 160;
        const std::string clear = rtp::writeRtp(packet);
        if (!skip)
            raw(to, m_seal ? m_seal(clear) : clear);
    }
    void raw(const base::Endpoint &to, std::string_view bytes) const
    {
        sockaddr_storage address{};
        const unsigned size = to.toSocketAddress(address);
        ::sendto(m_fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr *>(&address), size);
    }
    /// What came, empty: nothing waits.
    std::string receive()
    {
        char buffer[2048];
        const ssize_t n = ::recv(m_fd, buffer, sizeof buffer, MSG_DONTWAIT);
        return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
    }
    static constexpr double kPeak = 16000; // a sine of -9.2 dBFS

private:
    // The rule of G.711 from its definition, by search: an independent check of the product's
    // tables.
    static std::uint8_t muLaw(int sample)
    {
        const int sign = sample < 0 ? 0x80 : 0;
        const int magnitude = std::min(std::abs(sample), 32635);
        int best = 0, error = 1 << 20;
        for (int code = 0; code < 128; ++code) {
            const int value = (((code & 0x0F) * 2 + 33) << ((code >> 4) + 2)) - 132;
            if (std::abs(value - magnitude) < error) {
                error = std::abs(value - magnitude);
                best = code;
            }
        }
        return static_cast<std::uint8_t>(~(sign | best));
    }

    std::function<std::string(const std::string &)> m_seal;
    int m_fd = -1;
    base::Endpoint m_local;
    std::uint32_t m_ssrc, m_timestamp = 1000;
    std::uint16_t m_sequence = 1;
    std::uint8_t m_payloadType;
    double m_phase = 0;
};

} // namespace support
