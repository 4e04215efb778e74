// SPDX-License-Identifier: Apache-2.0
// Writes one conversation as the logs of many programs show it, for the readers of text.
#pragma once

#include <base/endpoint.h>
#include <base/text.h>
#include <base/time.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace support::logs {

struct Said {
    base::Instant time;
    base::Endpoint from, to;
    std::string text;     // with CRLF
    bool received = true; // by the program that logs
};

inline base::Endpoint end(std::string_view text)
{
    return base::Endpoint::parse(text).value_or(base::Endpoint{});
}

inline std::string sdp(std::string_view host)
{
    return fmt::format("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
                       "m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n",
                       host);
}

inline std::string message(std::string_view first, std::string_view cseq, std::string_view callId,
                           std::string_view toTag, std::string_view body = {})
{
    return fmt::format("{}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{}\r\n"
                       "Max-Forwards: 70\r\n"
                       "From: \"Alice\" <sip:alice@example.test>;tag=a1\r\n"
                       "To: <sip:bob@example.test>{}{}\r\nCall-ID: {}\r\nCSeq: {}\r\n"
                       "Contact: <sip:who@192.0.2.1:5060>\r\n{}Content-Length: {}\r\n\r\n{}",
                       first, base::fileNamePart(cseq), toTag.empty() ? "" : ";tag=", toTag, callId,
                       cseq, body.empty() ? "" : "Content-Type: application/sdp\r\n", body.size(),
                       body);
}

/// INVITE, 100, 183 with SDP, PRACK and its 200, 200 with SDP, ACK, BYE, 200: seen by bob's
/// machine.
inline std::vector<Said> call(std::string_view callId = "one@192.0.2.1",
                              std::int64_t start = 1'704'198'896'789LL)
{
    const auto alice = end("192.0.2.1:5060"), bob = end("198.51.100.7:5070");
    std::vector<Said> out;
    const auto say = [&](std::int64_t ms, bool fromAlice, std::string text) {
        out.push_back({{(start + ms) * 1'000'000},
                       fromAlice ? alice : bob,
                       fromAlice ? bob : alice,
                       std::move(text),
                       fromAlice});
    };
    const std::string uri = "sip:bob@example.test";
    say(0, true, message("INVITE " + uri + " SIP/2.0", "1 INVITE", callId, "", sdp("192.0.2.1")));
    say(10, false, message("SIP/2.0 100 Trying", "1 INVITE", callId, ""));
    say(500, false,
        message("SIP/2.0 183 Session Progress", "1 INVITE", callId, "b1", sdp("198.51.100.7")));
    say(550, true, message("PRACK " + uri + " SIP/2.0", "2 PRACK", callId, "b1"));
    say(560, false, message("SIP/2.0 200 OK", "2 PRACK", callId, "b1"));
    say(2000, false, message("SIP/2.0 200 OK", "1 INVITE", callId, "b1", sdp("198.51.100.7")));
    say(2050, true, message("ACK " + uri + " SIP/2.0", "1 ACK", callId, "b1"));
    say(9000, true, message("BYE " + uri + " SIP/2.0", "3 BYE", callId, "b1"));
    say(9020, false, message("SIP/2.0 200 OK", "3 BYE", callId, "b1"));
    return out;
}

inline std::string replaced(std::string text, std::string_view what, std::string_view with)
{
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

inline std::string lineFeeds(std::string_view text) // as most logs keep them
{
    return replaced(std::string(text), "\r\n", "\n");
}

/// Each line behind a prefix.
inline std::string behind(std::string_view prefix, std::string_view text)
{
    std::string out;
    const std::string lines = lineFeeds(text);
    for (const auto line : base::split(lines, '\n'))
        out.append(prefix).append(line).append("\n");
    return out;
}

inline std::string clock(base::Instant time) // 12:34:56.789000
{
    return base::utc(time).substr(11) + "000";
}

inline std::string syslogTime(base::Instant time) // Jan  2 12:34:56
{
    return "Jan  2 " + base::utc(time).substr(11, 8);
}

} // namespace support::logs
