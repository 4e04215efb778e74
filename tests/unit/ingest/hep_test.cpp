// SPDX-License-Identifier: Apache-2.0
// HEP: what an agent saw comes out as if it had been captured there.
#include "reading.h"

#include <gmock/gmock.h>
#include <support/packing.h>
#include <support/tunnel_writer.h>

namespace {

using namespace std::string_literals;
using reading::at;
using reading::read;
using reading::readIp;
using support::be16;
using support::be32;
using support::endpoint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const base::Endpoint kA = endpoint("192.0.2.1:5060"), kB = endpoint("192.0.2.2:5061");
const base::Endpoint kAgent = endpoint("10.0.0.5:41000"), kCollector = endpoint("10.0.0.6:9060");
const std::string kOptions = "OPTIONS sip:b@example.test SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa\r\n"
                             "From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>\r\n"
                             "Call-ID: c1@example.test\r\nCSeq: 1 OPTIONS\r\n"
                             "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";

std::string sent(std::string_view payload, const base::Endpoint &to = kCollector)
{
    return support::udp(kAgent, to, payload);
}

TEST(Hep, innerAddressesAndTimeAreTold)
{
    for (const std::uint16_t port : {9060, 5656, 12345}) {
        const auto out =
            readIp({sent(support::hep(at(-700), kA, kB, kOptions), {kCollector.address, port})});
        ASSERT_EQ(out.packets.size(), 1U);
        EXPECT_EQ(out.payload(0), kOptions);
        EXPECT_EQ(out.packets[0].kind, base::PacketKind::Datagram);
        EXPECT_EQ(out.packets[0].transport, base::Transport::Udp);
        EXPECT_EQ(out.packets[0].source, kA);
        EXPECT_EQ(out.packets[0].destination, kB);
        EXPECT_EQ(out.packets[0].time, at(-700));
        EXPECT_TRUE(out.flaws.empty());
    }
}

TEST(Hep, sixAndTheSendersTransport)
{
    const auto six = endpoint("[2001:db8::7]:5060");
    support::HepOptions options;
    options.protocol = 22;
    std::string tls = kOptions, wss = kOptions;
    tls.replace(tls.find("SIP/2.0/UDP"), 11, "SIP/2.0/TLS");
    wss.replace(wss.find("SIP/2.0/UDP"), 11, "SIP/2.0/WSS");
    const auto out = readIp({sent(support::hep(at(0), six, six, tls, options)),
                             sent(support::hep(at(0), six, six, wss, options))});
    ASSERT_EQ(out.packets.size(), 2U);
    EXPECT_EQ(out.packets[0].source, six);
    EXPECT_EQ(out.packets[0].transport, base::Transport::Tls);
    EXPECT_EQ(out.packets[1].transport, base::Transport::Wss);
}

TEST(Hep, aClockYearsAwayIsNotBelieved)
{
    const auto out = readIp({sent(support::hep({5}, kA, kB, kOptions))});
    ASSERT_EQ(out.packets.size(), 1U);
    EXPECT_EQ(out.packets[0].time, at(0));
}

TEST(Hep, compressedPayloadsOfEachKind)
{
    support::HepOptions options;
    options.payloadChunk = 16;
    for (const int windowBits : {15, 31, -15}) {
        const auto out = readIp(
            {sent(support::hep(at(0), kA, kB, support::deflated(kOptions, windowBits), options))});
        EXPECT_EQ(out.payload(0), kOptions) << windowBits;
    }
    const auto bomb =
        readIp({sent(support::hep(at(0), kA, kB, support::deflated(std::string(1 << 20, 'x'), 15),
                                  options)),
                sent(support::hep(at(0), kA, kB, "not packed at all", options))});
    EXPECT_TRUE(bomb.packets.empty());
    EXPECT_THAT(bomb.flaws, ElementsAre(HasSubstr("2 HEP packets are damaged")));
}

TEST(Hep, reportsAndLogsAreNotesAndNoSip)
{
    support::HepOptions report, log, unknown;
    report.type = 5;
    report.correlation = "c1@example.test";
    log.type = 100;
    log.correlation = "nobody's";
    unknown.type = 77;
    const auto out = readIp({sent(support::hep(at(0), kA, kB, kOptions)),
                             sent(support::hep(at(1), kA, kB, "{\"ssrc\":7}", report)),
                             sent(support::hep(at(2), kA, kB, "a line of a log", log)),
                             sent(support::hep(at(3), kA, kB, "\x01\x02", unknown))});
    ASSERT_EQ(out.packets.size(), 4U);
    for (std::size_t i = 1; i < 4; ++i)
        ASSERT_TRUE(out.packets[i].local) << i;
    EXPECT_EQ(out.packets[1].local->sentence, "RTCP report of HEP agent 2001: {\"ssrc\":7}");
    EXPECT_EQ(out.packets[1].local->callId, "c1@example.test");
    EXPECT_EQ(out.packets[1].time, at(1));
    EXPECT_EQ(out.packets[2].local->callId, ""); // a note makes no call
    EXPECT_EQ(out.packets[3].local->sentence, "HEP type 77 of HEP agent 2001: \\x01\\x02");
    EXPECT_EQ(out.outcome->progress.packets, 1U);
}

/// A collector that hands on what another agent sent it; nobody does so for ever.
TEST(Hep, withinHepIsUnwrappedSoFar)
{
    std::string inside = support::hep(at(5), kA, kB, kOptions);
    for (int i = 0; i < 3; ++i)
        inside = support::hep(at(9), kAgent, kCollector, inside);
    const auto out = readIp({sent(inside)});
    ASSERT_EQ(out.packets.size(), 1U);
    EXPECT_EQ(out.payload(0), kOptions);
    EXPECT_EQ(out.packets[0].source, kA);
    EXPECT_EQ(out.packets[0].time, at(5));
    EXPECT_TRUE(out.flaws.empty());
    for (int i = 0; i < 40; ++i)
        inside = support::hep(at(9), kAgent, kCollector, inside);
    const auto deep = readIp({sent(inside)});
    EXPECT_TRUE(deep.packets.empty());
    EXPECT_THAT(deep.flaws, ElementsAre(HasSubstr("too many tunnels")));
}

TEST(Hep, damagedPacketsAreCounted)
{
    const std::string whole = support::hep(at(0), kA, kB, kOptions);
    std::string chunk = whole;
    chunk[10] = '\xFF'; // the first chunk's length
    std::string shorter = whole;
    shorter[5] = '\x03';
    shorter[4] = '\0';
    const auto out = readIp({sent(whole.substr(0, whole.size() - 9)), sent(chunk)});
    EXPECT_TRUE(out.packets.empty());
    EXPECT_THAT(out.flaws, ElementsAre(HasSubstr("2 HEP packets are damaged")));
    EXPECT_EQ(readIp({sent(shorter)}).packets.size(), 1U); // then it is no HEP, but a datagram
}

TEST(Hep, versionsOneAndTwo)
{
    const std::string addresses = be16(kA.port) + be16(kB.port) +
                                  support::addressBytes(kA.address) +
                                  support::addressBytes(kB.address);
    const std::string one = "\x01\x10\x02\x11"s + addresses + kOptions;
    const support::Writer little(false);
    const std::string two = "\x02\x1C\x02\x11"s + addresses + little.u32(1'700'000'000) +
                            little.u32(250'000) + little.u16(101) + "\0\0"s + kOptions;
    const std::string big = "\x02\x10\x02\x06"s + addresses + be32(1'700'000'001) + be32(0) +
                            be16(101) + "\0\0"s + kOptions;
    const auto out = readIp({sent(one), sent(two), sent(big), sent("\x02\x10 other")});
    ASSERT_EQ(out.packets.size(), 4U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(out.payload(i), kOptions);
        EXPECT_EQ(out.packets[i].source, kA);
        EXPECT_EQ(out.packets[i].destination, kB);
    }
    EXPECT_EQ(out.packets[0].time, at(0));
    EXPECT_EQ(out.packets[1].time, at(250));
    EXPECT_EQ(out.packets[2].time, at(1000));
    EXPECT_EQ(out.packets[2].transport, base::Transport::Tcp);
    EXPECT_EQ(out.packets[3].source, kAgent);
}

TEST(Hep, overTcpFramedByLength)
{
    std::string stream;
    for (int i = 0; i < 5; ++i)
        stream +=
            support::hep(at(i), kA, kB, kOptions + std::string(static_cast<std::size_t>(i), '\n'));
    for (const std::size_t step : {1UL, 7UL, 100UL, stream.size()}) {
        std::vector<std::string> packets{support::tcp(kAgent, kCollector, 99, "", support::kSyn)};
        for (std::size_t begin = 0; begin < stream.size(); begin += step)
            packets.push_back(support::tcp(kAgent, kCollector,
                                           static_cast<std::uint32_t>(100 + begin),
                                           stream.substr(begin, step)));
        const auto out = readIp(packets, 0);
        ASSERT_EQ(out.packets.size(), 5U) << step;
        for (std::size_t i = 0; i < 5; ++i) {
            EXPECT_THAT(out.payload(i), StartsWith(kOptions));
            EXPECT_EQ(out.packets[i].source, kA);
        }
        EXPECT_TRUE(out.flaws.empty());
    }
}

TEST(Hep, overTcpGoesOnBehindAHole)
{
    const std::string one = support::hep(at(0), kA, kB, kOptions);
    const auto out =
        readIp({support::tcp(kAgent, kCollector, 99, "", support::kSyn),
                support::tcp(kAgent, kCollector, 100, one.substr(0, 50)),
                support::tcp(kAgent, kCollector, 5000, "rest of one" + one + one.substr(0, 20))},
               4000);
    ASSERT_EQ(out.packets.size(), 1U);
    EXPECT_EQ(out.payload(0), kOptions);
    EXPECT_THAT(out.flaws, testing::Contains(HasSubstr("61 bytes between HEP packets")));
}

} // namespace
