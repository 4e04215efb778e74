// SPDX-License-Identifier: Apache-2.0
// What the network says did not arrive: ICMP and ICMPv6 errors with the packet they quote.
#include "reading.h"

namespace {

using support::endpoint;
using support::icmp;

const base::Endpoint kFour = endpoint("192.0.2.1:5060"), kFourTo = endpoint("198.51.100.2:5070");
const base::Endpoint kSix = endpoint("[2001:db8::1]:5060"), kSixTo = endpoint("[2001:db8::2]:5070");

reading::Read readOne(const std::string &ip)
{
    return reading::readIp({ip});
}

const base::Packet *only(const reading::Read &read)
{
    return read.packets.size() == 1 && read.packets[0].kind == base::PacketKind::Local
               ? read.packets.data()
               : nullptr;
}

TEST(Icmp, portUnreachableNamesThePacketItQuotes)
{
    const auto read = readOne(icmp(kFourTo.address, kFour.address, 3, 3,
                                   support::udp(kFour, kFourTo, "OPTIONS sip:x SIP/2.0")));
    const auto *packet = only(read);
    ASSERT_NE(packet, nullptr);
    EXPECT_EQ(packet->local->kind, base::LocalKind::ConnectionRefused);
    EXPECT_EQ(packet->source, kFour);
    EXPECT_EQ(packet->destination, kFourTo);
    EXPECT_EQ(packet->transport, base::Transport::Udp);
    EXPECT_EQ(packet->payload.text().substr(8), "OPTIONS sip:x SIP/2.0");
    EXPECT_EQ(packet->local->sentence,
              "ICMP from 198.51.100.2: port unreachable, for UDP to 198.51.100.2:5070.");
}

TEST(Icmp, aShortQuoteStillTellsThePorts)
{
    const auto about = support::udp(kFour, kFourTo, "OPTIONS sip:x SIP/2.0");
    const auto read = readOne(icmp(kFourTo.address, kFour.address, 3, 1, about, 28));
    const auto *packet = only(read);
    ASSERT_NE(packet, nullptr);
    EXPECT_EQ(packet->local->kind, base::LocalKind::Unreachable);
    EXPECT_EQ(packet->destination, kFourTo);
    EXPECT_EQ(packet->payload.size(), 8U);
    EXPECT_TRUE(readOne(icmp(kFourTo.address, kFour.address, 3, 3, about, 22)).packets.empty());
}

TEST(Icmp, versionSixHasItsOwnTypes)
{
    const auto about = support::udp(kSix, kSixTo, "hello");
    const auto closed = readOne(icmp(kSixTo.address, kSix.address, 1, 4, about));
    ASSERT_NE(only(closed), nullptr);
    EXPECT_EQ(only(closed)->local->kind, base::LocalKind::ConnectionRefused);
    EXPECT_EQ(only(closed)->destination, kSixTo);
    const auto large = readOne(icmp(kSixTo.address, kSix.address, 2, 0, about, 548, 1280));
    ASSERT_NE(only(large), nullptr);
    EXPECT_NE(only(large)->local->sentence.find("at most 1280 octets"), std::string::npos);
    EXPECT_TRUE(readOne(icmp(kSixTo.address, kSix.address, 3, 99, "")).packets.empty());
}

TEST(Icmp, whatIsNoErrorOrOfNoUseIsPassedOver)
{
    const auto udp = support::udp(kFour, kFourTo, "hello");
    const auto tcp = support::tcp(kFour, kFourTo, 1, "hello");
    EXPECT_TRUE(readOne(icmp(kFourTo.address, kFour.address, 8, 0, udp)).packets.empty()); // echo
    EXPECT_TRUE(
        readOne(icmp(kFourTo.address, kFour.address, 5, 0, udp)).packets.empty()); // redirect
    EXPECT_TRUE(
        readOne(icmp(kFourTo.address, kFour.address, 3, 4, tcp)).packets.empty()); // its size
    const auto filtered = readOne(icmp(kFourTo.address, kFour.address, 3, 13, tcp));
    EXPECT_NE(only(filtered), nullptr);
    const auto lost = readOne(icmp(kFourTo.address, kFour.address, 11, 0, udp));
    EXPECT_NE(only(lost), nullptr);
}

} // namespace
