// SPDX-License-Identifier: Apache-2.0
#include <rtp/rtcp_write.h>

#include <gtest/gtest.h>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct Heard : rtp::RtcpListener {
    std::vector<rtp::SenderInfo> senders;
    std::vector<rtp::ReportBlock> blocks;
    std::vector<std::pair<std::uint32_t, std::string>> names;
    std::vector<std::uint32_t> byes;
    void sender(const rtp::SenderInfo &info) override { senders.push_back(info); }
    void report(const rtp::ReportBlock &block) override { blocks.push_back(block); }
    void name(std::uint32_t ssrc, std::string_view cname) override
    {
        names.emplace_back(ssrc, cname);
    }
    void bye(std::uint32_t ssrc, std::string_view) override { byes.push_back(ssrc); }
};

rtp::ReportBlock block()
{
    rtp::ReportBlock out;
    out.about = 0xAABBCCDD;
    out.fractionLost = 64;
    out.cumulativeLost = -3;
    out.highestSequence = 0x10005;
    out.jitter = 77;
    out.lastReport = 0x12345678;
    out.delay = 65536;
    return out;
}

TEST(RtcpWrite, ASenderReportIsReadBack)
{
    for (const std::size_t length : {0U, 1U, 2U, 3U, 4U, 5U, 255U}) {
        rtp::SenderInfo info{0x01020304, 0xE0000000'80000000, 4000, 10, 1600};
        const std::vector<rtp::ReportBlock> blocks{block()};
        const std::string name(length, 'n');
        const auto bytes = rtp::writeReport(info, blocks, name, true);
        EXPECT_EQ(bytes.size() % 4, 0U);
        ASSERT_TRUE(rtp::isRtcp(bytes)) << length;
        EXPECT_EQ(static_cast<unsigned char>(bytes[1]), 200);
        Heard heard;
        ASSERT_TRUE(rtp::readRtcp(bytes, heard));
        ASSERT_EQ(heard.senders.size(), 1U);
        EXPECT_EQ(heard.senders[0].ntp, info.ntp);
        EXPECT_EQ(heard.senders[0].timestamp, 4000U);
        EXPECT_EQ(heard.senders[0].packets, 10U);
        EXPECT_EQ(heard.senders[0].octets, 1600U);
        ASSERT_EQ(heard.blocks.size(), 1U);
        EXPECT_EQ(heard.blocks[0].reporter, info.ssrc);
        EXPECT_EQ(heard.blocks[0].about, 0xAABBCCDDU);
        EXPECT_EQ(heard.blocks[0].fractionLost, 64);
        EXPECT_EQ(heard.blocks[0].cumulativeLost, -3);
        EXPECT_EQ(heard.blocks[0].highestSequence, 0x10005U);
        EXPECT_EQ(heard.blocks[0].jitter, 77U);
        EXPECT_EQ(heard.blocks[0].lastReport, 0x12345678U);
        EXPECT_EQ(heard.blocks[0].delay, 65536U);
        ASSERT_EQ(heard.names.size(), 1U);
        EXPECT_EQ(heard.names[0].second, name);
        EXPECT_EQ(heard.byes, std::vector<std::uint32_t>{info.ssrc});
    }
}

TEST(RtcpWrite, WithoutPacketsItIsAReceiverReport)
{
    const auto bytes = rtp::writeReport({7, 0, 0, 0, 0}, {}, "a@b", false);
    ASSERT_TRUE(rtp::isRtcp(bytes));
    EXPECT_EQ(static_cast<unsigned char>(bytes[1]), 201);
    Heard heard;
    ASSERT_TRUE(rtp::readRtcp(bytes, heard));
    EXPECT_TRUE(heard.senders.empty() && heard.byes.empty());
    const std::vector<rtp::ReportBlock> many(40, block());
    const auto full = rtp::writeReport({7, 0, 0, 0, 0}, many, "a@b", false);
    Heard all;
    ASSERT_TRUE(rtp::isRtcp(full));
    ASSERT_TRUE(rtp::readRtcp(full, all));
    EXPECT_EQ(all.blocks.size(), 31U);
    EXPECT_EQ(all.names.size(), 1U);
}

TEST(RtcpWrite, NtpCountsFrom1900)
{
    EXPECT_EQ(rtp::ntpOf({500'000'000}), (2'208'988'800ULL << 32) + 0x80000000U);
    EXPECT_EQ(rtp::ntpOf({-1}), 2'208'988'800ULL << 32);
    EXPECT_EQ(rtp::middleOf(0x11112222'33334444), 0x22223333U);
}

TEST(RtcpWrite, TheIntervalIsSection6_3_1)
{
    // 64 kbit/s: 400 octets a second of RTCP; two compounds of 100 would be half a second.
    EXPECT_NEAR(base::toSeconds(rtp::reportInterval(false, 100, 64000, 0.5)), 5 / 1.21828, 1e-6);
    EXPECT_NEAR(base::toSeconds(rtp::reportInterval(true, 100, 64000, 0)), 1.25 / 1.21828, 1e-6);
    EXPECT_NEAR(base::toSeconds(rtp::reportInterval(false, 100, 64000, 1)), 7.5 / 1.21828, 1e-6);
    EXPECT_NEAR(base::toSeconds(rtp::reportInterval(false, 100, 4000, 0.5)), 8 / 1.21828, 1e-6);
    EXPECT_LE(rtp::reportInterval(false, 1e9, 0, 1), base::Duration(90s));
}

} // namespace
