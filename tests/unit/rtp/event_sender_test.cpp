// SPDX-License-Identifier: Apache-2.0
#include <rtp/event_sender.h>

#include <gtest/gtest.h>
#include <rtp/dtmf.h>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct Sent {
    int turn = 0;
    rtp::EventSender::Out out;
    bool end() const { return (out.payload[1] & 0x80) != 0; }
    std::uint32_t duration() const
    {
        return static_cast<unsigned char>(out.payload[2]) * 256U +
               static_cast<unsigned char>(out.payload[3]);
    }
};

/// Turns of 20 ms at 8000 Hz.
std::vector<Sent> run(rtp::EventSender &sender, int turns, std::uint32_t from = 0xFFFFFF00U)
{
    std::vector<Sent> out;
    for (int i = 0; i < turns; ++i)
        if (auto next = sender.next(from + static_cast<std::uint32_t>(i) * 160, 160, 20ms))
            out.push_back({i, std::move(*next)});
    return out;
}

TEST(EventSender, AnEventAsRfc4733HasIt)
{
    rtp::EventSender sender;
    EXPECT_EQ(sender.press("5", {100ms, 60ms, 10}), 1U);
    EXPECT_TRUE(sender.busy());
    const auto sent = run(sender, 50);
    EXPECT_FALSE(sender.busy());
    EXPECT_EQ(sender.pressed(), 1U);
    ASSERT_EQ(sent.size(), 7U); // 20, 40, 60, 80 ms, and the end three times
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(sent[i].out.timestamp, 0xFFFFFF00U);
        EXPECT_EQ(sent[i].out.marker, i == 0);
        EXPECT_EQ(sent[i].end(), i >= 4);
        EXPECT_EQ(sent[i].duration(), std::min<std::size_t>(i + 1, 5) * 160);
        EXPECT_EQ(sent[i].out.payload[0], 5);
        EXPECT_EQ(sent[i].out.payload[1] & 0x3F, 10);
        EXPECT_EQ(sent[i].turn, static_cast<int>(i));
    }
}

TEST(EventSender, EveryKeyIsReadBackWithItsPause)
{
    rtp::EventSender sender;
    const std::string keys = "0123456789*#ABCD!";
    EXPECT_EQ(sender.press("0123456789*#abcd!", {}), keys.size());
    rtp::DtmfReader reader;
    std::vector<rtp::Digit> digits;
    for (const Sent &each : run(sender, 400))
        reader.add(base::Instant{each.turn * 20'000'000LL}, each.out.timestamp, 8000,
                   each.out.payload, digits);
    ASSERT_EQ(digits.size(), keys.size());
    for (std::size_t i = 0; i < digits.size(); ++i) {
        EXPECT_EQ(digits[i].key, keys[i]);
        EXPECT_TRUE(digits[i].ended);
        EXPECT_EQ(digits[i].length, base::Duration(160ms));
        EXPECT_EQ(digits[i].volume, 10);
        // 160 ms, two more ends and the pause.
        EXPECT_EQ(digits[i].at - digits[0].at, static_cast<int>(i) * base::Duration(300ms));
    }
}

TEST(EventSender, OddWishesAreBounded)
{
    rtp::EventSender sender;
    EXPECT_EQ(sender.press("x y?", {}), 0U);
    EXPECT_EQ(sender.press(std::string(1000, '1'), {1h, 0ms, 255}), 256U);
    const auto sent = run(sender, 52); // the first of them with its ends
    EXPECT_EQ(sent.back().out.payload[1] & 0x3F, 63);
    EXPECT_EQ(sent.back().duration(), 8000U); // a second
    EXPECT_FALSE(rtp::EventSender().next(0, 160, 20ms));
}

} // namespace
