// SPDX-License-Identifier: Apache-2.0
// The RTP packets of a Conversation's "rtp N words...": pt= ssrc= sequence= size= (bytes of
// payload), step= (timestamps per packet), at= (packets before the first, by its timestamp), and
// what is in them: a square wave, "silent", "spoken" (PCMU that sounds like speech), event=N (a key
// of RFC 4733, "ended" with the end bit).
#pragma once

#include <rtp/g711.h>
#include <rtp/rtp_packet.h>
#include <string>
#include <support/conversation_line.h>
#include <support/sounds.h>
#include <vector>

namespace support::spoken {

class Voice
{
public:
    explicit Voice(const Line &line)
        : m_size(static_cast<std::size_t>(line.number("size", 160))),
          m_step(static_cast<std::uint32_t>(line.number("step", 160)))
    {
        m_rtp.payloadType = static_cast<std::uint8_t>(line.number("pt", 0));
        m_rtp.ssrc =
            static_cast<std::uint32_t>(line.number("ssrc", host(line.from, 1).address.bytes[3]));
        m_rtp.sequence = static_cast<std::uint16_t>(line.number("sequence", 0));
        m_rtp.timestamp = static_cast<std::uint32_t>(line.number("at", 0)) * 160;
        if (line.has("event"))
            m_event = static_cast<int>(line.number("event", 0)) + (line.has("ended") ? 0x100 : 0);
        if (line.has("spoken"))
            m_speech = pcm(atLevel(speech(30, m_rtp.ssrc), -20));
        m_payload.assign(m_size, m_rtp.payloadType == 8 ? '\xd5' : '\xff');
        if (!line.has("silent")) // a square wave of 400 Hz in both laws
            for (std::size_t i = 0; i < m_payload.size(); ++i)
                m_payload[i] = i / 10 % 2 == 0 ? '\x30' : '\xb0';
    }

    std::string next()
    {
        for (std::size_t i = 0; i < m_size && !m_speech.empty(); ++i)
            m_payload[i] =
                static_cast<char>(rtp::muLawCode(m_speech[m_spoken++ % m_speech.size()]));
        if (m_event >= 0) { // under way for 20 ms more with each packet
            m_duration += 160;
            m_payload = {static_cast<char>(m_event & 0xFF), m_event > 0xFF ? '\x8a' : '\x0a',
                         static_cast<char>(m_duration >> 8U),
                         static_cast<char>(m_duration & 0xFFU)};
        }
        m_rtp.payload = m_payload;
        auto bytes = rtp::writeRtp(m_rtp);
        ++m_rtp.sequence;
        m_rtp.timestamp += m_step;
        return bytes;
    }

private:
    std::size_t m_size, m_spoken = 0;
    std::uint32_t m_step;
    int m_event = -1; // of RFC 4733, above 255: at its end
    unsigned m_duration = 0;
    rtp::RtpPacket m_rtp;
    std::string m_payload;
    std::vector<std::int16_t> m_speech;
};

} // namespace support::spoken
