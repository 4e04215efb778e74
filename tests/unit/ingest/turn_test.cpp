// SPDX-License-Identifier: Apache-2.0
// Media between a client and its TURN server (RFC 8656).
#include "reading.h"

#include <gmock/gmock.h>
#include <ingest/decode/turn.h>

namespace {

using ingest::decode::behindTurn;

const base::Endpoint kClient = support::endpoint("192.0.2.10:50000"),
                     kServer = support::endpoint("203.0.113.90:3478");

std::string channel(std::string_view inside, unsigned number = 0x4001)
{
    return support::be16(static_cast<std::uint16_t>(number)) +
           support::be16(static_cast<std::uint16_t>(inside.size())) + std::string(inside);
}

std::string indication(std::uint16_t type, std::string_view inside)
{
    const std::string peer = std::string("\0\x12\0\x08\0\1", 6) + std::string(6, 'p');
    std::string attributes = peer + support::be16(0x13) +
                             support::be16(static_cast<std::uint16_t>(inside.size())) +
                             std::string(inside);
    attributes.resize((attributes.size() + 3) / 4 * 4);
    return support::be16(type) + support::be16(static_cast<std::uint16_t>(attributes.size())) +
           support::be32(0x2112A442) + std::string(12, 't') + attributes;
}

TEST(Turn, whatIsInsideStandsForItself)
{
    const std::string voice = support::rtp(7, 160, 5, std::string(161, '\x7F'));
    EXPECT_EQ(behindTurn(channel(voice)), voice);
    EXPECT_EQ(behindTurn(channel(voice) + std::string(3, '\0')), voice) << "padded";
    EXPECT_EQ(behindTurn(indication(0x16, voice)), voice);
    EXPECT_EQ(behindTurn(indication(0x17, voice)), voice);
    const auto read = reading::readIp({support::udp(kClient, kServer, channel(voice)),
                                       support::udp(kServer, kClient, channel(voice))});
    ASSERT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.payload(0), voice);
    EXPECT_EQ(read.packets[0].source, kClient);
    EXPECT_EQ(read.packets[0].destination, kServer);
}

TEST(Turn, whatLooksAlikeIsLeftAlone)
{
    const std::string voice = support::rtp(7, 160, 5, std::string(160, '\x7F'));
    EXPECT_FALSE(behindTurn(channel(voice) + std::string(4, '\0'))) << "too much behind";
    EXPECT_FALSE(behindTurn(channel(voice).substr(0, 100))) << "cut";
    EXPECT_FALSE(behindTurn(channel(voice, 0x5001))) << "no channel";
    EXPECT_FALSE(behindTurn(channel("some bytes of QUIC"))) << "nothing known inside";
    EXPECT_FALSE(behindTurn(channel("")));
    EXPECT_FALSE(behindTurn(indication(0x01, voice))) << "a binding request";
    EXPECT_FALSE(behindTurn(indication(0x16, voice).substr(0, 60)));
    EXPECT_FALSE(behindTurn(voice));
    EXPECT_FALSE(behindTurn("@\0"));
    EXPECT_FALSE(behindTurn({}));
}

} // namespace
