// SPDX-License-Identifier: Apache-2.0
#include <rtp/loudness.h>

#include <gtest/gtest.h>
#include <limits>

namespace {

using namespace std::chrono_literals;
using rtp::Loudness;

constexpr base::Instant kStart{1'700'000'000'000'000'000};

TEST(Loudness, KeepsLevelsToHalfADecibel)
{
    Loudness loudness;
    loudness.add(kStart, -12.3);
    loudness.add(kStart + 20ms, -200.0);
    loudness.add(kStart + 40ms, 7.0);
    loudness.add(kStart + 60ms, std::nullopt);
    EXPECT_NEAR(loudness.cell(0).level, -12.3, 0.25);
    EXPECT_EQ(loudness.cell(1).level, -96);
    EXPECT_EQ(loudness.cell(2).level, 0);
    EXPECT_EQ(loudness.cell(3).known, Loudness::Known::Arrived);
    EXPECT_EQ(loudness.cell(4).known, Loudness::Known::Nothing);
}

TEST(Loudness, TellsTheLoudestOfASpan)
{
    Loudness loudness;
    for (int i = 0; i < 10; ++i)
        loudness.add(kStart + i * 20ms, -50.0 + i);
    EXPECT_NEAR(loudness.loudest(kStart, kStart + 100ms).level, -46, 0.25);
    EXPECT_NEAR(loudness.loudest(kStart - 1s, kStart + 1s).level, -41, 0.25);
    EXPECT_EQ(loudness.loudest(kStart - 1s, kStart).known, Loudness::Known::Nothing);
    EXPECT_EQ(loudness.loudest(kStart + 200ms, kStart + 1s).known, Loudness::Known::Nothing);
    EXPECT_EQ(loudness.loudest(kStart + 1s, kStart).known, Loudness::Known::Nothing);
}

TEST(Loudness, StaysBoundedAndKeepsItsPeaksHoweverLongItLasts)
{
    Loudness loudness;
    for (int i = 0; i < 200'000; ++i) // 4000 s
        loudness.add(kStart + i * 20ms, i == 150'000 ? -3.0 : -40.0);
    EXPECT_LE(loudness.cells(), Loudness::kMostCells);
    EXPECT_GT(loudness.cells(), Loudness::kMostCells / 2 - 1);
    EXPECT_EQ(loudness.start(), kStart);
    const auto peak = kStart + 150'000 * 20ms;
    EXPECT_NEAR(loudness.loudest(peak, peak + 20ms).level, -3, 0.25);
    EXPECT_NEAR(loudness.loudest(kStart, kStart + 100s).level, -40, 0.25);
    EXPECT_NEAR(loudness.loudest(kStart, peak + 1000s).level, -3, 0.25);
}

TEST(Loudness, TakesPacketsOfAnyOrder)
{
    Loudness loudness;
    loudness.add(kStart, -20.0);
    loudness.add(kStart - 50ms, -10.0);
    loudness.add(kStart + 40ms, -30.0);
    EXPECT_EQ(loudness.start(), kStart - 60ms);
    EXPECT_NEAR(loudness.loudest(kStart - 60ms, kStart - 40ms).level, -10, 0.25);
    EXPECT_NEAR(loudness.loudest(kStart, kStart + 20ms).level, -20, 0.25);
    EXPECT_NEAR(loudness.loudest(kStart + 40ms, kStart + 60ms).level, -30, 0.25);
    loudness.add(kStart - 3600s, -5.0); // an hour before: cells get coarse, nothing is lost
    EXPECT_LE(loudness.cells(), Loudness::kMostCells);
    EXPECT_NEAR(loudness.loudest(kStart - 3700s, kStart - 3500s).level, -5, 0.25);
    EXPECT_NEAR(loudness.loudest(kStart - 100s, kStart + 100s).level, -10, 0.25);
}

TEST(Loudness, SurvivesTimesOfAHostileFile)
{
    const base::Instant most{std::numeric_limits<std::int64_t>::max()};
    const base::Instant least{std::numeric_limits<std::int64_t>::min()};
    for (const bool up : {true, false}) {
        Loudness loudness;
        loudness.add(up ? least : most, -20.0);
        loudness.add(up ? most : least, -10.0);
        loudness.add(kStart, -30.0);
        EXPECT_LE(loudness.cells(), Loudness::kMostCells);
        EXPECT_NEAR(loudness.loudest(least, most).level, -10, 0.25);
    }
}

} // namespace
