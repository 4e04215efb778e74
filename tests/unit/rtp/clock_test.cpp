// SPDX-License-Identifier: Apache-2.0
// A sender's clock against the arrivals: what is far off shows within seconds.
#include <gtest/gtest.h>

#include <cmath>
#include <rtp/stream_table.h>
#include <rtp/timing.h>

namespace {

constexpr std::uint32_t kClock = 8000;

/// Packets that say 20 ms each, `every` apart, until `seconds` have passed; each is `late` more.
template <class Late>
std::optional<double> skewOf(double every, double seconds, Late late, std::uint32_t step = 160)
{
    rtp::ClockMeter meter;
    for (int i = 0; i * every < seconds; ++i) {
        const double at = i * every + late(i * every);
        meter.add(base::Instant{1'700'000'000'000'000'000 + std::llround(at * 1e9)},
                  static_cast<std::uint32_t>(i) * step, kClock);
    }
    return meter.skew();
}
double never(double)
{
    return 0;
}

TEST(ClockMeter, AClockThatIsFarOffShowsAfterFourSeconds)
{
    const auto fast = skewOf(0.0194, 6, never); // 3 %
    ASSERT_TRUE(fast);
    EXPECT_NEAR(*fast, -30'900, 1'000);
    const auto slow = skewOf(0.0206, 6, never);
    ASSERT_TRUE(slow);
    EXPECT_NEAR(*slow, 29'100, 1'000);
    const auto twice = skewOf(0.02, 6, never, 320); // counts at 16 kHz
    ASSERT_TRUE(twice);
    EXPECT_NEAR(*twice, -1e6, 2e4);
    EXPECT_FALSE(skewOf(0.0194, 3.5, never)) << "too early to tell";
}

TEST(ClockMeter, AGoodClockHasNoSkewBeforeFifteenSeconds)
{
    EXPECT_FALSE(skewOf(0.02, 9, never));
    const auto shaken = [](double at) { return 0.03 * std::abs(std::sin(at * 37)); };
    EXPECT_FALSE(skewOf(0.02, 9, shaken));
}

TEST(ClockMeter, AQueueThatFillsOrEmptiesIsNoClock)
{
    // 200 ms more within two seconds, and it stays so; the reverse.
    const auto filling = [](double at) { return std::min(0.2, at * 0.1); };
    EXPECT_FALSE(skewOf(0.02, 7, filling));
    const auto emptying = [](double at) { return std::max(0.0, 0.2 - at * 0.1); };
    EXPECT_FALSE(skewOf(0.02, 7, emptying));
    const auto once = [](double at) { return at > 3 ? 0.3 : 0.0; };
    EXPECT_FALSE(skewOf(0.02, 7, once));
}

/// Of 400 packets each 20 ms, with the timestamps of the second half `by` units on.
std::shared_ptr<const rtp::Stream> jumping(std::uint32_t by, double pause)
{
    rtp::StreamTable table;
    for (int i = 0; i < 400; ++i) {
        rtp::RtpPacket rtp;
        rtp.ssrc = 7;
        rtp.sequence = static_cast<std::uint16_t>(i);
        rtp.timestamp = static_cast<std::uint32_t>(i) * 160 + (i >= 200 ? by : 0);
        base::Packet packet;
        packet.time = base::Instant{1'700'000'000'000'000'000 + std::int64_t{i} * 20'000'000 +
                                    (i >= 200 ? std::llround(pause * 1e9) : 0)};
        packet.source = *base::Endpoint::parse("192.0.2.1:4000");
        packet.destination = *base::Endpoint::parse("192.0.2.2:4000");
        table.add(packet, rtp, {});
    }
    return table.snapshot(table.ids().front());
}

TEST(Timestamps, SetAnewByTheSenderAreNoJitter)
{
    for (const std::uint32_t by : {8000U * 3, 0U - 8000U * 3, 0x40000000U}) {
        const auto stream = jumping(by, 0);
        EXPECT_LT(base::toSeconds(stream->maxJitter), 0.001) << by;
        EXPECT_EQ(stream->late, 0U) << by;
    }
    // What comes late came late, and after a pause the timestamps may say so or not.
    EXPECT_GT(base::toSeconds(jumping(0, 0.4)->maxJitter), 0.02);
    EXPECT_LT(base::toSeconds(jumping(3200, 0.4)->maxJitter), 0.001);
}

} // namespace
