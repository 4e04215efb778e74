// SPDX-License-Identifier: Apache-2.0
#include "reading.h"

#include <gmock/gmock.h>

namespace {

using reading::readIp;
using reading::story;
using support::kAck;
using support::kFin;
using support::kRst;
using support::kSyn;

const base::Endpoint kA = support::endpoint("192.0.2.1:5060"),
                     kB = support::endpoint("198.51.100.2:40000");

std::string a(std::uint32_t sequence, std::string_view payload, std::uint8_t flags = kAck)
{
    return support::tcp(kA, kB, sequence, payload, flags);
}
std::string b(std::uint32_t sequence, std::string_view payload, std::uint8_t flags,
              std::uint32_t acknowledged)
{
    return support::tcp(kB, kA, sequence, payload, flags, acknowledged);
}

TEST(Tcp, inOrderAfterSyn)
{
    const auto read = readIp({a(99, "", kSyn), a(100, "one"), a(103, "two")});
    EXPECT_EQ(story(read), "D:one D:two");
    ASSERT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.packets[0].source, kA);
    EXPECT_EQ(read.packets[0].destination, kB);
    EXPECT_EQ(read.packets[0].transport, base::Transport::Tcp);
    EXPECT_EQ(read.packets[1].time, reading::at(2));
}

TEST(Tcp, bothDirectionsAreStreamsOfTheirOwn)
{
    const auto read = readIp(
        {a(99, "", kSyn), b(499, "", kSyn | kAck, 100), a(100, "hi"), b(500, "yo", kAck, 102)});
    EXPECT_EQ(story(read, 1), "D:hi");
    EXPECT_EQ(story(read, 2), "D:yo");
}

TEST(Tcp, newConnectionOfSamePortsLosesNothingOfTheOld)
{
    const auto read = readIp({b(100, "old", kAck, 1), b(200, "behind a hole", kAck, 1),
                              b(7'000'000, "", kSyn | kAck, 1), b(7'000'001, "new", kAck, 1)});
    EXPECT_EQ(story(read, 1), "G D:old G D:behind a hole");
    EXPECT_EQ(story(read, 2), "D:new");
}

TEST(Tcp, outOfOrderIsPutInOrder)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(106, "three"), a(103, "two"), a(100, "one")})),
              "D:one D:two D:three");
}

TEST(Tcp, retransmissionIsDropped)
{
    EXPECT_EQ(story(readIp(
                  {a(99, "", kSyn), a(100, "one"), a(100, "one"), a(103, "two"), a(100, "one")})),
              "D:one D:two");
}

TEST(Tcp, overlapKeepsTheFirstCopy)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(100, "abcd"), a(102, "XXef")})), "D:abcd D:ef");
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(102, "cdef"), a(100, "abXX")})), "D:abXX D:ef");
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(102, "cd"), a(102, "cdef"), a(100, "ab")})),
              "D:ab D:cdef");
}

TEST(Tcp, keepAliveProbesAreOldData)
{
    EXPECT_EQ(story(readIp(
                  {a(99, "", kSyn), a(100, "one"), a(102, std::string(1, '\0')), a(103, "two")})),
              "D:one D:two");
    EXPECT_EQ(story(readIp({a(102, std::string(1, '\0')), a(103, "two")})), "G D:two");
}

TEST(Tcp, aZeroWindowProbeIsTheNextByte)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(100, "one"), a(103, "t"), a(103, "two")})),
              "D:one D:t D:wo");
}

TEST(Tcp, aSynCapturedLateBeginsNothingNew)
{
    EXPECT_EQ(story(readIp({a(100, "one"), a(99, "", kSyn), a(103, "two")})), "G D:one D:two");
}

TEST(Tcp, dataInSynAndFin)
{
    EXPECT_EQ(story(readIp({a(99, "one", kSyn), a(103, "two", kFin | kAck)})), "D:one D:two F");
}

TEST(Tcp, aResetOfAnotherConnectionClosesNothing)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(100, "one"), a(0x70000000, "", kRst), a(103, "two"),
                            a(106, "", kRst)})),
              "D:one D:two R");
}

TEST(Tcp, simultaneousOpenAndOneSideOnly)
{
    const auto both = readIp({a(99, "", kSyn), b(499, "", kSyn, 0), a(99, "", kSyn | kAck),
                              b(499, "", kSyn | kAck, 100), a(100, "hi"), b(500, "yo", kAck, 102)});
    EXPECT_EQ(story(both, 1), "D:hi");
    EXPECT_EQ(story(both, 2), "D:yo");
    EXPECT_EQ(story(readIp({b(499, "", kSyn | kAck, 100), b(503, "later", kAck, 100),
                            b(500, "yo!", kAck, 100)}),
                    1),
              "D:yo! D:later");
}

TEST(Tcp, sequenceNumbersWrapAround)
{
    EXPECT_EQ(story(readIp({a(0xFFFFFFFDU, "", kSyn), a(2, "tail"), a(0xFFFFFFFEU, "head")})),
              "D:head D:tail");
}

TEST(Tcp, lossConfirmedByThePeerIsAGap)
{
    const auto read = readIp({a(99, "", kSyn), b(0, "", kSyn | kAck, 100), a(100, "one"),
                              a(106, "three"), b(1, "", kAck, 111), b(1, "", kAck, 111)},
                             40);
    EXPECT_EQ(story(read), "D:one G D:three");
    EXPECT_THAT(read.flaws, testing::ElementsAre(
                                testing::HasSubstr("lacks bytes of TCP connections at 1 place.")));
}

TEST(Tcp, unconfirmedHoleWaitsThenGivesUp)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(103, "two"), a(106, "x"), a(100, "one")}, 600)),
              "D:one D:two D:x");
    EXPECT_EQ(story(readIp(
                  {a(99, "", kSyn), a(103, "two"), a(106, "x"), a(107, "y"), a(100, "one")}, 1100)),
              "G D:two D:x D:y");
}

TEST(Tcp, endOfFileHandsOnWhatWaits)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(103, "two"), a(110, "four")})), "G D:two G D:four");
}

std::vector<base::Instant> times(const reading::Read &read)
{
    std::vector<base::Instant> out;
    for (const base::Packet &packet : read.packets)
        out.push_back(packet.time);
    return out;
}

/// However long it takes to know that the hole stays one.
TEST(Tcp, whatStandsBehindAHoleKeepsTheTimeItWasCapturedAt)
{
    using reading::at;
    const auto ended = readIp({a(99, "", kSyn), a(103, "two"), a(106, "three"), a(120, "four"),
                               a(124, "five", kAck | kFin)},
                              100);
    EXPECT_EQ(story(ended), "G D:two D:three G D:four D:five F");
    EXPECT_THAT(times(ended), testing::ElementsAre(at(100), at(100), at(200), at(300), at(300),
                                                   at(400), at(400)));

    const auto confirmed = readIp({a(99, "", kSyn), b(0, "", kSyn | kAck, 100), a(100, "one"),
                                   a(106, "three"), b(1, "yes", kAck, 111), a(111, "four")},
                                  40);
    EXPECT_EQ(story(confirmed), "D:one G D:three D:four");
    EXPECT_THAT(times(confirmed), testing::ElementsAre(at(80), at(160), at(120), at(120), at(200)));

    const auto patient = readIp({a(99, "", kSyn), a(103, "two"), a(106, "x"), a(107, "y")}, 1100);
    EXPECT_EQ(story(patient), "G D:two D:x D:y");
    EXPECT_THAT(times(patient), testing::ElementsAre(at(1100), at(1100), at(2200), at(3300)));
}

/// Sent again because it was lost on its way: nobody read what follows before it.
TEST(Tcp, whatWaitedForALateSegmentComesWithIt)
{
    using reading::at;
    const auto read = readIp({a(99, "", kSyn), a(103, "two", kAck | kFin), a(100, "one")}, 100);
    EXPECT_EQ(story(read), "D:one D:two F");
    EXPECT_THAT(times(read), testing::ElementsAre(at(200), at(200), at(200)));
}

TEST(Tcp, middleOfAConnectionBeginsWithAGap)
{
    const auto read = readIp({a(100, "lf a message"), a(112, "next")});
    EXPECT_EQ(story(read), "G D:lf a message D:next");
    EXPECT_TRUE(read.flaws.empty());
}

TEST(Tcp, keepAliveProbeAndPureAckSayNothing)
{
    EXPECT_EQ(
        story(readIp({a(99, "", kSyn), a(100, "one"), a(102, "e"), a(102, ""), a(103, "two")})),
        "D:one D:two");
    EXPECT_TRUE(readIp({a(99, "")}).packets.empty());
}

TEST(Tcp, finComesAfterTheDataBeforeIt)
{
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(103, "two", kFin | kAck), a(100, "one"),
                            a(106, "", kFin | kAck)})),
              "D:one D:two F");
    EXPECT_EQ(story(readIp({a(99, "", kSyn), a(103, "", kFin | kAck), a(100, "one")})), "D:one F");
}

TEST(Tcp, resetEndsBothDirections)
{
    const auto read = readIp({a(99, "", kSyn), b(499, "", kSyn | kAck, 100), a(100, "one"),
                              b(500, "", kRst, 0), a(103, "two")});
    EXPECT_EQ(story(read, 1), "D:one");
    EXPECT_EQ(story(read, 2), "R");
    EXPECT_EQ(read.packets.size(), 2U);
}

TEST(Tcp, refusedConnectionIsAReset)
{
    const auto read =
        readIp({a(99, "", kSyn), b(0, "", kRst | kAck, 100), b(0, "", kRst | kAck, 100)});
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.packets[0].kind, base::PacketKind::StreamReset);
    EXPECT_EQ(read.packets[0].source, kB);
}

TEST(Tcp, strayResetSaysNothing)
{
    EXPECT_TRUE(readIp({b(5, "", kRst, 0)}).packets.empty());
}

TEST(Tcp, endpointsUsedAgainAreANewStream)
{
    const auto read = readIp({a(99, "", kSyn), a(100, "one"), a(103, "", kFin | kAck),
                              a(7000, "", kSyn), a(7001, "new")});
    EXPECT_EQ(story(read, 1), "D:one F");
    EXPECT_EQ(story(read, 2), "D:new");
}

TEST(Tcp, farAwaySequenceIsANewRun)
{
    const auto read =
        readIp({a(99, "", kSyn), a(100, "one"), a(0x40000000U, "far"), a(0x40000003U, "next")});
    EXPECT_EQ(story(read, 1), "D:one");
    EXPECT_EQ(story(read, 2), "G D:far D:next");
}

TEST(Tcp, bytesCutByTheSnapLengthAreAGap)
{
    std::string whole = a(100, "abcdefgh");
    support::PcapOptions options;
    options.linkType = 101;
    const auto read =
        reading::read(support::pcap({{reading::at(0), a(99, "", kSyn)},
                                     {reading::at(1), whole.substr(0, whole.size() - 5), 5},
                                     {reading::at(2), a(108, "after")}},
                                    options));
    EXPECT_EQ(story(read), "D:abc G D:after");
}

TEST(Tcp, manySegmentsBehindAHoleAreBounded)
{
    std::vector<std::string> packets{a(99, "", kSyn)};
    for (std::uint32_t i = 0; i < 600; ++i)
        packets.push_back(a(200 + i, "x"));
    const auto read = readIp(packets, 0);
    EXPECT_EQ(read.packets.size(), 601U);
    EXPECT_EQ(read.packets[0].kind, base::PacketKind::StreamGap);
}

TEST(Tcp, tooManyConnectionsEvictTheLongestUnseen)
{
    std::vector<std::string> packets;
    for (std::uint32_t i = 0; i < 33000; ++i) {
        base::Endpoint from{base::Address::v4(0x0A000000U + i), 5060};
        packets.push_back(support::tcp(from, kB, 99, "", kSyn));
    }
    const auto read = readIp(packets, 0);
    EXPECT_THAT(read.flaws,
                testing::ElementsAre(testing::HasSubstr("232 TCP connections were given up")));
}

/// Nothing listens on the port of SIP, or whoever does takes no connection.
TEST(Tcp, refusedConnectionsAreTold)
{
    const auto client = [](int port) {
        return support::endpoint("10.0.0.1:" + std::to_string(port));
    };
    const base::Endpoint server = support::endpoint("10.0.0.2:5060"),
                         web = support::endpoint("10.0.0.2:80"),
                         busy = support::endpoint("10.0.0.3:5060");
    using support::kAck;
    using support::kRst;
    using support::kSyn;
    std::vector<std::string> packets;
    for (const int port : {40000, 40001, 40002}) {
        packets.push_back(support::tcp(client(port), server, 999, "", kSyn));
        packets.push_back(support::tcp(server, client(port), 0, "", kRst | kAck, 1000));
    }
    packets.push_back(support::tcp(client(41000), web, 999, "", kSyn));
    packets.push_back(support::tcp(web, client(41000), 0, "", kRst | kAck, 1000));
    packets.push_back(support::tcp(client(42000), busy, 999, "", kSyn));
    packets.push_back(support::tcp(busy, client(42000), 4999, "", kSyn | kAck, 1000));
    packets.push_back(support::tcp(client(42000), busy, 1000, "OPTIONS", kAck, 5000));
    packets.push_back(support::tcp(busy, client(42000), 5000, "", kRst | kAck, 1007));
    const auto read = reading::readIp(packets);
    ASSERT_EQ(read.flaws.size(), 1U);
    EXPECT_THAT(read.flaws[0],
                testing::HasSubstr("10.0.0.2:5060 refused 3 TCP connections from 10.0.0.1"));
}

} // namespace
