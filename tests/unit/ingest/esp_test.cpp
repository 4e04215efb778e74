// SPDX-License-Identifier: Apache-2.0
// ESP with the null cipher: what a telephone's IMS signalling looks like (TS 33.203).
#include "reading.h"

#include <algorithm>
#include <gmock/gmock.h>

namespace {

const base::Endpoint kA = support::endpoint("192.0.2.1:5060"),
                     kB = support::endpoint("192.0.2.2:5061");

std::string esp(std::uint8_t next, std::string_view inside, std::size_t check)
{
    std::string out = support::be32(0x1234) + support::be32(1) + std::string(inside);
    const std::size_t padding = (4 - (inside.size() + 2) % 4) % 4;
    for (std::size_t i = 1; i <= padding; ++i)
        out += static_cast<char>(i);
    out += static_cast<char>(padding);
    out += static_cast<char>(next);
    return support::ipPacket(kA.address, kB.address, 50, out + std::string(check, '\xAA'));
}

/// With the checksum that a sender writes.
std::string segment(std::string_view payload)
{
    std::string out = support::be16(5060) + support::be16(5061) + support::be32(1000) +
                      support::be32(0) + "\x50\x18" + support::be16(4096) + support::be16(0) +
                      support::be16(0) + std::string(payload);
    const std::string covered = support::addressBytes(kA.address) +
                                support::addressBytes(kB.address) + support::be16(6) +
                                support::be16(static_cast<std::uint32_t>(out.size())) + out;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < covered.size(); ++i)
        sum += static_cast<std::uint32_t>(static_cast<unsigned char>(covered[i]))
               << (i % 2 == 0 ? 8U : 0U);
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFFU) + (sum >> 16U);
    return out.replace(16, 2, support::be16(0xFFFFU - sum));
}

TEST(Esp, withTheNullCipherIsRead)
{
    for (const std::size_t check : {12U, 16U, 32U, 0U}) {
        for (const std::string text : {"four", "fives", "sixsix", "seven!!"}) {
            const auto datagram =
                reading::readIp({esp(17, support::udpSegment(5060, 5061, text), check)});
            ASSERT_EQ(datagram.packets.size(), 1U) << check << text;
            EXPECT_EQ(datagram.payload(0), text);
            EXPECT_EQ(datagram.packets[0].source, kA);
            EXPECT_EQ(datagram.packets[0].destination, kB);
            const auto stream = reading::readIp({esp(6, segment(text), check)});
            EXPECT_TRUE(std::any_of(stream.packets.begin(), stream.packets.end(),
                                    [&](const auto &each) { return each.payload.text() == text; }))
                << check << text;
            const auto tunnel = reading::readIp({esp(4, support::udp(kB, kA, text), check)});
            ASSERT_EQ(tunnel.packets.size(), 1U) << check << text;
            EXPECT_EQ(tunnel.packets[0].source, kB);
        }
    }
}

TEST(Esp, whatIsEncryptedStaysClosed)
{
    for (int size = 0; size < 300; ++size) {
        std::string noise;
        for (int i = 0; i < size; ++i)
            noise += static_cast<char>((i * 167 + size * 13 + i * i * 31) & 0xFF);
        EXPECT_TRUE(
            reading::readIp({support::ipPacket(kA.address, kB.address, 50, noise)}).packets.empty())
            << size;
    }
    std::string wrong = segment("text");
    wrong.back() = '!';
    EXPECT_TRUE(reading::readIp({esp(6, wrong, 12)}).packets.empty());
}

} // namespace
