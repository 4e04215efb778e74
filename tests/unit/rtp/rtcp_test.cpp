// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rtp/rtcp.h>
#include <rtp/stream_table.h>
#include <support/capture_writer.h>

namespace {

using std::chrono::milliseconds;
using support::be16;
using support::be32;

const base::Endpoint kSender = support::endpoint("192.0.2.9:4000");
const base::Endpoint kReceiver = support::endpoint("192.0.2.1:5000");

/// One packet of a compound; `content` is a multiple of four octets.
std::string part(int type, int count, const std::string &content)
{
    return std::string{static_cast<char>(0x80 | count), static_cast<char>(type)} +
           be16(static_cast<std::uint32_t>(content.size() / 4)) + content;
}

std::string block(std::uint32_t about, std::uint8_t fraction, std::int32_t lost,
                  std::uint32_t jitter, std::uint32_t lastReport = 0, std::uint32_t delay = 0)
{
    return be32(about) + static_cast<char>(fraction) +
           be32(static_cast<std::uint32_t>(lost) & 0xFFFFFFU).substr(1) + be32(70000) +
           be32(jitter) + be32(lastReport) + be32(delay);
}

std::string senderReport(std::uint32_t ssrc, std::uint64_t ntp, const std::string &blocks = {})
{
    return part(200, static_cast<int>(blocks.size() / 24),
                be32(ssrc) + be32(static_cast<std::uint32_t>(ntp >> 32U)) +
                    be32(static_cast<std::uint32_t>(ntp)) + be32(1234) + be32(50) + be32(8000) +
                    blocks);
}

std::string name(std::uint32_t ssrc, std::string text)
{
    std::string chunk = be32(ssrc) + '\x01' + static_cast<char>(text.size()) + text;
    chunk.resize((chunk.size() / 4 + 1) * 4);
    return part(202, 1, chunk);
}

class Reports : public testing::Test
{
protected:
    Reports()
    {
        for (std::uint16_t i = 0; i < 50; ++i)
            id = table.add(packet(i * 20, kSender, kReceiver),
                           *rtp::parseRtp(bytes = support::rtp(i, i * 160U, 7, "voice")));
    }
    static base::Packet packet(int ms, const base::Endpoint &from, const base::Endpoint &to)
    {
        base::Packet out;
        out.time = base::Instant{1'000'000'000'000} + milliseconds(ms);
        out.source = from;
        out.destination = to;
        return out;
    }
    void heard(int ms, const std::string &rtcp, bool byReceiver)
    {
        ASSERT_TRUE(rtp::isRtcp(rtcp));
        auto from = byReceiver ? kReceiver : kSender, to = byReceiver ? kSender : kReceiver;
        ++from.port;
        ++to.port;
        table.report(packet(ms, from, to), rtcp);
    }
    const rtp::Stream &stream() { return *(held = table.snapshot(id)); }

    rtp::StreamTable table;
    rtp::StreamId id;
    std::string bytes;
    std::shared_ptr<const rtp::Stream> held;
};

TEST_F(Reports, receiverSaysWhatItLost)
{
    heard(900, part(201, 1, be32(99) + block(7, 64, 12, 80)) + name(99, "bob@example"), true);
    ASSERT_EQ(stream().reports.size(), 1U);
    const rtp::RemoteReport &report = stream().reports[0];
    EXPECT_EQ(report.reporter, 99U);
    EXPECT_DOUBLE_EQ(report.fractionLost, 0.25);
    EXPECT_EQ(report.lost, 12);
    EXPECT_EQ(report.jitter, milliseconds(10));
    EXPECT_FALSE(report.roundTrip);
    EXPECT_EQ(stream().name, ""); // that is the other's
    heard(950, part(201, 1, be32(99) + block(7, 0, -3, 0)), true);
    EXPECT_EQ(stream().reports[1].lost, -3);
    EXPECT_EQ(stream().reportsHeard, 2U);
}

TEST_F(Reports, roundTripIsReckonedFromWhereItWasCaptured)
{
    const std::uint64_t ntp = 0xAABBCCDD11223344ULL;
    heard(100, senderReport(7, ntp) + name(7, "alice@example"), false);
    EXPECT_EQ(stream().senderReports, 1U);
    EXPECT_EQ(stream().sentPackets, 50U);
    EXPECT_EQ(stream().name, "alice@example");
    heard(350, part(201, 1, be32(99) + block(7, 0, 0, 0, 0xCCDD1122, 65536 / 5)), true);
    ASSERT_TRUE(stream().reports.at(0).roundTrip);
    EXPECT_NEAR(static_cast<double>(stream().reports[0].roundTrip->count()), 50e6, 1e5);
    heard(360, part(201, 1, be32(99) + block(7, 0, 0, 0, 0x12345678, 0)), true); // of no SR seen
    EXPECT_FALSE(stream().reports.at(1).roundTrip);
}

TEST_F(Reports, byeAndVoipMetrics)
{
    std::string metrics = be32(7) + std::string("\x08\x04\x01\x02", 4) + be16(20) + be16(500) +
                          be16(80) + be16(40) + std::string(4, '\0') +
                          std::string("\x5D\x7F\x29\x2A", 4) + std::string(8, '\0');
    ASSERT_EQ(metrics.size(), 32U);
    heard(900,
          part(201, 0, be32(99)) +
              part(207, 0, be32(99) + std::string("\x07\x00\x00\x08", 4) + metrics),
          true);
    ASSERT_TRUE(stream().metrics);
    EXPECT_EQ(stream().metrics->lossRate, 8);
    EXPECT_EQ(stream().metrics->roundTrip, 80);
    EXPECT_EQ(stream().metrics->rFactor, 0x5D);
    EXPECT_EQ(stream().metrics->mosConversation, 0x2A);
    heard(990,
          part(201, 0, be32(7)) + part(203, 1,
                                       be32(7) + std::string("\x03"
                                                             "end",
                                                             4)),
          false);
    EXPECT_EQ(stream().byeReason, "end");
    EXPECT_TRUE(stream().bye.known());
}

TEST(Rtcp, onlyWholeCompoundsAreCertain)
{
    const std::string good = part(201, 1, be32(99) + block(7, 1, 1, 1));
    EXPECT_TRUE(rtp::isRtcp(good));
    EXPECT_TRUE(rtp::isRtcp(good + name(99, "x")));
    EXPECT_FALSE(rtp::isRtcp(good + "xx"));
    EXPECT_FALSE(rtp::isRtcp(good.substr(0, 20)));
    EXPECT_FALSE(rtp::isRtcp(""));
    std::string rtp = support::rtp(1, 1, 1, std::string(160, 'x'));
    EXPECT_FALSE(rtp::isRtcp(rtp));
    rtp::RtcpListener nobody;
    for (std::size_t cut = 0; cut < good.size(); ++cut) // whatever is there is read, nothing else
        EXPECT_FALSE(rtp::readRtcp(good.substr(0, cut), nobody));
}

} // namespace
