// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <media/stream_clock.h>

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kNone{0};

TEST(StreamClock, ALatePacketIsNoHole)
{
    media::StreamClock clock;
    clock.packet(4000, 8000);
    EXPECT_EQ(clock.sound(20ms, kNone), kNone);
    clock.packet(4160, 8000);
    EXPECT_EQ(clock.sound(20ms, 26ms),
              kNone); // what the decoder's clock says, the time stamps deny
}

TEST(StreamClock, ABurstAfterALatePacketIsNoHole)
{
    media::StreamClock clock;
    clock.packet(4000, 8000);
    clock.sound(20ms, kNone);
    clock.packet(4160, 8000);
    clock.packet(4320, 8000); // both here before the first is decoded
    EXPECT_EQ(clock.sound(20ms, 26ms), kNone);
    EXPECT_EQ(clock.sound(20ms, kNone), kNone);
}

TEST(StreamClock, ConcealedLossIsNoHole)
{
    media::StreamClock clock;
    clock.packet(0, 48000);
    clock.sound(20ms, kNone);
    clock.packet(1920, 48000);
    EXPECT_EQ(clock.sound(20ms, kNone), kNone); // made up by the decoder for the missing one
    EXPECT_EQ(clock.sound(20ms, kNone), kNone);
}

TEST(StreamClock, ALostPacketIsAHole)
{
    media::StreamClock clock;
    clock.packet(0xFFFFFF00, 8000); // and the time stamp wraps within it
    clock.sound(20ms, kNone);
    clock.packet(0xFFFFFF00 + 320, 8000);
    EXPECT_EQ(clock.sound(20ms, 21ms), base::Duration(20ms));
    clock.packet(0xFFFFFF00 + 480, 8000);
    EXPECT_EQ(clock.sound(20ms, 8ms), kNone);
}

TEST(StreamClock, ReorderedPacketsAreNoHole)
{
    media::StreamClock clock;
    clock.packet(0, 8000);
    clock.sound(20ms, kNone);
    clock.packet(320, 8000);
    clock.packet(160, 8000);
    EXPECT_EQ(clock.sound(20ms, kNone), kNone);
    EXPECT_EQ(clock.sound(20ms, kNone), kNone);
}

TEST(StreamClock, ASenderThatBeginsAnewIsNoHole)
{
    media::StreamClock clock;
    clock.packet(0, 8000);
    clock.sound(20ms, kNone);
    clock.packet(0x40000000, 8000);
    EXPECT_EQ(clock.sound(20ms, 10s), kNone);
    clock.packet(0x40000000 + 160, 8000);
    EXPECT_EQ(clock.sound(20ms, kNone), kNone);
}

TEST(StreamClock, HostileTimeStampsStayBounded)
{
    media::StreamClock clock;
    std::uint32_t state = 1;
    base::Duration holes{0};
    for (int i = 0; i < 10000; ++i) {
        state = state * 1664525 + 1013904223;
        clock.packet(state, i % 7 == 0 ? 0 : 8000);
        const auto hole = clock.sound(20ms, 1h);
        EXPECT_GE(hole, kNone);
        EXPECT_LE(hole, base::Duration(300s));
        holes += hole;
    }
    EXPECT_GE(holes, kNone);
}

} // namespace
