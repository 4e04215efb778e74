// SPDX-License-Identifier: Apache-2.0
#include <lab/rtp_sender.h>

#include <random>

namespace lab {
namespace {

constexpr auto kPacket = std::chrono::milliseconds(20);
constexpr std::size_t kSamples = 160;
constexpr auto kLongestLag = std::chrono::milliseconds(500);
constexpr int kPortAttempts = 40;

} // namespace

base::Result<std::unique_ptr<RtpSender>> RtpSender::open(Reactor &reactor)
{
    // RFC 3550 section 11: RTP takes an even port, RTCP the odd one above it.
    std::vector<std::unique_ptr<UdpPort>> odd; // held, so that the system offers other numbers
    for (int i = 0; i < kPortAttempts; ++i) {
        auto port = UdpPort::open(reactor, nullptr, 0);
        if (!port)
            return tl::unexpected<base::Error>(port.error());
        if ((*port)->local().port % 2 == 0)
            return std::unique_ptr<RtpSender>(new RtpSender(reactor, std::move(*port)));
        odd.push_back(std::move(*port));
    }
    return base::fail(base::ErrorCode::PortInUse,
                      "The lab found no even port for its audio. Try again.");
}

RtpSender::RtpSender(Reactor &reactor, std::unique_ptr<UdpPort> port)
    : m_reactor(reactor), m_port(std::move(port))
{
    std::random_device random; // RFC 3550 section 5.1: all three begin at random
    m_sequence = static_cast<std::uint16_t>(random());
    m_timestamp = random();
    m_source = random();
    m_port->onDatagram([this](std::string_view, const base::Endpoint &) { ++m_received; });
}

RtpSender::~RtpSender()
{
    stop();
}

void RtpSender::play(std::vector<Sound> sounds)
{
    m_sounds.assign(sounds.begin(), sounds.end());
    m_position = 0;
    if (m_sounds.empty() || (m_sounds.size() == 1 && m_sounds.front() == Sound::None)) {
        stop();
        return;
    }
    if (m_timer == 0) {
        m_due = Reactor::clock();
        m_marker = true;
        tick();
    }
}

void RtpSender::stop()
{
    m_reactor.cancel(m_timer);
    m_timer = 0;
}

void RtpSender::tick()
{
    const auto now = Reactor::clock();
    if (now - m_due > kLongestLag) { // the machine slept: go on from here instead of a burst
        m_timestamp += static_cast<std::uint32_t>((now - m_due) / kPacket * kSamples);
        m_due = now;
    }
    sendPacket();
    m_due += kPacket; // by the clock, so that delays do not add up
    m_timer = m_reactor.at(m_due, [this] { tick(); });
}

void RtpSender::sendPacket()
{
    if (m_sounds.size() > 1 && m_position * 1'000'000 / 8 >=
                                   static_cast<std::uint64_t>(duration(m_sounds.front()).count())) {
        m_sounds.pop_front();
        m_position = 0;
    }
    std::string packet;
    packet.reserve(12 + kSamples);
    const auto put = [&](std::uint32_t value, int octets) {
        for (int i = octets - 1; i >= 0; --i)
            packet += static_cast<char>(value >> (8 * i) & 0xFFU);
    };
    put(0x80, 1); // version 2
    put((m_marker ? 0x80U : 0U) | m_payloadType, 1);
    put(m_sequence++, 2);
    put(m_timestamp, 4);
    put(m_source, 4);
    for (std::size_t i = 0; i < kSamples; ++i)
        packet += static_cast<char>(muLaw(sample(m_sounds.front(), m_position + i)));
    m_position += kSamples;
    m_timestamp += kSamples;
    m_marker = false;
    if (m_remote.known() && m_sounds.front() != Sound::None) {
        m_port->send(packet, m_remote);
        ++m_sent;
    }
}

} // namespace lab
