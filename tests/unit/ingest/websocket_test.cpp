// SPDX-License-Identifier: Apache-2.0
#include "talks.h"

#include <gmock/gmock.h>
#include <zlib.h>

using talks::message;
using talks::said;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const base::Endpoint kWeb = support::endpoint("10.0.0.2:8080");
constexpr int kText = 1, kPing = 9, kPong = 10, kClose = 8;

std::string frame(int code, std::string payload, bool masked, bool last = true, int reserved = 0)
{
    std::string out{static_cast<char>((last ? 0x80 : 0) | reserved | code)};
    const std::size_t n = payload.size();
    const int mask = masked ? 0x80 : 0;
    if (n < 126)
        out += static_cast<char>(mask | static_cast<int>(n));
    else if (n < 65536)
        out += static_cast<char>(mask | 126) + support::be16(static_cast<std::uint32_t>(n));
    else
        out += static_cast<char>(mask | 127) + support::be32(0) +
               support::be32(static_cast<std::uint32_t>(n));
    if (!masked)
        return out + payload;
    const std::string key = "\x37\xFA\x21\x3D";
    for (std::size_t i = 0; i < n; ++i)
        payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
    return out + key + payload;
}

std::string request(std::string_view protocol = "sip", std::string_view more = "")
{
    return "GET / HTTP/1.1\r\nHost: edge.example.test\r\nupgrade: WebSocket\r\n"
           "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Protocol: " +
           std::string(protocol) + "\r\n" + std::string(more) + "\r\n";
}

std::string answer(std::string_view protocol = "sip", std::string_view more = "")
{
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Protocol: " +
           std::string(protocol) + "\r\n" + std::string(more) + "\r\n";
}

reading::Read readWeb(const talks::Flights &flights, const talks::Cut &cut = {})
{
    return reading::readIp(talks::segments(flights, cut, kWeb), 100);
}

/// The payloads of one direction, one each.
std::vector<std::string> messages(const reading::Read &read, bool byClient)
{
    std::vector<std::string> out;
    for (const base::Packet &packet : read.packets) {
        if ((packet.source == talks::kClient) == byClient &&
            packet.kind == base::PacketKind::StreamData)
            out.emplace_back(packet.payload.text());
    }
    return out;
}

TEST(WebSocket, eachMessageIsOnePacket)
{
    const std::string big = message("MESSAGE", 70000), middle = message("NOTIFY", 500);
    const talks::Flights flights{
        {true, request()},
        {false, answer() + frame(kText, "SIP/2.0 100 Trying\r\n\r\n", false)},
        {true, frame(kText, message("INVITE"), true) + frame(2, big, true)},
        {false, frame(kText, middle, false)}};
    for (const std::size_t segment : {1400U, 1U << 15U, 3U}) {
        const auto read = readWeb(flights, {segment, {}, 0});
        EXPECT_THAT(messages(read, true), ElementsAre(message("INVITE"), big));
        EXPECT_THAT(messages(read, false), ElementsAre("SIP/2.0 100 Trying\r\n\r\n", middle));
        EXPECT_THAT(read.flaws, IsEmpty());
        for (const base::Packet &packet : read.packets)
            EXPECT_EQ(packet.transport, base::Transport::Ws);
    }
}

TEST(WebSocket, fragmentsJoinAroundControlFrames)
{
    const std::string text = message("INVITE");
    const auto read =
        readWeb({{true, request()},
                 {false, answer()},
                 {true, frame(kText, text.substr(0, 10), true, false) + frame(kPing, "hi", true) +
                            frame(0, text.substr(10, 5), true, false)},
                 {false, frame(kPong, "hi", false)},
                 {true, frame(0, text.substr(15), true)}});
    EXPECT_THAT(messages(read, true), ElementsAre("\x89\x02hi", text));
    EXPECT_THAT(messages(read, false), ElementsAre("\x8A\x02hi"));
}

TEST(WebSocket, otherSubprotocolsLeaveNoTrace)
{
    const auto read = readWeb({{true, request("chat")},
                               {false, answer("chat")},
                               {true, frame(kText, "hello there", true)},
                               {true, frame(kPing, "", true)}});
    EXPECT_THAT(messages(read, true), IsEmpty());
}

TEST(WebSocket, sipWithoutSubprotocolIsFoundByItsText)
{
    const auto read = readWeb({{true, request("")},
                               {false, answer("")},
                               {true, frame(kText, "{}", true)},
                               {true, frame(kText, message("OPTIONS"), true)}});
    EXPECT_THAT(messages(read, true), ElementsAre(message("OPTIONS")));
}

TEST(WebSocket, middleOfAConnectionIsReadFromTheFirstSipFrame)
{
    auto packets = talks::segments({{true, frame(kText, message("OPTIONS"), true)},
                                    {true, frame(kText, message("BYE"), true)},
                                    {false, "garbage " + frame(kText, message("INVITE"), false)},
                                    {false, frame(kText, message("CANCEL"), false)}},
                                   {}, kWeb);
    packets.erase(packets.begin(), packets.begin() + 2);
    const auto read = reading::readIp(packets);
    EXPECT_THAT(messages(read, true), ElementsAre(message("OPTIONS"), message("BYE")));
    EXPECT_THAT(messages(read, false), ElementsAre(message("CANCEL")));
}

TEST(WebSocket, aConnectionWhoseUpgradeWasNotCapturedIsRead)
{
    const auto read = readWeb({{true, frame(kText, message("OPTIONS"), true)},
                               {false, frame(kText, "SIP/2.0 200 OK\r\n\r\n", false)}});
    EXPECT_THAT(messages(read, true), ElementsAre(message("OPTIONS")));
    EXPECT_THAT(messages(read, false), ElementsAre("SIP/2.0 200 OK\r\n\r\n"));
}

TEST(WebSocket, aCaptureThatBeginsWithinALargeFrameIsRead)
{
    const std::string big = frame(kText, message("NOTIFY", 3000), true),
                      plain = frame(kText, message("NOTIFY", 3000), false);
    auto packets = talks::segments({{true, big},
                                    {false, plain},
                                    {true, frame(kText, message("OPTIONS"), true)},
                                    {false, frame(kText, message("BYE"), false)}},
                                   {1000, {0, 4}, 0}, kWeb);
    packets.erase(packets.begin(), packets.begin() + 2); // the SYNs
    const auto read = reading::readIp(packets);
    std::vector<std::string> web;
    for (const base::Packet &packet : read.packets)
        if (packet.transport == base::Transport::Ws && packet.kind == base::PacketKind::StreamData)
            web.emplace_back(packet.payload.text());
    EXPECT_THAT(web, ElementsAre(message("OPTIONS"), message("BYE")));
}

TEST(WebSocket, lostSegmentCostsItsMessages)
{
    const std::string big = message("MESSAGE", 3000);
    const auto read = readWeb({{true, request()},
                               {false, answer()},
                               {true, frame(kText, message("INVITE"), true)},
                               {true, frame(kText, big, true)},
                               {true, frame(kText, message("BYE"), true)}},
                              {1400, {4}, 0});
    EXPECT_EQ(said(read, true), message("INVITE") + "~" + message("BYE"));
}

TEST(WebSocket, lengthsAreCapped)
{
    const std::string huge("\x81\x7F\x00\x00\x00\x40\x00\x00\x00\x00", 10);
    const std::string absurd("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10);
    const auto read = readWeb({{true, request()},
                               {false, answer()},
                               {true, huge + "some of it"},
                               {false, absurd + "some of it"},
                               {false, frame(kText, message("BYE"), false)}});
    EXPECT_EQ(said(read, true), "~");
    EXPECT_EQ(said(read, false), "~" + message("BYE"));
    EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("2 WebSocket messages")));
    const auto cut = readWeb({{true, request()},
                              {false, answer()},
                              {true, frame(kText, message("MESSAGE", 300000), true)}});
    ASSERT_EQ(cut.packets.size(), 3U);
    EXPECT_TRUE(cut.packets[0].cut);
    EXPECT_EQ(cut.packets[0].payload.size(), 256U << 10U);
}

/// Messages as one deflate stream with a window that goes on.
std::vector<std::string> deflated(const std::vector<std::string> &texts)
{
    z_stream zlib{};
    deflateInit2(&zlib, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    std::vector<std::string> out;
    for (const std::string &text : texts) {
        std::string packed(text.size() + 1000, '\0');
        zlib.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
        zlib.avail_in = static_cast<uInt>(text.size());
        zlib.next_out = reinterpret_cast<Bytef *>(packed.data());
        zlib.avail_out = static_cast<uInt>(packed.size());
        deflate(&zlib, Z_SYNC_FLUSH);
        packed.resize(packed.size() - zlib.avail_out - 4);
        out.push_back(packed);
    }
    deflateEnd(&zlib);
    return out;
}

TEST(WebSocket, compressedMessagesAreReadWithTheWindowBefore)
{
    const std::string extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    const auto packed = deflated({message("INVITE", 100), message("INVITE", 101), "\r\n"});
    const auto read = readWeb({{true, request("sip", extension)},
                               {false, answer("sip", extension)},
                               {true, frame(kText, packed[0], true, true, 0x40)},
                               {true, frame(kText, packed[1].substr(0, 3), true, false, 0x40) +
                                          frame(0, packed[1].substr(3), true)},
                               {true, frame(kText, packed[2], true, true, 0x40)}});
    EXPECT_THAT(messages(read, true),
                ElementsAre(message("INVITE", 100), message("INVITE", 101), "\r\n"));
    const auto bomb = deflated({std::string(1U << 24U, 'x')});
    const auto capped = readWeb({{true, request("sip", extension)},
                                 {false, answer("sip", extension)},
                                 {true, frame(kText, bomb[0], true, true, 0x40)}});
    EXPECT_EQ(said(capped, true), "~");
    EXPECT_THAT(capped.flaws, ElementsAre(HasSubstr("1 WebSocket message with")));
}

TEST(WebSocket, closeIsToldWithItsReason)
{
    const auto read = readWeb({{true, request()},
                               {false, answer()},
                               {false, frame(kClose, "\x03\xE9going away", false)}});
    EXPECT_THAT(talks::notes(read),
                ElementsAre("WebSocket closed by 10.0.0.2:8080, code 1001: going away."));
}

TEST(WebSocket, ordinaryHttpPasses)
{
    const std::string get = "GET / HTTP/1.1\r\nHost: example.test\r\n\r\n";
    const std::string page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    for (const std::size_t segment : {1400U, 5U}) {
        const auto read = readWeb({{true, get}, {false, page}, {true, get}}, {segment, {}, 0});
        EXPECT_EQ(said(read, true), get + get);
        EXPECT_EQ(said(read, false), page);
    }
    EXPECT_EQ(said(readWeb({{true, "GET"}}), true), "GET"); // and what never becomes a request
}

TEST(WebSocket, insideTlsIsWss)
{
    support::TlsSettings settings;
    settings.protocol = "http/1.1";
    support::TlsTalk talk(settings);
    talk.handshake();
    talk.client(request());
    talk.server(answer());
    talk.client(frame(kText, message("INVITE"), true));
    talk.server(frame(kPing, "", false));
    const auto read = reading::readIp(talks::segments(talk.flights, {}, kWeb), 10, talk.keyLog);
    EXPECT_THAT(messages(read, true), ElementsAre(message("INVITE")));
    EXPECT_THAT(messages(read, false), ElementsAre(std::string("\x89\0", 2)));
    EXPECT_EQ(read.packets[0].transport, base::Transport::Wss);
    EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("all opened")));
}

} // namespace
