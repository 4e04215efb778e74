// SPDX-License-Identifier: Apache-2.0
#include <rtp/quality.h>

#include <gtest/gtest.h>
#include <rtp/stream_table.h>

namespace {

using namespace std::chrono_literals;

rtp::QualityInput input(const char *encoding, double loss = 0, base::Duration trip = 0ms)
{
    rtp::QualityInput out;
    out.encoding = encoding;
    out.loss = loss;
    out.jitterBuffer = 40ms;
    out.ptime = 20ms;
    if (trip.count() > 0)
        out.roundTrip = trip;
    return out;
}

TEST(Quality, FiguresOfG107)
{
    // R to MOS: the points of G.107 table B.1.
    EXPECT_NEAR(rtp::mosOf(90), 4.34, 0.01);
    EXPECT_NEAR(rtp::mosOf(80), 4.03, 0.01);
    EXPECT_NEAR(rtp::mosOf(70), 3.60, 0.01);
    EXPECT_NEAR(rtp::mosOf(60), 3.10, 0.01);
    EXPECT_NEAR(rtp::mosOf(50), 2.58, 0.01);
    EXPECT_EQ(rtp::mosOf(-5), 1);
    EXPECT_EQ(rtp::mosOf(1), 1); // the polynomial dips below one there
    EXPECT_EQ(rtp::mosOf(120), 4.5);
    // A clean call of G.711: the default R of 93.2.
    const auto clean = rtp::qualityOf(input("pcmu"));
    ASSERT_TRUE(clean.mos);
    EXPECT_NEAR(*clean.r, 93.2, 0.01);
    EXPECT_NEAR(*clean.mos, 4.41, 0.01);
    EXPECT_EQ(clean.delay, base::Duration(60ms));
    EXPECT_EQ(clean.delayImpairment, 0);
}

TEST(Quality, LossCosts)
{
    const auto one = rtp::qualityOf(input("PCMA", 0.01)),
               five = rtp::qualityOf(input("PCMA", 0.05));
    ASSERT_TRUE(one.mos && five.mos);
    EXPECT_NEAR(one.ieEffective, 95 * 1 / (1 + 25.1), 0.01);
    EXPECT_NEAR(five.ieEffective, 95 * 5 / (5 + 25.1), 0.01);
    EXPECT_LT(*five.mos, *one.mos);
    const auto g729 = rtp::qualityOf(input("G729", 0.05));
    EXPECT_NEAR(g729.ieEffective, 11 + 84.0 * 5 / (5 + 19), 0.01);
    const auto all = rtp::qualityOf(input("PCMU", 7));
    EXPECT_EQ(*all.input.loss, 1);
    EXPECT_LT(*all.mos, 2);
}

TEST(Quality, DelayCostsBeyondAHundredMilliseconds)
{
    // 60 ms of our own and half the round trip; Idd by hand from G.107 equation 7-28.
    const auto slow = rtp::qualityOf(input("PCMU", 0, 680ms)); // 400 ms: X is 2
    EXPECT_EQ(slow.delay, base::Duration(400ms));
    EXPECT_NEAR(slow.delayImpairment, 24.07, 0.02);
    EXPECT_EQ(rtp::qualityOf(input("PCMU", 0, 80ms)).delayImpairment, 0);
    EXPECT_NE(slow.why.find("680 ms round trip"), std::string::npos) << slow.why;
}

TEST(Quality, WhatNobodyPublishedIsNotKnown)
{
    for (const char *name : {"opus", "G722", "L16", "", "\x01odd"}) {
        const auto out = rtp::qualityOf(input(name));
        EXPECT_FALSE(out.mos || out.r) << name;
        EXPECT_FALSE(out.why.empty());
        EXPECT_EQ(out.why.find('\x01'), std::string::npos);
    }
    EXPECT_TRUE(rtp::qualityOf(input("GSM")).mos);
    EXPECT_FALSE(rtp::qualityOf(input("GSM", 0.02)).mos);
}

TEST(Quality, OfACapturedStream)
{
    rtp::Stream stream;
    stream.packets = 990;
    stream.expected = 1000;
    stream.lost = 10;
    stream.late = 10;
    stream.meanJitter = 30ms;
    stream.ptime = 20ms;
    rtp::RemoteReport report;
    report.roundTrip = 100ms;
    stream.reports = {report, {}};
    // Seen from the middle: both halves of the way, or it is not known.
    EXPECT_FALSE(rtp::qualityOf(stream, "PCMU").input.roundTrip);
    rtp::Stream back;
    report.roundTrip = 40ms;
    back.reports = {report};
    EXPECT_EQ(rtp::qualityOf(stream, "PCMU", &back).input.roundTrip, base::Duration(140ms));
    report.roundTrip = base::Duration{0}; // captured where the other one is received
    back.reports = {report};
    const auto out = rtp::qualityOf(stream, "PCMU", &back);
    EXPECT_NEAR(*out.input.loss, 0.02, 1e-9);
    EXPECT_EQ(out.input.jitterBuffer, base::Duration(60ms));
    EXPECT_EQ(out.delay, base::Duration(130ms));
    ASSERT_TRUE(out.mos);
    EXPECT_NEAR(out.ieEffective, 95 * 2 / 27.1, 0.01);
}

rtp::Stream ownStream(bool outgoing)
{
    rtp::Stream stream;
    stream.origin = base::Origin::Media;
    stream.outgoing = outgoing;
    stream.packets = stream.expected = 1000;
    stream.first = base::Instant{1'000'000'000'000};
    stream.last = stream.first + 20s;
    stream.ptime = 20ms;
    return stream;
}

TEST(Quality, WhatWeSentIsJudgedByItsReceiverAlone)
{
    auto sent = ownStream(true);
    const auto blind = rtp::qualityOf(sent, "PCMU");
    EXPECT_FALSE(blind.mos || blind.r || blind.input.loss);
    EXPECT_NE(blind.why.find("RTCP"), std::string::npos) << blind.why;
    rtp::RemoteReport report;
    report.at = sent.first + 10s; // 500 packets were sent by then
    report.lost = 25;
    report.jitter = 30ms;
    report.roundTrip = 80ms;
    sent.reports = {report};
    const auto told = rtp::qualityOf(sent, "PCMU");
    ASSERT_TRUE(told.mos && told.input.loss);
    EXPECT_NEAR(*told.input.loss, 0.05, 1e-9);
    EXPECT_EQ(told.input.jitterBuffer, base::Duration(60ms));
    EXPECT_EQ(told.input.roundTrip, base::Duration(80ms));
    sent.reports[0].lost = -3; // more than expected came: copies
    EXPECT_EQ(*rtp::qualityOf(sent, "PCMU").input.loss, 0);
}

TEST(Quality, TheTripOfWhatWeReceiveIsToldByWhatWeSend)
{
    auto received = ownStream(false), sent = ownStream(true);
    rtp::RemoteReport ourOwn, theirs;
    ourOwn.roundTrip = base::Duration{0}; // we report where we receive
    theirs.roundTrip = 90ms;
    received.reports = {ourOwn};
    EXPECT_FALSE(rtp::qualityOf(received, "PCMU").input.roundTrip);
    sent.reports = {theirs};
    EXPECT_EQ(rtp::qualityOf(received, "PCMU", &sent).input.roundTrip, base::Duration(90ms));
}

TEST(Quality, AFewPacketsAreNoGround)
{
    rtp::Stream stream;
    stream.packets = stream.expected = 24;
    const auto few = rtp::qualityOf(stream, "PCMU");
    EXPECT_FALSE(few.mos);
    EXPECT_NE(few.why.find("24 packets are too few"), std::string::npos) << few.why;
    stream.packets = stream.expected = 25;
    EXPECT_TRUE(rtp::qualityOf(stream, "PCMU").mos);
}

TEST(Quality, WithoutConcealmentLossCostsMore)
{
    auto bare = input("PCMU", 0.02);
    bare.concealed = false;
    EXPECT_NEAR(rtp::qualityOf(bare).ieEffective, 95 * 2 / (2 + 4.3), 0.01);
    EXPECT_NE(rtp::qualityOf(bare).why.find("without loss concealment"), std::string::npos);
    auto other = input("G729", 0.02);
    other.concealed = false;
    EXPECT_FALSE(rtp::qualityOf(other).mos); // nobody measured that
    other.loss = 0;
    EXPECT_TRUE(rtp::qualityOf(other).mos);
}

} // namespace
