// SPDX-License-Identifier: Apache-2.0
// What the session tests share: the messages of a small call with early media, as packets and as
// frames of a capture.
#pragma once

#include <base/packet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <session/session.h>
#include <support/capture_writer.h>
#include <support/step_until.h>

namespace talk {

using namespace std::chrono_literals;

inline const base::Endpoint kCaller = support::endpoint("192.0.2.1:5060");
inline const base::Endpoint kCallee = support::endpoint("192.0.2.2:5060");
inline const base::Endpoint kCallerMedia = support::endpoint("192.0.2.1:40000");
inline const base::Endpoint kCalleeMedia = support::endpoint("192.0.2.2:30000");

inline base::Instant at(std::int64_t milliseconds)
{
    return {1'700'000'000'000'000'000 + milliseconds * 1'000'000};
}

inline std::string sdp(const base::Endpoint &media)
{
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 0\r\n"
        "a=rtpmap:0 PCMU/8000\r\n",
        media.address.text(), media.port);
}

inline std::string message(std::string_view firstLine, std::string_view cseq,
                           std::string_view callId, std::string_view toTag,
                           std::string_view body = {})
{
    return fmt::format(
        "{}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{}{}\r\nMax-Forwards: 70\r\n"
        "From: <sip:a@example.test>;tag=from\r\nTo: <sip:b@example.test>{}\r\nCall-ID: {}\r\n"
        "CSeq: {}\r\nContact: <sip:a@192.0.2.1>\r\n{}Content-Length: {}\r\n\r\n{}",
        firstLine, callId, cseq.front(), toTag.empty() ? "" : fmt::format(";tag={}", toTag), callId,
        cseq, body.empty() ? "" : "Content-Type: application/sdp\r\n", body.size(), body);
}
inline std::string invite(std::string_view callId)
{
    return message("INVITE sip:b@example.test SIP/2.0", "1 INVITE", callId, "", sdp(kCallerMedia));
}
inline std::string progress(std::string_view callId)
{
    return message("SIP/2.0 183 Session Progress", "1 INVITE", callId, "to", sdp(kCalleeMedia));
}
inline std::string failure(std::string_view callId)
{
    return message("SIP/2.0 430 Flow Failed", "1 INVITE", callId, "to");
}
inline std::string ack(std::string_view callId)
{
    return message("ACK sip:b@example.test SIP/2.0", "1 ACK", callId, "to");
}

inline base::Packet datagram(base::Instant time, const base::Endpoint &from,
                             const base::Endpoint &to, std::string_view payload)
{
    base::Packet packet;
    packet.time = time;
    packet.transport = base::Transport::Udp;
    packet.source = from;
    packet.destination = to;
    packet.payload = base::Blob::copy(payload);
    return packet;
}
inline base::Packet stream(base::Instant time, std::uint32_t id, std::string_view payload,
                           base::PacketKind kind = base::PacketKind::StreamData)
{
    base::Packet packet = datagram(time, kCaller, kCallee, payload);
    packet.kind = kind;
    packet.transport = base::Transport::Tcp;
    packet.stream = id;
    return packet;
}

/// INVITE, 183 with SDP, RTP towards the caller, 430, ACK.
inline std::vector<base::Packet> earlyMediaCall(std::string_view callId, int rtpPackets = 10)
{
    std::vector<base::Packet> out{datagram(at(0), kCaller, kCallee, invite(callId)),
                                  datagram(at(20), kCallee, kCaller, progress(callId))};
    for (int i = 0; i < rtpPackets; ++i)
        out.push_back(
            datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia,
                     support::rtp(static_cast<std::uint16_t>(100 + i),
                                  160U * static_cast<unsigned>(i), 77, std::string(160, '\x7F'))));
    out.push_back(datagram(at(3000), kCallee, kCaller, failure(callId)));
    out.push_back(datagram(at(3010), kCaller, kCallee, ack(callId)));
    return out;
}

inline std::vector<support::CapturedFrame> frames(const std::vector<base::Packet> &packets)
{
    std::vector<support::CapturedFrame> out;
    for (const base::Packet &packet : packets)
        out.push_back(
            {packet.time, support::ethernet(support::udp(packet.source, packet.destination,
                                                         packet.payload.text()))});
    return out;
}

inline std::unique_ptr<session::Session> open(bool live, session::Session::OnUpdate onUpdate = {})
{
    session::Options options;
    options.live = live;
    return std::move(session::Session::open(options, std::move(onUpdate)).value());
}

inline void push(session::Session &session, const std::vector<base::Packet> &packets)
{
    for (const base::Packet &packet : packets)
        ASSERT_TRUE(session.inbox().push(packet));
}

constexpr std::chrono::seconds kLimit{60};

} // namespace talk
