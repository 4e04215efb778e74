// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <media/rtp_socket.h>
#include <netinet/in.h>
#include <support/step_until.h>

namespace {

using namespace std::chrono_literals;
const base::Address kLoopback = base::Address::v4(INADDR_LOOPBACK);

TEST(RtpPair, IsEvenAndOddWhereverTheSystemHasOne)
{
    for (int i = 0; i < 20; ++i) {
        const auto pair = media::RtpPair::open(kLoopback, 0, 0);
        ASSERT_TRUE(pair) << pair.error().sentence;
        EXPECT_EQ(pair->rtp.local().port % 2, 0);
        EXPECT_EQ(pair->rtcp.local().port, pair->rtp.local().port + 1);
        EXPECT_EQ(pair->rtp.local().address, kLoopback);
    }
}

TEST(RtpPair, StaysInItsRangeAndSaysWhenItIsUsedUp)
{
    std::uint16_t first = 0;
    { // a range that was free a moment ago
        const auto probe = media::RtpPair::open(kLoopback, 0, 0);
        ASSERT_TRUE(probe);
        first = probe->rtp.local().port;
    }
    const auto last = static_cast<std::uint16_t>(first + 1);
    const auto only = media::RtpPair::open(kLoopback, first, last);
    ASSERT_TRUE(only) << only.error().sentence;
    EXPECT_EQ(only->rtp.local().port, first);
    const auto none = media::RtpPair::open(kLoopback, first, last);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, base::ErrorCode::PortInUse);
    EXPECT_NE(none.error().sentence.find("is in use"), std::string::npos);
    EXPECT_NE(none.error().sentence.find(std::to_string(first)), std::string::npos);
}

TEST(RtpPair, SkipsAPairWhoseOddPortIsTaken)
{
    const auto probe = media::UdpSocket::bind({kLoopback, 0});
    ASSERT_TRUE(probe);
    const unsigned port = probe->local().port;
    const auto first = static_cast<std::uint16_t>(port - port % 2);
    const auto pair =
        media::RtpPair::open(kLoopback, first, static_cast<std::uint16_t>(first + 41));
    ASSERT_TRUE(pair) << pair.error().sentence;
    EXPECT_NE(pair->rtp.local().port, first);
    EXPECT_EQ(pair->rtp.local().port % 2, 0);
}

TEST(RtpPair, RefusesARangeWithoutAPairAndAForeignAddress)
{
    const auto narrow = media::RtpPair::open(kLoopback, 40001, 40002);
    ASSERT_FALSE(narrow);
    EXPECT_EQ(narrow.error().code, base::ErrorCode::BadInput);
    const auto foreign = media::RtpPair::open(*base::Address::parse("192.0.2.77"), 0, 0);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, base::ErrorCode::BadInput);
    EXPECT_NE(foreign.error().sentence.find("192.0.2.77"), std::string::npos);
    EXPECT_FALSE(media::RtpPair::open({}, 0, 0));
}

TEST(UdpSocket, TellsTheKernelsTimeSourceAndTtl)
{
    auto to = media::UdpSocket::bind({kLoopback, 0});
    auto from = media::UdpSocket::bind({kLoopback, 0});
    ASSERT_TRUE(to && from);
    const base::Instant before = base::now();
    EXPECT_EQ(from->dscp(), 46);
    ASSERT_TRUE(from->send(to->local(), "hello"));
    int seen = 0;
    ASSERT_TRUE(support::stepUntil([&] {
        to->receive([&](const media::Datagram &d) {
            ++seen;
            EXPECT_EQ(d.bytes, "hello");
            EXPECT_EQ(d.source, from->local());
            EXPECT_GE(d.time, before);
            EXPECT_LE(d.time, base::now());
            EXPECT_EQ(d.tos, 46 << 2); // what we send is marked: expedited forwarding
            EXPECT_GT(d.ttl, 0);
            EXPECT_FALSE(d.cut);
        });
        return seen > 0;
    }));
}

TEST(UdpSocket, MarksWhatIsLongerThanItReads)
{
    auto to = media::UdpSocket::bind({kLoopback, 0});
    auto from = media::UdpSocket::bind({kLoopback, 0});
    ASSERT_TRUE(to && from);
    ASSERT_TRUE(from->send(to->local(), std::string(9000, 'x')));
    bool cut = false;
    EXPECT_TRUE(support::stepUntil(
        [&] { return to->receive([&](const media::Datagram &d) { cut = d.cut; }) > 0; }));
    EXPECT_TRUE(cut);
}

TEST(UdpSocket, CountsWhatTheKernelThrewAway)
{
    auto to = media::UdpSocket::bind({kLoopback, 0});
    auto from = media::UdpSocket::bind({kLoopback, 0});
    ASSERT_TRUE(to && from);
    constexpr int kFlood = 20000;
    for (int i = 0; i < kFlood; ++i)
        from->send(to->local(), std::string(172, 'r'));
    int got = 0;
    const auto count = [&](const media::Datagram &) { ++got; };
    while (to->receive(count) > 0) {
    }
    ASSERT_LT(got, kFlood);
    from->send(to->local(), "the counter comes with the next datagram");
    ASSERT_TRUE(support::stepUntil([&] { return to->receive(count) > 0; }));
    EXPECT_EQ(static_cast<int>(to->overflowed()) + got, kFlood + 1);
}

} // namespace
