// SPDX-License-Identifier: Apache-2.0
// Messages that JSON and C arrays hold whole.
#include <gtest/gtest.h>
#include <sip/message.h>

#include "reading.h"

namespace {

using reading::read;

constexpr std::string_view kOptions = "OPTIONS sip:b@example.test SIP/2.0\\r\\n"
                                      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\\r\\n"
                                      "From: <sip:a@example.test>;tag=a\\r\\n"
                                      "To: <sip:b@example.test>\\r\\n"
                                      "Call-ID: told@example.test\\r\\n"
                                      "CSeq: 1 OPTIONS\\r\\nContent-Length: 0\\r\\n\\r\\n";

TEST(ToldMessages, anAnswerOfHomerOnOneLineLosesNone)
{
    std::string text = "{\"data\": [";
    for (int i = 0; i < 3; ++i)
        text += std::string(i == 0 ? "" : ", ") +
                "{\"id\": 1, \"protocol_header\": {\"protocol\": 17, \"srcIp\": \"192.0.2.1\", "
                "\"dstIp\": \"192.0.2.2\", \"srcPort\": 5060, \"dstPort\": 5070, \"timeSeconds\": "
                "1700000000, \"timeUseconds\": " +
                std::to_string(i * 250000) + "}, \"raw\": \"" + std::string(kOptions) + "\"}";
    const auto out = read(text + "]}");
    ASSERT_EQ(out.packets.size(), 3U);
    EXPECT_EQ(out.packets[0].source.text(), "192.0.2.1:5060");
    EXPECT_EQ(out.packets[0].destination.text(), "192.0.2.2:5070");
    EXPECT_EQ(out.packets[0].transport, base::Transport::Udp);
    EXPECT_EQ(out.packets[0].time.ns, 1'700'000'000'000'000'000LL);
    EXPECT_EQ((out.packets[2].time - out.packets[0].time).count(), 500'000'000);
}

TEST(ToldMessages, linesWithOtherNamesAreReadToo)
{
    const std::string one = "{\"@timestamp\": \"2023-11-14T22:13:20.500Z\", \"src_ip\": "
                            "\"192.0.2.1\", \"src_port\": 5060, \"dst_ip\": \"192.0.2.2\", "
                            "\"dst_port\": \"5070\", \"message\": \"" +
                            std::string(kOptions) + "\"}\n";
    const auto out = read(one + one);
    ASSERT_EQ(out.packets.size(), 2U);
    EXPECT_EQ(out.packets[1].source.text(), "192.0.2.1:5060");
    EXPECT_EQ(out.packets[1].destination.text(), "192.0.2.2:5070");
    EXPECT_EQ(out.packets[1].time.ns, 1'700'000'000'500'000'000LL);
    const auto message = sip::parse(out.packets[1].payload.text());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->callId(), "told@example.test");
}

TEST(ToldMessages, timesInNanosecondsAndNestedEndsAreRead)
{
    const auto out =
        read("{\"ts\": 1700000000123456789, \"source\": {\"ip\": \"192.0.2.1\", \"port\": "
             "5060}, \"destination\": {\"ip\": \"192.0.2.2\", \"port\": 5070}, "
             "\"message\": \"" +
             std::string(kOptions) + "\"}");
    ASSERT_EQ(out.packets.size(), 1U);
    EXPECT_EQ(out.packets[0].time.ns, 1'700'000'000'123'456'789LL);
    EXPECT_EQ(out.packets[0].source.text(), "192.0.2.1:5060");
    EXPECT_EQ(out.packets[0].destination.text(), "192.0.2.2:5070");
}

TEST(ToldMessages, anArrayOfMessagesIsAsManyAndATwinUnderAnotherKeyIsOne)
{
    const std::string one = "\"" + std::string(kOptions) + "\"";
    EXPECT_EQ(
        read("{\"srcIp\": \"192.0.2.1\", \"messages\": [" + one + "," + one + "," + one + "]}")
            .packets.size(),
        3U);
    EXPECT_EQ(read("{\"srcIp\": \"192.0.2.1\", \"raw\": " + one + ", \"message\": " + one + "}")
                  .packets.size(),
              1U);
}

/// Where the outermost object does not end, what lies whole within it is read all the same.
TEST(ToldMessages, ofAnObjectThatIsCutOffTheWholePartsAreRead)
{
    const std::string one =
        "{\"srcIp\": \"192.0.2.1\", \"raw\": \"" + std::string(kOptions) + "\"}";
    const auto out =
        read("{\"total\": 3, \"data\": [" + one + ", " + one + ", " + one.substr(0, 90));
    EXPECT_EQ(out.packets.size(), 2U);
}

TEST(ToldMessages, everyCutIsSurvived)
{
    const std::string text = "[{\"src_ip\": \"192.0.2.1\", \"raw\": \"" + std::string(kOptions) +
                             "\"}, {\"src_ip\": {\"x\": [[[1e400]]]}}]";
    for (std::size_t size = 1; size < text.size(); ++size)
        EXPECT_LE(read(text.substr(0, size)).packets.size(), 1U);
}

TEST(ToldMessages, arraysOfAFollowedStreamKeepTheirSides)
{
    const auto array = [](int peer, int number, std::string_view bytes) {
        std::string out = "char peer" + std::to_string(peer) + "_" + std::to_string(number) +
                          "[] = { /* Packet " + std::to_string(number + 1) + " */\n";
        constexpr std::string_view kDigits = "0123456789abcdef";
        for (const char c : bytes) {
            const auto value = static_cast<unsigned char>(c);
            out += std::string("0x") + kDigits[value >> 4U] + kDigits[value & 15U] + ", ";
        }
        return out + "};\n";
    };
    const std::string request = "OPTIONS sip:b@example.test SIP/2.0\r\n"
                                "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                                "Call-ID: array@example.test\r\nCSeq: 1 OPTIONS\r\n"
                                "Content-Length: 0\r\n\r\n";
    const std::string answer = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                               "Call-ID: array@example.test\r\nCSeq: 1 OPTIONS\r\n"
                               "Content-Length: 0\r\n\r\n";
    const auto out = read(array(0, 0, request) + array(1, 0, answer));
    ASSERT_EQ(out.packets.size(), 2U);
    EXPECT_EQ(out.packets[0].payload.text(), request);
    EXPECT_EQ(out.packets[1].payload.text(), answer);
}

} // namespace
