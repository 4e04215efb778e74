// SPDX-License-Identifier: Apache-2.0
#include "sender.h"

#include <random>
#include <rtp/rtp_packet.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kPeriod = 20ms;
constexpr base::Duration kGivenUp =
    100ms; // that far behind, the missing packets are not made up for

} // namespace

Sender::Sender(std::uint8_t payloadType, base::Endpoint to, std::unique_ptr<Encoder> encoder,
               std::unique_ptr<Voice> voice, std::uint64_t seed)
    : m_payloadType(payloadType), m_to(to), m_encoder(std::move(encoder)),
      m_voice(std::move(voice)), m_frame(m_encoder->rate() / 50)
{
    std::mt19937_64 random(seed);
    m_ssrc = static_cast<std::uint32_t>(random());
    m_timestamp = static_cast<std::uint32_t>(random());
    m_sequence = static_cast<std::uint16_t>(random());
}

void Sender::run(base::Duration now, const Send &send)
{
    if (m_due.count() == 0)
        m_due = now;
    if (now - m_due > kGivenUp) {
        const auto skipped = (now - m_due) / kPeriod;
        m_due += skipped * kPeriod;
        m_timestamp += static_cast<std::uint32_t>(skipped) * m_encoder->clockStep();
        m_marker = true; // RFC 3551 section 4.1: the first packet after a silence
    }
    while (m_due <= now) {
        m_voice->fill(m_frame);
        m_encoder->encode(m_frame, [&](std::string_view payload, std::uint32_t units) {
            rtp::RtpPacket packet;
            packet.payloadType = m_payloadType;
            packet.marker = std::exchange(m_marker, false);
            packet.sequence = m_sequence++;
            packet.timestamp = m_timestamp;
            packet.ssrc = m_ssrc;
            packet.payload = payload;
            m_timestamp += units;
            if (send(m_to, rtp::writeRtp(packet)))
                ++m_sent;
        });
        m_due += kPeriod;
    }
}

} // namespace media
