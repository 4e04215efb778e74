// SPDX-License-Identifier: Apache-2.0
#include <rtp/rtp_packet.h>

#include <cmath>
#include <gtest/gtest.h>

namespace {

rtp::RtpPacket sample()
{
    rtp::RtpPacket packet;
    packet.payloadType = 8;
    packet.marker = true;
    packet.sequence = 0xABCD;
    packet.timestamp = 0x01020304;
    packet.ssrc = 0xDEADBEEF;
    packet.payload = "voice";
    return packet;
}

TEST(RtpPacket, IsReadAsItWasWritten)
{
    const std::string bytes = rtp::writeRtp(sample());
    EXPECT_EQ(bytes.size(), 17U);
    const auto read = rtp::parseRtp(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->payloadType, 8);
    EXPECT_TRUE(read->marker);
    EXPECT_EQ(read->sequence, 0xABCD);
    EXPECT_EQ(read->timestamp, 0x01020304U);
    EXPECT_EQ(read->ssrc, 0xDEADBEEFU);
    EXPECT_EQ(read->payload, "voice");
}

TEST(RtpPacket, LeavesOutSourcesExtensionAndPadding)
{
    std::string bytes = rtp::writeRtp(sample()).substr(0, 12);
    bytes[0] = static_cast<char>(0x80 | 0x20 | 0x10 | 2); // padding, extension, two CSRCs
    bytes += "csrccsrc";
    bytes += std::string("\xBE\xDE\x00\x01", 4) + "extn";
    bytes += "voice";
    bytes += std::string("\0\0\x03", 3);
    const auto read = rtp::parseRtp(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->payload, "voice");
    for (std::size_t length = 0; length < 28; ++length)
        EXPECT_FALSE(rtp::parseRtp(std::string_view(bytes).substr(0, length))) << length;
}

TEST(RtpPacket, KeepsThePayloadWholeWhenThePaddingCountCannotBe)
{
    for (const char count : {'\0', '\x7F'}) {
        std::string bytes = rtp::writeRtp(sample());
        bytes[0] = static_cast<char>(0xA0);
        bytes.back() = count;
        const auto read = rtp::parseRtp(bytes);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->payload.size(), 5U);
    }
}

TEST(RtpPacket, RefusesOtherVersionsAndShortOnes)
{
    std::string bytes = rtp::writeRtp(sample());
    bytes[0] = 0x40;
    EXPECT_FALSE(rtp::parseRtp(bytes));
    EXPECT_FALSE(rtp::parseRtp(""));
    EXPECT_FALSE(rtp::parseRtp("INVITE sip:x SIP/2.0"));
}

TEST(RtpPacket, TellsRtcpApart)
{
    EXPECT_TRUE(rtp::looksLikeRtcp(std::string("\x80\xC9\x00\x01\x00\x00\x00\x01", 8)));
    EXPECT_TRUE(rtp::looksLikeRtcp(std::string("\x81\xC8\x00\x06\x00\x00\x00\x01", 8)));
    EXPECT_FALSE(rtp::looksLikeRtcp(rtp::writeRtp(sample())));
    EXPECT_FALSE(rtp::looksLikeRtcp(std::string("\x80\xC9\x00\x01", 4)));
    EXPECT_FALSE(rtp::looksLikeRtcp(std::string("\x40\xC9\x00\x01\x00\x00\x00\x01", 8)));
}

TEST(G711Level, IsZeroForAFullScaleSquareWave)
{
    EXPECT_NEAR(*rtp::g711Level(0, std::string("\x80\x00\x80\x00", 4)), 0, 1e-9);
    EXPECT_NEAR(*rtp::g711Level(8, std::string("\xAA\x2A\xAA\x2A", 4)), 0, 1e-9);
}

TEST(G711Level, KnowsSilenceAndOtherCodecs)
{
    EXPECT_EQ(*rtp::g711Level(0, std::string(160, '\xFF')), -96);
    EXPECT_NEAR(*rtp::g711Level(8, std::string(160, '\xD5')), 20 * std::log10(8.0 / 32256), 1e-9);
    EXPECT_FALSE(rtp::g711Level(9, std::string(160, '\xFF')));
    EXPECT_FALSE(rtp::g711Level(0, ""));
}

TEST(G711Level, FollowsTheLawsOfG711)
{
    // Points of the tables in ITU-T G.711, scaled to 16 bits.
    const auto level = [](double sample, double full) { return 20 * std::log10(sample / full); };
    EXPECT_NEAR(*rtp::g711Level(0, "\xFE"), level(8, 32124), 1e-9);
    EXPECT_NEAR(*rtp::g711Level(0, "\x8F"), level(16764, 32124), 1e-9);
    EXPECT_NEAR(*rtp::g711Level(0, "\xE7"), level(260, 32124), 1e-9);
    EXPECT_NEAR(*rtp::g711Level(8, "\xD4"), level(24, 32256), 1e-9);
    EXPECT_NEAR(*rtp::g711Level(8, "\x85"), level(4224, 32256), 1e-9);
    EXPECT_NEAR(*rtp::g711Level(8, "\xA5"), level(16896, 32256), 1e-9);
}

} // namespace
