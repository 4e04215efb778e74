// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <media/playout.h>

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kNone{0};

TEST(Playout, OpensWithItsSmallCushionOnly)
{
    media::Playout playout(20ms);
    const auto first = playout.frame(1s, 20ms, kNone, kNone);
    EXPECT_TRUE(first.opened);
    EXPECT_EQ(first.silence, base::Duration(20ms));
    for (int i = 1; i < 500; ++i) {
        const auto next = playout.frame(1s + i * 20ms, 20ms, kNone, kNone);
        EXPECT_FALSE(next.opened || next.drop);
        EXPECT_EQ(next.silence, kNone);
    }
    EXPECT_EQ(playout.underruns(), 0U);
}

TEST(Playout, FillsAHoleOfTheStreamWithSilence)
{
    media::Playout playout(40ms);
    playout.frame(1s, 20ms, kNone, kNone);
    EXPECT_EQ(playout.frame(1s + 40ms, 20ms, 20ms, kNone).silence, base::Duration(20ms));
}

TEST(Playout, GrowsWithMeasuredJitterAndAfterAnUnderrun)
{
    media::Playout playout(20ms);
    playout.frame(1s, 20ms, kNone, kNone);
    playout.frame(1s + 20ms, 20ms, kNone, 25ms);
    EXPECT_EQ(playout.target(), base::Duration(75ms));
    // Given out until 1.06 s; this frame comes 30 ms after that.
    const auto late = playout.frame(1s + 90ms, 20ms, kNone, kNone);
    EXPECT_TRUE(late.opened);
    EXPECT_EQ(playout.underruns(), 1U);
    EXPECT_GT(playout.target(), base::Duration(75ms));
    EXPECT_EQ(late.silence, playout.target());
    for (int i = 0; i < 100; ++i)
        playout.frame(2s + i * 20ms, 20ms, kNone, 500ms);
    EXPECT_EQ(playout.target(), base::Duration(200ms)); // bounded
}

TEST(Playout, APauseIsNoUnderrun)
{
    media::Playout playout(20ms);
    playout.frame(1s, 20ms, kNone, kNone);
    EXPECT_TRUE(playout.frame(5s, 20ms, 4s, kNone).opened);
    EXPECT_EQ(playout.underruns(), 0U);
    EXPECT_EQ(playout.target(), base::Duration(20ms));
}

TEST(Playout, DropsWhatWouldBeHeardTooLate)
{
    media::Playout playout(20ms);
    int dropped = 0;
    for (int i = 0; i < 100; ++i) // two seconds of sound at once
        dropped += playout.frame(1s, 20ms, kNone, kNone).drop ? 1 : 0;
    EXPECT_EQ(dropped, 100 - 7); // 160 ms may wait, 20 of them cushion
    EXPECT_FALSE(playout.frame(1s + 100ms, 20ms, kNone, kNone).drop);
}

TEST(Playout, HearsThatTheDeviceIsBehind)
{
    media::Playout playout(20ms);
    playout.frame(1s, 20ms, kNone, kNone);
    playout.outputBehind(1s + 20ms, 500ms);
    EXPECT_TRUE(playout.frame(1s + 20ms, 20ms, kNone, kNone).drop);
}

} // namespace
