// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rtp/marking.h>
#include <rtp/stream_table.h>

namespace {

TEST(Marking, NamesAreThoseOfTheRfcs)
{
    EXPECT_EQ(rtp::dscpName(0), "best effort");
    EXPECT_EQ(rtp::dscpName(46), "EF");
    EXPECT_EQ(rtp::dscpName(44), "VOICE-ADMIT");
    EXPECT_EQ(rtp::dscpName(34), "AF41");
    EXPECT_EQ(rtp::dscpName(14), "AF13");
    EXPECT_EQ(rtp::dscpName(24), "CS3");
    EXPECT_EQ(rtp::dscpName(7), "DSCP 7");
    EXPECT_EQ(rtp::dscpName(42), "DSCP 42");
}

TEST(Marking, AStreamKeepsAllThatItsPacketsHad)
{
    rtp::StreamTable table;
    base::Packet packet;
    packet.payload = base::Blob::copy(std::string(172, '\0'));
    rtp::RtpPacket rtp;
    rtp.payload = packet.payload.text().substr(12);
    const auto id = table.add(packet, rtp);
    EXPECT_EQ(rtp::markingText(table.snapshot(id)->marking), "") << "nobody told";
    const auto next = [&](std::uint8_t dscp, std::uint8_t hops) {
        packet.dscp = dscp;
        packet.hops = hops;
        ++rtp.sequence;
        table.add(packet, rtp);
        return rtp::markingText(table.snapshot(id)->marking);
    };
    EXPECT_EQ(next(46, 63), "DSCP 46 (EF), TTL 63");
    EXPECT_EQ(next(46, 61), "DSCP 46 (EF), TTL 61-63");
    EXPECT_EQ(next(0, 62), "DSCP 0 (best effort), 46 (EF), TTL 61-63");
}

TEST(Marking, WhatWeSendHasNoHopsYet)
{
    rtp::Marking marking;
    base::Packet packet;
    packet.dscp = base::kExpedited;
    marking.add(packet);
    EXPECT_EQ(rtp::markingText(marking), "DSCP 46 (EF)");
}

} // namespace
