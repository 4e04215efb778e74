// SPDX-License-Identifier: Apache-2.0
#include "reading.h"

#include <gmock/gmock.h>

namespace {

using reading::readFrame;
using reading::readIp;
using support::be16;
using support::be32;
using support::endpoint;

const base::Endpoint kFour = endpoint("192.0.2.1:5060"), kFourTo = endpoint("198.51.100.2:5070");
const base::Endpoint kSix = endpoint("[2001:db8::1]:5060"), kSixTo = endpoint("[2001:db8::2]:5070");
const std::string kVlan = be16(0x8100) + be16(42), kQinQ = be16(0x88A8) + be16(7);

void expectHello(const reading::Read &read, const base::Endpoint &from, const base::Endpoint &to)
{
    ASSERT_EQ(read.packets.size(), 1U);
    const base::Packet &packet = read.packets[0];
    EXPECT_EQ(packet.kind, base::PacketKind::Datagram);
    EXPECT_EQ(packet.transport, base::Transport::Udp);
    EXPECT_EQ(packet.origin, base::Origin::Capture);
    EXPECT_EQ(packet.payload.text(), "hello");
    EXPECT_EQ(packet.source, from);
    EXPECT_EQ(packet.destination, to);
    EXPECT_EQ(packet.time, reading::at(0));
}

TEST(Ip, dscpAndHopsAreRead)
{
    std::string four = support::udp(kFour, kFourTo, "hello"),
                six = support::udp(kSix, kSixTo, "hello");
    four[1] = '\xBA'; // DSCP 46, ECN 2
    four[8] = 61;
    six[0] = '\x6B'; // version 6, traffic class 0xBA
    six[1] = '\xA0';
    six[7] = 62;
    for (const auto &[bytes, hops] : {std::pair{four, 61}, {six, 62}}) {
        const auto read = readIp({bytes});
        ASSERT_EQ(read.packets.size(), 1U);
        EXPECT_EQ(read.packets[0].dscp, 46);
        EXPECT_EQ(read.packets[0].hops, hops);
    }
}

TEST(Link, pppoeSessions)
{
    const auto session = [](std::uint16_t protocol, std::string_view ip) {
        return std::string(12, '\x02') + kVlan + be16(0x8864) + be16(0x1100) + be16(7) +
               be16(static_cast<std::uint32_t>(ip.size() + 2)) + be16(protocol) + std::string(ip);
    };
    expectHello(readFrame(1, session(0x0021, support::udp(kFour, kFourTo, "hello"))), kFour,
                kFourTo);
    expectHello(readFrame(1, session(0x0057, support::udp(kSix, kSixTo, "hello"))), kSix, kSixTo);
    EXPECT_TRUE(readFrame(1, session(0xC021, "configure")).packets.empty());
    EXPECT_TRUE(readFrame(1, session(0x0021, "")).packets.empty());
}

TEST(Link, ethernetWithAndWithoutTags)
{
    const std::string four = support::udp(kFour, kFourTo, "hello");
    expectHello(readFrame(1, support::ethernet(four)), kFour, kFourTo);
    expectHello(readFrame(1, support::ethernet(four, kVlan)), kFour, kFourTo);
    expectHello(readFrame(1, support::ethernet(four, kQinQ + kVlan)), kFour, kFourTo);
    expectHello(readFrame(1, support::ethernet(support::udp(kSix, kSixTo, "hello"), kVlan)), kSix,
                kSixTo);
    expectHello(readFrame(1, support::ethernet(four) + std::string(9, '\0')), kFour,
                kFourTo); // padding
}

TEST(Link, cookedRawAndLoopback)
{
    const std::string four = support::udp(kFour, kFourTo, "hello"),
                      six = support::udp(kSix, kSixTo, "hello");
    expectHello(readFrame(113, std::string(14, '\0') + be16(0x0800) + four), kFour, kFourTo);
    expectHello(readFrame(113, std::string(14, '\0') + kVlan + be16(0x86DD) + six), kSix, kSixTo);
    expectHello(readFrame(276, be16(0x0800) + std::string(18, '\0') + four), kFour, kFourTo);
    for (const std::uint32_t raw : {101U, 12U, 14U})
        expectHello(readFrame(raw, six), kSix, kSixTo);
    expectHello(readFrame(228, four), kFour, kFourTo);
    expectHello(readFrame(229, six), kSix, kSixTo);
    expectHello(readFrame(0, std::string("\x02\0\0\0", 4) + four), kFour, kFourTo);
    expectHello(readFrame(0, std::string("\x1E\0\0\0", 4) + six), kSix, kSixTo);
    expectHello(readFrame(108, be32(2) + four), kFour, kFourTo);
}

TEST(Link, otherLinkTypesAreToldAndLeftOut)
{
    const auto read = readFrame(195, "anything");
    EXPECT_TRUE(read.packets.empty());
    ASSERT_TRUE(read.outcome);
    EXPECT_THAT(read.outcome->linkTypes, testing::ElementsAre("link type 195"));
    EXPECT_THAT(read.flaws, testing::ElementsAre(testing::HasSubstr("1 of 1 frame comes")));
}

TEST(Ip, headerOptionsAndExtensionHeaders)
{
    support::IpOptions options;
    options.extension = std::string(8, '\x01');
    expectHello(readIp({support::ipPacket(kFour.address, kFourTo.address, 17,
                                          support::udpSegment(5060, 5070, "hello"), options)}),
                kFour, kFourTo);
    // hop-by-hop (8 bytes), then destination options (16), then authentication (12), then UDP
    options.extension = std::string("\x3C\0", 2) + std::string(6, '\0') +
                        std::string("\x33\x01", 2) + std::string(14, '\0') +
                        std::string("\x11\x01", 2) + std::string(10, '\0');
    options.firstHeader = 0;
    expectHello(readIp({support::ipPacket(kSix.address, kSixTo.address, 17,
                                          support::udpSegment(5060, 5070, "hello"), options)}),
                kSix, kSixTo);
}

TEST(Ip, everyCutOfAPacketIsHarmless)
{
    support::IpOptions options;
    options.extension =
        std::string("\x2C\0", 2) + std::string(6, '\0') + std::string("\x11\0\0\0", 4) + be32(9);
    const std::string packets[] = {
        support::udp(kFour, kFourTo, "hello"), support::tcp(kFour, kFourTo, 9, "hello"),
        support::ipPacket(kSix.address, kSixTo.address, 17,
                          support::udpSegment(5060, 5070, "hello"), options)};
    for (const std::string &packet : packets) {
        for (std::size_t length = 0; length < packet.size(); ++length) {
            const auto read = readIp({packet.substr(0, length)});
            ASSERT_TRUE(read.outcome) << length;
            for (const base::Packet &out : read.packets)
                EXPECT_LT(out.payload.size(), 5U) << length;
        }
    }
}

std::vector<std::string> fragmentsOfFour(std::string_view datagram, std::size_t size,
                                         std::uint16_t id = 7)
{
    std::vector<std::string> out;
    for (std::size_t at = 0; at < datagram.size(); at += size) {
        support::IpOptions options;
        options.identification = id;
        const bool more = at + size < datagram.size();
        options.fragment = static_cast<std::uint16_t>(at / 8 | (more ? 0x2000U : 0U));
        out.push_back(support::ipPacket(kFour.address, kFourTo.address, 17,
                                        datagram.substr(at, size), options));
    }
    return out;
}

TEST(Fragments, arePutTogetherInAnyOrder)
{
    const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
    auto parts = fragmentsOfFour(support::udpSegment(5060, 5070, text), 16);
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(readIp(parts).payload(0), text);
    EXPECT_EQ(readIp({parts[2], parts[0], parts[1]}).payload(0), text);
    const auto repeated = readIp({parts[1], parts[1], parts[2], parts[0]});
    EXPECT_EQ(repeated.payload(0), text);
    EXPECT_EQ(repeated.packets.size(), 1U);
}

TEST(Fragments, ofSixArePutTogether)
{
    const std::string datagram = support::udpSegment(5060, 5070, "0123456789abcdef");
    std::vector<std::string> parts;
    for (std::uint32_t at = 0; at < datagram.size(); at += 8) {
        support::IpOptions options;
        options.firstHeader = 44;
        const bool more = at + 8 < datagram.size();
        options.extension = std::string("\x11\0", 2) + be16(at | (more ? 1U : 0U)) + be32(77);
        parts.push_back(
            support::ipPacket(kSix.address, kSixTo.address, 17, datagram.substr(at, 8), options));
    }
    ASSERT_EQ(parts.size(), 3U);
    const auto read = readIp({parts[1], parts[2], parts[0]});
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.payload(0), "0123456789abcdef");
    EXPECT_EQ(read.packets[0].source, kSix);
}

TEST(Fragments, missingPieceIsTold)
{
    auto parts = fragmentsOfFour(support::udpSegment(5060, 5070, std::string(60, 'x')), 16);
    parts.erase(parts.begin() + 1);
    const auto read = readIp(parts);
    EXPECT_THAT(read.flaws,
                testing::ElementsAre(testing::HasSubstr("1 fragmented IP packet lacks a piece")));
    ASSERT_EQ(read.packets.size(), 1U); // its beginning, with the time that came
    EXPECT_EQ(read.payload(0), std::string(8, 'x'));
    EXPECT_EQ(read.packets[0].time, reading::at(0));
    EXPECT_TRUE(read.packets[0].cut);
    parts.erase(parts.begin());
    EXPECT_TRUE(readIp(parts).packets.empty());
}

TEST(Fragments, ofFirstFragmentsAloneTheBeginningsAreTold)
{
    std::vector<std::string> packets; // as a filter on ports leaves them, a minute apart
    for (std::uint16_t id = 0; id < 5; ++id)
        packets.push_back(
            fragmentsOfFour(support::udpSegment(5060, 5070, std::string(60, 'x')), 32, id)[0]);
    const auto read = readIp(packets, 61'000);
    ASSERT_EQ(read.packets.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(read.packets[i].time, reading::at(static_cast<std::int64_t>(i) * 61'000));
}

TEST(Fragments, overlapKeepsTheFirstBytesInFourAndSpoilsSix)
{
    const std::string datagram = support::udpSegment(5060, 5070, "0123456789abcdef");
    support::IpOptions first, second, last;
    first.fragment = 0x2000;
    second.fragment = 0x2001; // bytes 8.., overlapping the first's last eight
    last.fragment = 2;
    const auto four = [&](std::string_view bytes, const support::IpOptions &options) {
        return support::ipPacket(kFour.address, kFourTo.address, 17, bytes, options);
    };
    const auto read = readIp({four(datagram.substr(0, 16), first), four("XXXXXXXX89abcdef", second),
                              four(datagram.substr(16), last)});
    EXPECT_EQ(read.payload(0), "0123456789abcdef");
    const auto six = [&](std::uint32_t at, bool more, std::string_view bytes) {
        support::IpOptions options;
        options.firstHeader = 44;
        options.extension = std::string("\x11\0", 2) + be16(at | (more ? 1U : 0U)) + be32(77);
        return support::ipPacket(kSix.address, kSixTo.address, 17, bytes, options);
    };
    const auto spoiled =
        readIp({six(0, true, datagram.substr(0, 16)), six(8, true, "XXXXXXXX89abcdef"),
                six(16, false, datagram.substr(16))});
    EXPECT_TRUE(spoiled.packets.empty());
    EXPECT_THAT(spoiled.flaws,
                testing::ElementsAre(testing::HasSubstr("could not be put together")));
}

TEST(Fragments, tooManyAtOnceAreGivenUp)
{
    std::vector<std::string> packets;
    for (std::uint16_t id = 1; id <= 1500; ++id) // 0: none
        packets.push_back(fragmentsOfFour(std::string(64, 'x'), 32, id)[0]);
    const auto read = readIp(packets, 0);
    EXPECT_EQ(read.packets.size(), packets.size()); // the beginning of each
    EXPECT_THAT(read.flaws, testing::Contains(testing::HasSubstr("could not be put together")));
}

} // namespace
