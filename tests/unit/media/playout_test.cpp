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
    EXPECT_EQ(late.silence, playout.target() + 30ms); // which the output missed
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

TEST(Playout, KeepsTheOutputJustFullEnough)
{
    media::Playout playout(20ms);
    playout.restart(1s);
    // A device whose clock is a thousandth fast, looked at whenever that was asked for.
    base::Duration given{0}, now = 1s, least = 1s, most{0};
    const auto held = [&] { return given - (now - 1s) * 1001 / 1000; };
    for (; now < 11s; now = std::max(now + 100us, playout.nextFill())) {
        if (now > 2s)
            least = std::min(least, held());
        given += playout.fill(now, held());
        most = std::max(most, held());
    }
    EXPECT_GT(least, base::Duration(10ms));
    EXPECT_LT(most, base::Duration(18ms));
    (void)playout.fill(now, held());
    const auto sound = playout.frame(now, 20ms, kNone, kNone);
    EXPECT_TRUE(sound.opened);
    EXPECT_LE(sound.silence, base::Duration(14ms)); // what waits counts for the cushion
    EXPECT_EQ(playout.underruns(), 0U);
    EXPECT_EQ(playout.fill(now, 30ms), kNone); // the sound keeps it running
}

TEST(Playout, MakesUpForWhatTheOutputMissed)
{
    media::Playout playout(20ms);
    playout.restart(1s);
    EXPECT_GE(playout.fill(3s, -2s), base::Duration(2s)); // its own position went on
    EXPECT_EQ(playout.fill(3s, 15ms), kNone);
    // And where a sound is the first to come after a stop of ours.
    const auto sound = playout.frame(4s, 20ms, kNone, kNone);
    EXPECT_GT(sound.silence, base::Duration(900ms));
}

TEST(Playout, AnOutputThatHoldsMoreThanWasReckonedIsNotFilled)
{
    media::Playout playout(20ms);
    playout.frame(1s, 20ms, kNone, kNone); // until 1.04 s
    EXPECT_EQ(playout.fill(1s + 40ms, 25ms), kNone);
    EXPECT_EQ(playout.nextFill(), base::Duration(1s + 65ms));
    EXPECT_FALSE(playout.frame(1s + 45ms, 20ms, kNone, kNone).opened);
    EXPECT_EQ(playout.underruns(), 0U);
}

TEST(Playout, SilenceInALateFramesPlaceIsAnUnderrun)
{
    media::Playout playout(20ms);
    playout.frame(1s, 20ms, kNone, kNone); // until 1.04 s
    EXPECT_EQ(playout.fill(1s + 30ms, 10ms), kNone);
    EXPECT_GT(playout.fill(1s + 41ms, -1ms), kNone);
    EXPECT_TRUE(playout.frame(1s + 45ms, 20ms, kNone, kNone).opened);
    EXPECT_EQ(playout.underruns(), 1U);
}

} // namespace
