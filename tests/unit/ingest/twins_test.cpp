// SPDX-License-Identifier: Apache-2.0
// One datagram captured twice is one; a sender that repeats itself is heard twice.
#include "reading.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <support/tunnel_writer.h>

namespace {

using reading::at;
using reading::read;
using reading::Read;
using support::endpoint;
using testing::ElementsAre;
using testing::HasSubstr;

const base::Endpoint kA = endpoint("192.0.2.1:5060"), kB = endpoint("192.0.2.2:5060");
constexpr std::int64_t kMicro = 1000;

base::Instant later(std::int64_t microseconds)
{
    return {at(0).ns + microseconds * kMicro};
}

std::string packet(std::uint16_t identification, std::string_view text = "hello",
                   const std::string &extension = {})
{
    support::IpOptions options;
    options.identification = identification;
    options.extension = extension;
    return support::ipPacket(kA.address, kB.address, 17,
                             support::udpSegment(kA.port, kB.port, text), options);
}

Read captured(const std::vector<support::CapturedFrame> &frames)
{
    return read(support::pcap(frames));
}

TEST(Twins, theSamePacketAMomentLaterIsFoldedAndTold)
{
    const std::string frame = support::ethernet(packet(7));
    const Read out = captured({{later(0), frame}, {later(80), frame}, {later(80), frame}});
    EXPECT_EQ(out.packets.size(), 1U);
    EXPECT_THAT(out.flaws, ElementsAre(HasSubstr("2 packets were captured twice")));
    EXPECT_EQ(out.outcome->duplicates, 2U);
    EXPECT_EQ(out.outcome->frames, 3U);
    EXPECT_THAT(captured({{later(0), frame}, {later(80), frame}}).flaws,
                ElementsAre("1 packet was captured twice and is shown once."));
}

TEST(Twins, equalStampsAreOneCaptureMergedTwice)
{
    const std::string frame = support::ethernet(packet(7));
    EXPECT_EQ(captured({{later(0), frame}, {later(0), frame}}).packets.size(), 1U);
}

TEST(Twins, aRetransmissionIsNone)
{
    const std::string frame = support::ethernet(packet(7));
    EXPECT_EQ(captured({{later(0), frame}, {later(500'000), frame}}).packets.size(), 2U);
    EXPECT_EQ(captured({{later(0), frame}, {later(1000), frame}}).packets.size(), 2U);
    const std::string other = support::ethernet(packet(8));
    EXPECT_EQ(captured({{later(0), frame}, {later(80), other}}).packets.size(), 2U);
}

TEST(Twins, whatWasSentTwiceWithinAMomentIsMarkedSo)
{
    const auto frame = [](std::uint16_t id) { return support::ethernet(packet(id)); };
    const Read out = captured({{later(0), frame(7)},
                               {later(80), frame(8)},  // sent again
                               {later(160), frame(7)}, // a mirror's copies of both
                               {later(170), frame(8)},
                               {later(240), frame(9)}});
    ASSERT_EQ(out.packets.size(), 3U);
    EXPECT_FALSE(out.packets[0].sentAgain);
    EXPECT_TRUE(out.packets[1].sentAgain && out.packets[2].sentAgain);
    const Read unnumbered = captured({{later(0), frame(0)}, {later(1000), frame(0)}});
    ASSERT_EQ(unnumbered.packets.size(), 2U);
    EXPECT_FALSE(unnumbered.packets[1].sentAgain);
}

TEST(Twins, aSenderThatCountsItsPacketsDoesNotCountOneTwice)
{
    const std::string before = support::ethernet(packet(6, "before")),
                      one = support::ethernet(packet(7));
    EXPECT_EQ(captured({{later(0), before}, {later(10), one}, {later(9'000), one}}).packets.size(),
              2U);
    const std::string rtp(200, '\x80');
    const std::string media = support::ethernet(packet(8, rtp));
    EXPECT_EQ(
        captured({{later(0), before}, {later(10), media}, {later(9'000), media}}).packets.size(),
        3U); // a network repeats media too
}

TEST(Twins, anotherWayMayTakeLonger)
{
    const std::string plain = support::ethernet(packet(7));
    std::string hop = packet(7);
    hop[8] = '\x3F'; // one hop further
    const std::vector<std::string> copies{
        support::ethernet(packet(7), support::vlanTag(5)), support::ethernet(hop),
        support::ethernet(support::ipPacket(endpoint("10.0.0.1:1").address,
                                            endpoint("10.0.0.2:1").address, 4, packet(7))),
        std::string(12, '\x04') + plain.substr(12)};
    for (const std::string &copy : copies) {
        EXPECT_EQ(captured({{later(0), plain}, {later(9'000), copy}}).packets.size(), 1U);
        EXPECT_EQ(captured({{later(0), plain}, {later(500'000), copy}}).packets.size(), 2U);
    }
}

TEST(Twins, aBusyWayDoesNotForgetWhatIsStillToCome)
{
    std::vector<support::CapturedFrame> frames;
    constexpr int kCalls = 6000; // within 60 ms, each once more 45 ms later over another hop
    for (int i = 0; i < kCalls; ++i) {
        const auto one = packet(0, "message " + std::to_string(i));
        std::string hop = one;
        hop[8] = '\x3F';
        frames.push_back({later(10 * i), support::ethernet(one)});
        frames.push_back({later(10 * i + 45'000), support::ethernet(hop)});
    }
    std::stable_sort(frames.begin(), frames.end(),
                     [](const auto &a, const auto &b) { return a.time < b.time; });
    EXPECT_EQ(captured(frames).packets.size(), std::size_t{kCalls});
}

TEST(Twins, twoInterfacesOfOneFile)
{
    const support::Writer w(false);
    const std::string frame = support::ethernet(packet(7));
    const Read out = read(support::sectionBlock(w) + support::interfaceBlock(w, 1) +
                          support::interfaceBlock(w, 1) + support::packetBlock(w, 0, 1000, frame) +
                          support::packetBlock(w, 1, 3000, frame));
    EXPECT_EQ(out.packets.size(), 1U);
}

TEST(Twins, otherAddressesPortsOrBytesAreOthers)
{
    const std::string one = support::ethernet(packet(7)),
                      two = support::ethernet(packet(7, "hellp"));
    const std::string back = support::ethernet(support::udp(kB, kA, "hello"));
    EXPECT_EQ(captured({{later(0), one}, {later(10), two}, {later(20), back}}).packets.size(), 3U);
}

TEST(Twins, hepOfBothEndsIsOneMessage)
{
    const std::string sip = "OPTIONS sip:b@example.test SIP/2.0\r\n\r\n";
    const auto seen = [&](std::int64_t microseconds, std::uint32_t agent) {
        support::HepOptions options;
        options.agent = agent;
        return support::CapturedFrame{
            later(microseconds + 300),
            support::ethernet(
                support::udp(endpoint("10.0.0.5:4000"), endpoint("10.0.0.6:9060"),
                             support::hep(later(microseconds), kA, kB, sip, options)))};
    };
    EXPECT_EQ(captured({seen(0, 1), seen(70, 2)}).packets.size(), 1U);
    EXPECT_EQ(captured({seen(0, 1), seen(70, 1)}).packets.size(), 1U);
    EXPECT_EQ(captured({seen(0, 1), seen(500'000, 1)}).packets.size(), 2U);
    // And the message itself, captured where its mirror was sent from.
    const support::CapturedFrame itself{later(0), support::ethernet(packet(7, sip))};
    EXPECT_EQ(captured({itself, seen(900, 1)}).packets.size(), 1U);
}

TEST(Twins, fragmentsCapturedTwiceMakeOneDatagram)
{
    const std::string whole = support::udpSegment(5060, 5060, std::string(40, 'x') + "end");
    const auto piece = [&](std::size_t begin, std::size_t end, bool more) {
        support::IpOptions options;
        options.fragment = static_cast<std::uint16_t>(begin / 8 | (more ? 0x2000U : 0U));
        return support::ethernet(support::ipPacket(kA.address, kB.address, 17,
                                                   whole.substr(begin, end - begin), options));
    };
    const std::string first = piece(0, 24, true), last = piece(24, whole.size(), false);
    for (const auto &order : {std::vector<std::string>{first, first, last, last},
                              std::vector<std::string>{first, last, first, last}}) {
        std::vector<support::CapturedFrame> frames;
        for (const std::string &frame : order)
            frames.push_back({later(static_cast<std::int64_t>(frames.size()) * 10), frame});
        const Read out = captured(frames);
        EXPECT_EQ(out.packets.size(), 1U);
        EXPECT_THAT(out.flaws, testing::Each(HasSubstr("captured twice")));
    }
}

} // namespace
