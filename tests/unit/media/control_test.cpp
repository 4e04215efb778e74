// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <media/control.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
const base::Endpoint kPeer = *base::Endpoint::parse("192.0.2.1:4001");

struct Reader : rtp::RtcpListener {
    std::vector<rtp::SenderInfo> senders;
    std::vector<rtp::ReportBlock> blocks;
    std::string cname;
    int byes = 0;
    void sender(const rtp::SenderInfo &info) override { senders.push_back(info); }
    void report(const rtp::ReportBlock &block) override { blocks.push_back(block); }
    void name(std::uint32_t, std::string_view name) override { cname = name; }
    void bye(std::uint32_t, std::string_view) override { ++byes; }
};

struct Desk {
    media::Control::Facts facts;
    std::vector<std::string> sent;
    media::Control control{
        [this](const std::string &) { return facts; },
        [this](const std::string &, const media::Control::Line &line, std::string_view bytes) {
            EXPECT_EQ(line.to, kPeer);
            sent.emplace_back(bytes);
            return true;
        },
        7};
    Reader read(std::size_t index) const
    {
        Reader out;
        EXPECT_TRUE(rtp::isRtcp(sent.at(index)));
        EXPECT_TRUE(rtp::readRtcp(sent.at(index), out));
        return out;
    }
};

TEST(Control, ReportsComeAtTheirTimesAndGoodbyeAtTheEnd)
{
    Desk desk;
    desk.facts.sender.packets = 50;
    desk.facts.sender.octets = 8000;
    desk.control.open("a", {kPeer, false, 99, 8000});
    std::vector<base::Duration> times;
    for (base::Duration now = 1s; now < 61s; now += 20ms) {
        const auto before = desk.sent.size();
        const auto next = desk.control.turn(now);
        EXPECT_GT(next, now);
        if (desk.sent.size() > before)
            times.push_back(now);
    }
    ASSERT_GE(times.size(), 8U); // 2.05 to 6.16 s apart
    EXPECT_GE(times[0], base::Duration(1s + 1020ms));
    EXPECT_LE(times[0], base::Duration(1s + 3100ms)); // the first comes sooner
    for (std::size_t i = 1; i < times.size(); ++i) {
        EXPECT_GE(times[i] - times[i - 1], base::Duration(2040ms));
        EXPECT_LE(times[i] - times[i - 1], base::Duration(6200ms));
    }
    const auto first = desk.read(0);
    ASSERT_EQ(first.senders.size(), 1U);
    EXPECT_EQ(first.senders[0].ssrc, 99U);
    EXPECT_EQ(first.senders[0].packets, 50U);
    EXPECT_EQ(first.senders[0].octets, 8000U);
    EXPECT_FALSE(first.cname.empty());
    EXPECT_EQ(first.byes, 0);
    const auto before = desk.sent.size();
    desk.control.closeAll();
    ASSERT_EQ(desk.sent.size(), before + 1);
    EXPECT_EQ(desk.read(before).byes, 1);
    EXPECT_EQ(desk.control.figures().sent, before + 1);
}

TEST(Control, WhoSaidNothingSaysNoGoodbye)
{
    Desk desk;
    desk.control.open("a", {kPeer, false, 99, 8000});
    desk.control.close("a");
    desk.control.open("b", {{}, false, 98, 8000}); // nowhere to send to
    desk.control.close("b");
    EXPECT_TRUE(desk.sent.empty());
}

TEST(Control, BlocksTellTheLossSinceTheReportBefore)
{
    Desk desk;
    desk.facts.streams = {{5, 0x10010, 33, 100, 10}};
    desk.control.open("a", {kPeer, false, 99, 8000});
    desk.control.turn(1s);
    desk.control.turn(100s);
    desk.facts.streams = {{5, 0x10050, 33, 200, 60}};
    desk.control.turn(200s);
    ASSERT_EQ(desk.sent.size(), 2U);
    const auto one = desk.read(0), two = desk.read(1);
    EXPECT_TRUE(one.senders.empty()); // nothing sent: RR
    ASSERT_TRUE(one.blocks.size() == 1 && two.blocks.size() == 1);
    EXPECT_EQ(one.blocks[0].about, 5U);
    EXPECT_EQ(one.blocks[0].fractionLost, 25);
    EXPECT_EQ(two.blocks[0].fractionLost, 128); // 50 of 100
    EXPECT_EQ(two.blocks[0].cumulativeLost, 60);
    EXPECT_EQ(two.blocks[0].highestSequence, 0x10050U);
    EXPECT_EQ(two.blocks[0].lastReport, 0U);
}

TEST(Control, TheRoundTripIsSection6_4_1)
{
    Desk desk;
    desk.control.open("a", {kPeer, false, 99, 8000});
    const base::Instant at = base::now();
    rtp::ReportBlock block;
    block.about = 99;
    block.jitter = 80;
    block.fractionLost = 64;
    block.cumulativeLost = 3;
    block.delay = 65536 / 2; // half a second with the peer
    block.lastReport = rtp::middleOf(rtp::ntpOf(at - 700ms));
    const std::vector<rtp::ReportBlock> blocks{block};
    desk.control.received(at, kPeer,
                          rtp::writeReport({5, rtp::ntpOf(at), 0, 9, 9}, blocks, "peer", true), {});
    const auto &figures = desk.control.figures();
    ASSERT_TRUE(figures.roundTrip);
    EXPECT_NEAR(base::toMilliseconds(*figures.roundTrip), 200, 0.1);
    EXPECT_EQ(figures.jitter, base::Duration(10ms));
    EXPECT_NEAR(figures.fractionLost, 0.25, 1e-9);
    EXPECT_EQ(figures.cname, "peer");
    EXPECT_TRUE(figures.bye);
    // And their report is answered with its own times.
    desk.facts.streams = {{5, 1, 0, 1, 0}};
    desk.control.turn(1s);
    desk.control.turn(100s);
    EXPECT_EQ(desk.read(0).blocks.at(0).lastReport, rtp::middleOf(rtp::ntpOf(at)));
    // Nonsense, and what is about somebody else, changes nothing.
    desk.control.received(at, kPeer, "no rtcp at all", {});
    block.about = 98;
    const std::vector<rtp::ReportBlock> others{block};
    desk.control.received(at, kPeer, rtp::writeReport({6, 1, 0, 9, 9}, others, "x", false), {});
    EXPECT_EQ(figures.reports, 1U);
    EXPECT_EQ(figures.received, 2U);
}

TEST(Control, StrangersTellNothing)
{
    Desk desk;
    desk.control.open("a", {kPeer, false, 99, 8000});
    const base::Instant at = base::now();
    const auto elsewhere = *base::Endpoint::parse("198.51.100.7:4001");
    const auto neighbour = *base::Endpoint::parse("192.0.2.1:5001"); // another program there
    rtp::ReportBlock block;
    block.about = 99;
    block.fractionLost = 128;
    const std::vector<rtp::ReportBlock> blocks{block};
    const auto aboutUs = rtp::writeReport({5, 0, 0, 0, 0}, blocks, "x", true);
    const auto aboutNobody = rtp::writeReport({5, 1, 0, 9, 9}, {}, "x", true);
    const auto &figures = desk.control.figures();
    desk.control.received(at, elsewhere, aboutUs, {});
    desk.control.received(at, elsewhere, aboutNobody, {{5}, false}); // it sent RTP, too
    desk.control.received(at, neighbour, aboutNobody, {});
    EXPECT_EQ(figures.received + figures.reports, 0U);
    EXPECT_TRUE(figures.cname.empty());
    EXPECT_FALSE(figures.bye);
    desk.control.received(at, neighbour, aboutUs, {}); // the peer's other port
    EXPECT_EQ(figures.reports, 1U);
    desk.control.received(at, neighbour, aboutNobody, {{5}, false});
    desk.control.received(at, elsewhere, aboutNobody, {{5}, true}); // who is heard, behind a NAT
    EXPECT_EQ(figures.received, 3U);
}

TEST(Control, WhatFellSilentIsNotReportedAgain)
{
    Desk desk;
    desk.facts.streams = {{5, 100, 0, 100, 0}, {6, 7, 0, 50, 5}};
    desk.control.open("a", {kPeer, false, 99, 8000});
    desk.control.turn(1s);
    desk.control.turn(100s);
    desk.facts.streams[1] = {6, 57, 0, 100, 5};
    desk.control.turn(200s);
    ASSERT_EQ(desk.sent.size(), 2U);
    EXPECT_EQ(desk.read(0).blocks.size(), 2U);
    const auto later = desk.read(1).blocks;
    ASSERT_EQ(later.size(), 1U);
    EXPECT_EQ(later[0].about, 6U);
}

TEST(Control, TheDelaySinceASenderReportIsNotCutShort)
{
    Desk desk;
    desk.control.open("a", {kPeer, false, 99, 8000});
    const base::Instant at = base::now() - 90s;
    desk.control.received(at, kPeer, rtp::writeReport({5, rtp::ntpOf(at), 0, 9, 9}, {}, "p", false),
                          {});
    desk.facts.streams = {{5, 1, 0, 1, 0}};
    desk.control.turn(1s);
    desk.control.turn(100s);
    EXPECT_GE(desk.read(0).blocks.at(0).delay, 90U * 65536);
}

} // namespace
