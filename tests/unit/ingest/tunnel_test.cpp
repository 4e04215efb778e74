// SPDX-License-Identifier: Apache-2.0
// Link headers and tunnels: the datagram inside comes out, whatever lies around it.
#include "reading.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <support/tunnel_writer.h>

namespace {

using namespace std::string_literals;
using reading::readFrame;
using reading::readIp;
using support::be16;
using support::be32;
using support::endpoint;
using support::etherFrame;

const base::Endpoint kA = endpoint("192.0.2.1:5060"), kB = endpoint("192.0.2.2:5062");
const base::Endpoint kOuterA = endpoint("10.9.9.1:40000"), kOuterB = endpoint("10.9.9.2:40001");
const std::string kIp = support::udp(kA, kB, "hello");
const std::string kSix =
    support::udp(endpoint("[2001:db8::1]:5060"), endpoint("[2001:db8::2]:5060"), "hello");

std::string heard(const reading::Read &read)
{
    if (read.packets.size() != 1)
        return fmt::format("({} packets)", read.packets.size());
    return read.payload(0);
}

struct Framed {
    std::string_view what;
    std::uint32_t linkType;
    std::string frame;
};

void expectHeard(const std::vector<Framed> &cases)
{
    for (const Framed &one : cases)
        EXPECT_EQ(heard(readFrame(one.linkType, one.frame)), "hello") << one.what;
}

TEST(LinkLayer, everyKindOfLinkHeaderIsRead)
{
    const std::string llc("\xAA\xAA\x03\0\0\0\x08\0", 8);
    expectHeard({
        {"BSD loopback, little", 0, "\x02\0\0\0"s + kIp},
        {"BSD loopback, big", 0, "\0\0\0\x02"s + kIp},
        {"macOS IPv6", 0, "\x1E\0\0\0"s + kSix},
        {"Windows IPv6", 0, "\x17\0\0\0"s + kSix},
        {"OpenBSD loopback", 108, "\0\0\0\x18"s + kSix},
        {"VLAN", 1, support::ethernet(kIp, support::vlanTag(5))},
        {"QinQ", 1, support::ethernet(kIp, support::vlanTag(5, 0x88A8) + support::vlanTag(6))},
        {"three tags", 1,
         support::ethernet(kSix, support::vlanTag(5, 0x9100) + support::vlanTag(6, 0x9200) +
                                     support::vlanTag(7))},
        {"MPLS", 1, etherFrame(0x8847, be32(0x00010040) + be32(0x00020140) + kIp)},
        {"pseudowire", 1, etherFrame(0x8847, be32(0x00020140) + be32(0) + support::ethernet(kIp))},
        {"pseudowire, no control word", 1,
         etherFrame(0x8847, be32(0x00020140) + be32(0) + support::ethernet(kSix))},
        {"PPPoE", 1, etherFrame(0x8864, "\x11\0\0\x01\0\x20\0\x21"s + kIp)},
        {"PPPoE in a VLAN", 1,
         etherFrame(0x8100, be16(3) + be16(0x8864) + "\x11\0\0\x01\0\x20\0\x57"s + kSix)},
        {"802.3 with SNAP", 1, etherFrame(100, llc + kIp)},
        {"802.1ah", 1, etherFrame(0x88E7, be32(1) + support::ethernet(kIp))},
        {"PPP", 9, "\xFF\x03\0\x21"s + kIp},
        {"PPP, short", 9, "\x21"s + kIp},
        {"PPP with direction", 204, "\x01\xFF\x03\0\x21"s + kIp},
        {"PPP as HDLC", 50, "\xFF\x03\0\x57"s + kSix},
        {"Cisco HDLC", 104, "\x0F\0\x08\0"s + kIp},
        {"Cisco HDLC on 50", 50, "\x8F\0\x86\xDD"s + kSix},
        {"frame relay", 107, "\x18\x41\x03\xCC"s + kIp},
        {"raw", 12, kIp},
        {"raw", 14, kSix},
        {"raw", 101, kSix},
        {"raw IPv4", 228, kIp},
        {"raw IPv6", 229, kSix},
        {"cooked", 113, std::string(14, '\0') + be16(0x0800) + kIp},
        {"cooked with VLAN", 113,
         std::string(14, '\0') + be16(0x8100) + be16(9) + be16(0x0800) + kIp},
        {"cooked v2", 276, be16(0x86DD) + std::string(18, '\0') + kSix},
        {"cooked v2 with VLAN", 276,
         be16(0x8100) + std::string(18, '\0') + be16(9) + be16(0x0800) + kIp},
    });
}

TEST(LinkLayer, wirelessAndLoggedFramesAreRead)
{
    const std::string llc("\xAA\xAA\x03\0\0\0\x08\0", 8);
    const std::string data = "\x08\x01"s + std::string(22, '\x01');
    const std::string quality = "\x88\x01"s + std::string(22, '\x01') + "\0\0"s;
    expectHeard({
        {"802.11", 105, data + llc + kIp},
        {"802.11 QoS", 105, quality + llc + kIp},
        {"802.11 WDS", 105, "\x08\x03"s + std::string(28, '\x01') + llc + kIp},
        {"radiotap", 127, "\0\0\x08\0\0\0\0\0"s + data + llc + kIp},
        {"radiotap, filled up", 127, "\0\0\x09\0\x02\0\0\0\x20"s + quality + "\0\0"s + llc + kIp},
        {"radiotap, time stamp and second word", 127,
         "\0\0\x19\0\x03\0\0\x80\0\0\0\0\0\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\0"s + data + llc +
             kIp},
        {"netfilter log", 239,
         "\x02\0\0\0"s + "\x08\0\x01\0\x08\0\x01\0"s +
             std::string{static_cast<char>(kIp.size() + 4), '\0', '\x09', '\0'} + kIp},
        {"netfilter log, big", 239,
         "\x02\0\0\0"s + "\0\x05\0\x0AX\0\0\0"s + be16(4 + kIp.size()) + be16(9) + kIp},
        {"FireWire", 138, std::string(16, '\x01') + be16(0x0800) + kIp},
    });
}

TEST(LinkLayer, everyCutOfAHeaderIsSurvived)
{
    const std::string frame =
        support::ethernet(kIp, support::vlanTag(5, 0x88A8) + support::vlanTag(6));
    for (std::size_t size = 0; size + 5 < frame.size(); ++size)
        EXPECT_EQ(readFrame(1, frame.substr(0, size)).packets.size(), 0U) << size;
    const std::string endless = etherFrame(0x8100, std::string(400, '\x81') + be16(0x8100));
    EXPECT_TRUE(readFrame(1, endless).packets.empty());
    std::string tags;
    for (int i = 0; i < 100; ++i)
        tags += support::vlanTag(1);
    EXPECT_TRUE(readFrame(1, support::ethernet(kIp, tags)).packets.empty());
}

TEST(LinkLayer, anEncryptedWirelessFrameIsNotRead)
{
    const std::string llc("\xAA\xAA\x03\0\0\0\x08\0", 8);
    EXPECT_TRUE(readFrame(105, "\x08\x41"s + std::string(22, '\x01') + llc + kIp).packets.empty());
    EXPECT_TRUE(readFrame(105, "\x80\x00"s + std::string(22, '\x01') + llc + kIp).packets.empty());
}

std::string outer(std::uint8_t protocol, std::string_view payload)
{
    return support::ipPacket(kOuterA.address, kOuterB.address, protocol, payload);
}
std::string overUdp(std::uint16_t port, std::string_view payload)
{
    return support::udp(kOuterA, {kOuterB.address, port}, payload);
}

TEST(Tunnel, everyKindIsRead)
{
    const std::string frame = support::ethernet(kIp), six = support::ethernet(kSix);
    struct Case {
        std::string_view what;
        std::string packet;
    };
    const std::vector<Case> cases{
        {"IP in IP", outer(4, kIp)},
        {"6in4", outer(41, kSix)},
        {"GRE", outer(47, support::gre(0, 0x0800, kIp))},
        {"GRE with everything", outer(47, support::gre(0xB000, 0x86DD, kSix))},
        {"GRE with Ethernet", outer(47, support::gre(0x2000, 0x6558, frame))},
        {"GRE with MPLS", outer(47, support::gre(0, 0x8847, be32(0x00020140) + kIp))},
        {"PPTP", outer(47, be16(0x3081) + be16(0x880B) + be32(5) + be32(1) + be32(2) +
                               "\xFF\x03\x21"s + kIp)},
        {"ERSPAN I", outer(47, support::gre(0, 0x88BE, frame))},
        {"ERSPAN II", outer(47, support::gre(0x1000, 0x88BE, be32(0x10010001) + be32(0) + frame))},
        {"ERSPAN III",
         outer(47, support::gre(0x1000, 0x22EB, be32(0x20010001) + be32(0) + be32(0) + six))},
        {"ERSPAN III with a subheader",
         outer(47, support::gre(0x1000, 0x22EB,
                                be32(0x20010001) + be32(0) + be32(1) + be32(0) + be32(0) + six))},
        {"EtherIP", outer(97, be16(0x3000) + frame)},
        {"VXLAN", overUdp(4789, support::vxlan(frame))},
        {"VXLAN of Linux", overUdp(8472, support::vxlan(six))},
        {"GTP-U", overUdp(2152, support::gtp(kIp))},
        {"GTP-U with extension", overUdp(2152, support::gtp(kSix, true))},
        {"GENEVE", overUdp(6081, be16(0) + be16(0x6558) + be32(0) + frame)},
        {"GENEVE with options",
         overUdp(6081, be16(0x0200) + be16(0x0800) + be32(0) + std::string(8, 'o') + kIp)},
        {"L2TP",
         overUdp(1701, be16(0x4002) + be16(0) + be16(1) + be16(2) + "\xFF\x03\0\x21"s + kIp)},
        {"TZSP", overUdp(37008, "\x01\0\0\x01"s + "\0\x0A\x01\x05\x01"s + frame)},
        {"AH", outer(51, "\x11\x04\0\0"s + std::string(20, '\x07') + kIp.substr(20))},
        {"tunnel in a tunnel", outer(4, overUdp(4789, support::vxlan(support::ethernet(outer(
                                                          47, support::gre(0, 0x0800, kIp))))))},
    };
    for (const Case &one : cases)
        EXPECT_EQ(heard(readIp({one.packet})), "hello") << one.what;
    EXPECT_EQ(readIp({outer(47, support::gre(0, 0x0800, kIp))}).packets.at(0).source, kA);
}

TEST(Tunnel, nestingHasAnEnd)
{
    std::string packet = kIp;
    for (int i = 0; i < 8; ++i)
        packet = outer(4, packet);
    EXPECT_EQ(heard(readIp({packet})), "hello");
    const auto read = readIp({outer(4, packet)});
    EXPECT_TRUE(read.packets.empty());
    EXPECT_THAT(read.flaws, testing::ElementsAre(testing::HasSubstr("1 packet lies in too many")));
}

TEST(Tunnel, otherTrafficOnATunnelsPortIsLeftAlone)
{
    for (const std::uint16_t port : {4789, 8472, 2152, 6081, 1701, 37008, 6635}) {
        for (const std::string &text :
             {"INVITE sip:b@example.test SIP/2.0\r\n"s, "\x80\0\0\x01"s, ""s,
              support::vxlan(etherFrame(0x0806, "arp")), support::gtp("no ip")}) {
            EXPECT_EQ(heard(readIp({overUdp(port, text)})), text) << port;
        }
    }
}

TEST(Udp, wrongLengthsAndUdpLiteKeepTheirPayload)
{
    const auto of = [](std::uint8_t protocol, std::uint32_t length, std::string_view payload) {
        return support::ipPacket(kA.address, kB.address, protocol,
                                 be16(kA.port) + be16(kB.port) + be16(length) + be16(0) +
                                     std::string(payload));
    };
    EXPECT_EQ(heard(readIp({of(17, 0, "hello")})), "hello");
    EXPECT_EQ(heard(readIp({of(17, 3, "hello")})), "hello");
    EXPECT_EQ(heard(readIp({of(17, 11, "hello")})), "hel");
    EXPECT_EQ(heard(readIp({of(136, 8, "hello")})), "hello");
    const auto longer = readIp({of(17, 100, "hello")});
    EXPECT_EQ(heard(longer), "hello");
    EXPECT_TRUE(longer.packets.at(0).cut);
}

TEST(Sctp, messagesOfDataChunks)
{
    const auto chunk = [](std::uint32_t type, std::uint32_t flags, std::string_view bytes) {
        return support::padded(be16(type << 8U | flags) +
                               be16(static_cast<std::uint32_t>(16 + bytes.size())) + be32(7) +
                               be32(0) + be32(0) + std::string(bytes));
    };
    const std::string header = be16(5060) + be16(5062) + be32(1) + be32(0);
    const auto of = [&](std::string_view chunks) {
        return readIp(
            {support::ipPacket(kA.address, kB.address, 132, header + std::string(chunks))});
    };
    const auto two = of(chunk(3, 0, "an acknowledgement") + chunk(0, 3, "hello") +
                        chunk(0, 2, "begin") + chunk(0, 1, "end"));
    ASSERT_EQ(two.packets.size(), 2U);
    EXPECT_EQ(two.payload(0), "hello");
    EXPECT_EQ(two.packets[0].transport, base::Transport::Sctp);
    EXPECT_EQ(two.packets[0].destination, kB);
    EXPECT_FALSE(two.packets[0].cut);
    EXPECT_EQ(two.payload(1), "begin");
    EXPECT_TRUE(two.packets[1].cut);
    const std::string whole = chunk(0, 3, "hello");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_LE(of(whole.substr(0, size)).packets.size(), 1U);
}

TEST(ExportedPdu, carriesAddressesAndTransport)
{
    const auto read = readFrame(252, support::exportedPdu("sip", kA, kB, 2, "hello"));
    ASSERT_EQ(heard(read), "hello");
    EXPECT_EQ(read.packets[0].transport, base::Transport::Tcp);
    EXPECT_EQ(read.packets[0].hint, base::PayloadHint::Sip);
    EXPECT_EQ(read.packets[0].source, kA);
    EXPECT_EQ(read.packets[0].destination, kB);
    const auto six = endpoint("[2001:db8::1]:5061");
    const auto rtp = readFrame(252, support::exportedPdu("rtp", six, six, 3, "hello"));
    ASSERT_EQ(heard(rtp), "hello");
    EXPECT_EQ(rtp.packets[0].hint, base::PayloadHint::Rtp);
    EXPECT_EQ(rtp.packets[0].source, six);
    EXPECT_EQ(heard(readFrame(252, support::exportedPdu("ip", kA, kB, 0, kIp))), "hello");
    EXPECT_EQ(heard(readFrame(
                  252, support::exportedPdu("eth_withoutfcs", kA, kB, 0, support::ethernet(kIp)))),
              "hello");
    const std::string whole = support::exportedPdu("sip", kA, kB, 3, "hello");
    for (std::size_t size = 0; size < whole.size() - 5; ++size)
        EXPECT_TRUE(readFrame(252, whole.substr(0, size)).packets.empty()) << size;
}

} // namespace
