// SPDX-License-Identifier: Apache-2.0
#include "sender.h"

#include <algorithm>
#include <random>
#include <rtp/rtp_packet.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kPeriod = 20ms;
constexpr base::Duration kGivenUp =
    100ms; // that far behind, the missing packets are not made up for

} // namespace

Sender::Sender(PayloadMap payload, base::Endpoint to, std::unique_ptr<Encoder> encoder,
               std::unique_ptr<Voice> voice, std::uint64_t seed)
    : m_payload(std::move(payload)), m_to(to), m_encoder(std::move(encoder)),
      m_voice(std::move(voice)), m_frame(m_encoder->rate() / 50)
{
    std::mt19937_64 random(seed);
    m_ssrc = static_cast<std::uint32_t>(random());
    m_timestamp = static_cast<std::uint32_t>(random());
    m_sequence = static_cast<std::uint16_t>(random());
}

Sender::Course Sender::course() const
{
    return {clock(), m_due, m_ssrc, m_timestamp, m_sequence, m_packets, m_octets};
}

void Sender::resume(const Course &course)
{
    if (course.clock != clock())
        return;
    m_due = course.due; // run() makes up for the pause in time stamps
    m_ssrc = course.ssrc;
    m_timestamp = course.timestamp;
    m_sequence = course.sequence;
    m_packets = course.packets;
    m_octets = course.octets;
}

void Sender::run(base::Duration now, const Send &send, const Said &said)
{
    if (m_due.count() == 0)
        m_due = now;
    if (now - m_due > kGivenUp) {
        const auto skipped = (now - m_due) / kPeriod;
        m_due += skipped * kPeriod;
        m_timestamp += static_cast<std::uint32_t>(skipped) * m_encoder->clockStep();
        m_marker = true; // RFC 3551 section 4.1: the first packet after a silence
    }
    for (; m_due <= now; m_due += kPeriod)
        turn(send, said);
}

void Sender::events(std::optional<std::uint8_t> payloadType)
{
    m_eventType = payloadType;
    if (!payloadType)
        m_keys.clear();
}

void Sender::turn(const Send &send, const Said &said)
{
    if (auto event = m_eventType ? m_keys.next(m_timestamp, m_encoder->clockStep(), kPeriod)
                                 : std::nullopt) {
        (void)put(event->payload, *m_eventType, event->timestamp, event->marker, send);
        m_timestamp += m_encoder->clockStep();
        return;
    }
    m_voice->fill(m_frame);
    bool left = true; // an encoder may keep a first frame for the next packet
    m_encoder->encode(m_frame, [&](std::string_view payload, std::uint32_t units) {
        left = put(payload, m_payload.payloadType, m_timestamp, std::exchange(m_marker, false),
                   send) &&
               left;
        m_timestamp += units;
    });
    if (left && said)
        said(m_due, m_frame);
}

bool Sender::put(std::string_view payload, std::uint8_t type, std::uint32_t timestamp, bool marker,
                 const Send &send)
{
    rtp::RtpPacket packet;
    packet.payloadType = type;
    packet.marker = marker;
    packet.sequence = m_sequence++;
    packet.timestamp = timestamp;
    packet.ssrc = m_ssrc;
    packet.payload = payload;
    if (!send(m_to, rtp::writeRtp(packet)))
        return false;
    ++m_sent;
    ++m_packets;
    m_octets += static_cast<std::uint32_t>(payload.size());
    return true;
}

std::uint32_t Sender::clock() const
{
    return m_encoder->clockStep() * static_cast<std::uint32_t>(1s / kPeriod);
}

std::uint32_t Sender::timestampAt(base::Duration now) const
{
    if (m_due.count() == 0)
        return m_timestamp; // nothing has been sent yet
    // Of the next packet, whose stamp we know; it is never far from now.
    const std::int64_t ahead = std::clamp<base::Duration>(m_due - now, -10s, 10s).count();
    return m_timestamp - static_cast<std::uint32_t>(ahead * clock() / 1'000'000'000);
}

} // namespace media
