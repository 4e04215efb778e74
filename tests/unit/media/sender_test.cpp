// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <media/media.h>
#include <media/sender.h>
#include <rtp/rtp_packet.h>
#include <string>

namespace {

using namespace std::chrono_literals;
const base::Endpoint kTo = *base::Endpoint::parse("192.0.2.1:4000");

media::Sender makeSender(std::uint64_t seed = 1)
{
    return {{0, "PCMU", 8000, 1},
            kTo,
            *media::makeEncoder({0, "PCMU", 8000, 1}),
            media::tone(440, 8000),
            seed};
}

TEST(Sender, PacesOnePacketEvery20Milliseconds)
{
    auto sender = makeSender();
    std::vector<std::string> sent;
    const auto keep = [&](const base::Endpoint &to, std::string_view bytes) {
        EXPECT_EQ(to, kTo);
        sent.emplace_back(bytes);
        return true;
    };
    const base::Duration begin = 5s;
    sender.run(begin, keep);
    EXPECT_EQ(sent.size(), 1U); // at once
    for (int ms = 1; ms <= 1000; ++ms) {
        if (sender.due() <= begin + ms * 1ms)
            sender.run(begin + ms * 1ms, keep);
        EXPECT_EQ(sent.size(), static_cast<std::size_t>(1 + ms / 20));
    }
    const auto first = rtp::parseRtp(sent[0]), second = rtp::parseRtp(sent[1]),
               last = rtp::parseRtp(sent.back());
    ASSERT_TRUE(first && second && last);
    EXPECT_TRUE(first->marker);
    EXPECT_FALSE(second->marker);
    EXPECT_EQ(first->payload.size(), 160U);
    EXPECT_EQ(static_cast<std::uint16_t>(last->sequence - first->sequence), 50);
    EXPECT_EQ(last->timestamp - first->timestamp, 8000U);
    EXPECT_EQ(last->ssrc, first->ssrc);
    EXPECT_EQ(sender.sent(), 51U);
}

TEST(Sender, ALatePaceKeepsItsSchedule)
{
    auto sender = makeSender();
    int sent = 0;
    const auto count = [&](const base::Endpoint &, std::string_view) { return ++sent > 0; };
    sender.run(1s, count);
    sender.run(1s + 65ms, count); // 20, 40 and 60 are due
    EXPECT_EQ(sent, 4);
    EXPECT_EQ(sender.due(), base::Duration(1s + 80ms));
}

TEST(Sender, AfterALongStopItGoesOnFromNow)
{
    auto sender = makeSender();
    std::vector<std::string> sent;
    const auto keep = [&](const base::Endpoint &, std::string_view bytes) {
        sent.emplace_back(bytes);
        return true;
    };
    sender.run(1s, keep);
    sender.run(11s, keep);
    EXPECT_LE(sent.size(), 3U);
    const auto first = rtp::parseRtp(sent[0]), next = rtp::parseRtp(sent[1]);
    EXPECT_EQ(static_cast<std::uint16_t>(next->sequence - first->sequence),
              1); // no loss to be seen
    EXPECT_NEAR(static_cast<double>(next->timestamp - first->timestamp), 80000,
                320); // but time went on
    EXPECT_TRUE(next->marker);
}

TEST(Sender, BeginsAtRandom)
{
    std::string one, two;
    makeSender(1).run(1s,
                      [&](const base::Endpoint &, std::string_view b) { return one = b, true; });
    makeSender(2).run(1s,
                      [&](const base::Endpoint &, std::string_view b) { return two = b, true; });
    EXPECT_NE(rtp::parseRtp(one)->ssrc, rtp::parseRtp(two)->ssrc);
    EXPECT_NE(rtp::parseRtp(one)->sequence, rtp::parseRtp(two)->sequence);
}

TEST(Sender, WhatCannotBeEncodedIsSaid)
{
    const auto none = media::makeEncoder({97, "G729", 8000, 1});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().sentence.find("G729"), std::string::npos);
}

TEST(Sender, KeysGoInPlaceOfSound)
{
    auto sender = makeSender();
    EXPECT_EQ(sender.press("1", {}), 0U); // the peer takes none
    sender.events(101);
    EXPECT_EQ(sender.press("1", {100ms, 60ms, 10}), 1U);
    std::vector<rtp::RtpPacket> packets;
    std::vector<std::string> sent;
    for (int i = 0; i < 20; ++i)
        sender.run(1s + i * 20ms, [&](const base::Endpoint &, std::string_view bytes) {
            sent.emplace_back(bytes);
            return true;
        });
    ASSERT_EQ(sent.size(), 20U);
    for (const auto &bytes : sent)
        packets.push_back(*rtp::parseRtp(bytes));
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const bool event = i < 7; // five packets and two more ends
        EXPECT_EQ(packets[i].payloadType, event ? 101 : 0) << i;
        EXPECT_EQ(static_cast<std::uint16_t>(packets[i].sequence - packets[0].sequence), i);
        EXPECT_EQ(packets[i].timestamp - packets[0].timestamp, event ? 0 : i * 160) << i;
        EXPECT_EQ(packets[i].payload.size(), event ? 4U : 160U);
    }
    EXPECT_EQ(sender.pressed(), 1U);
    EXPECT_EQ(sender.octets(), 7 * 4 + 13 * 160U);
    EXPECT_EQ(sender.timestampAt(1s + 400ms) - packets[0].timestamp, 3200U);
    EXPECT_EQ(sender.timestampAt(1s + 390ms) - packets[0].timestamp, 3120U);
    EXPECT_EQ(sender.clock(), 8000U);
}

TEST(Sender, GoesOnAfterAPauseAsTheSameSource)
{
    std::vector<rtp::RtpPacket> sent;
    std::vector<std::string> bytes;
    const auto keep = [&](const base::Endpoint &, std::string_view packet) {
        bytes.emplace_back(packet);
        return true;
    };
    auto before = makeSender(1);
    for (int i = 0; i < 5; ++i)
        before.run(1s + i * 20ms, keep);
    auto after = makeSender(2); // the session was held for two seconds
    after.resume(before.course());
    after.run(3s + 80ms, keep);
    ASSERT_EQ(bytes.size(), 6U);
    const auto last = rtp::parseRtp(bytes[4]), next = rtp::parseRtp(bytes[5]);
    ASSERT_TRUE(last && next);
    EXPECT_EQ(next->ssrc, last->ssrc);
    EXPECT_EQ(static_cast<std::uint16_t>(next->sequence - last->sequence), 1);
    EXPECT_EQ(next->timestamp - last->timestamp, 16000U); // two seconds
    EXPECT_TRUE(next->marker);                            // RFC 3551 section 4.1
    EXPECT_EQ(after.packets(), 6U) << "what its reports count";
    EXPECT_EQ(after.octets(), 6 * 160U);
    EXPECT_EQ(after.sent(), 1U);
}

TEST(Sender, AnotherClockIsAnotherSource)
{
    const auto before = makeSender(1);
    media::Sender wide({96, "L16", 16000, 1}, kTo, *media::makeEncoder({96, "L16", 16000, 1}),
                       media::tone(440, 16000), 2);
    const auto ssrc = wide.ssrc();
    wide.resume(before.course());
    EXPECT_EQ(wide.ssrc(), ssrc); // RFC 3550 section 5.2
    EXPECT_NE(wide.ssrc(), before.ssrc());
}

} // namespace
