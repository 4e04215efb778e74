// SPDX-License-Identifier: Apache-2.0
// Private to lab: sends PCMU as RTP (RFC 3550) from an even port of its own, one packet every 20 ms
// by the clock. Peers' thread.
#pragma once

#include <deque>
#include <lab/audio.h>
#include <lab/sockets.h>

namespace lab {

class RtpSender
{
public:
    static base::Result<std::unique_ptr<RtpSender>> open(Reactor &reactor);
    ~RtpSender();

    const base::Endpoint &local() const { return m_port->local(); }
    void payloadType(int number) { m_payloadType = static_cast<std::uint8_t>(number); }
    void destination(const base::Endpoint &remote) { m_remote = remote; }
    /// From now on, one after another; the last one stays. Sound::None sends nothing at all.
    void play(std::vector<Sound> sounds);
    void stop();
    std::uint64_t sent() const { return m_sent; }
    std::uint64_t received() const { return m_received; }

private:
    RtpSender(Reactor &reactor, std::unique_ptr<UdpPort> port);
    void tick();
    void sendPacket();

    Reactor &m_reactor;
    std::unique_ptr<UdpPort> m_port;
    base::Endpoint m_remote;
    std::deque<Sound> m_sounds;
    std::uint64_t m_position = 0; // samples into the present sound
    Reactor::TimerId m_timer = 0;
    base::Duration m_due{0};
    std::uint8_t m_payloadType = 0;
    std::uint16_t m_sequence;
    std::uint32_t m_timestamp, m_source;
    bool m_marker = true; // RFC 3551 section 4.1: the first packet of a talkspurt
    std::uint64_t m_sent = 0, m_received = 0;
};

} // namespace lab
