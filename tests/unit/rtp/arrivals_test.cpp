// SPDX-License-Identifier: Apache-2.0
#include <rtp/stream_table.h>

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace {

using std::chrono::milliseconds;

base::Instant at(std::uint32_t packet)
{
    return base::Instant{1'000'000'000'000} + milliseconds(20) * packet;
}

std::shared_ptr<const rtp::Stream> filed(const std::vector<std::uint32_t> &order)
{
    rtp::StreamTable table;
    rtp::StreamId id;
    for (const std::uint32_t n : order) {
        rtp::RtpPacket packet;
        packet.sequence = static_cast<std::uint16_t>(n);
        packet.timestamp = 160 * n;
        packet.payload = "voice";
        base::Packet carrier;
        carrier.time = at(n);
        carrier.source = *base::Endpoint::parse("192.0.2.9:4000");
        carrier.destination = *base::Endpoint::parse("192.0.2.1:5000");
        carrier.payload = base::Blob::copy(rtp::writeRtp(packet));
        id = table.add(carrier, *rtp::parseRtp(carrier.payload.text()));
    }
    return table.snapshot(id);
}

std::vector<std::uint32_t> firstOnes(std::uint32_t count)
{
    std::vector<std::uint32_t> out(count);
    for (std::uint32_t n = 0; n < count; ++n)
        out[n] = n;
    return out;
}

TEST(Arrivals, CountsWhatCameBeforeAMoment)
{
    const auto stream = filed(firstOnes(2000));
    EXPECT_EQ(stream->arrivedBefore(at(0)), 0U);
    EXPECT_EQ(stream->arrivedBefore(at(0) + milliseconds(1)), 1U);
    EXPECT_EQ(stream->arrivedBefore(at(43)), 43U); // the one of that moment is not before it
    EXPECT_EQ(stream->arrivedBefore(at(42) + milliseconds(1)), 43U);
    EXPECT_EQ(stream->arrivedBefore(at(5000)), 2000U);
}

TEST(Arrivals, CountsInWhateverOrderThePacketsAreRead)
{
    auto order = firstOnes(1000);
    std::shuffle(order.begin(), order.end(), std::mt19937(7)); // NOLINT: the same each time
    const auto stream = filed(order);
    for (const std::uint32_t n : {1U, 43U, 500U, 999U})
        EXPECT_EQ(stream->arrivedBefore(at(n)), n);
}

TEST(Arrivals, ReckonsWithinALongStream)
{
    const auto stream = filed(firstOnes(60000)); // 20 minutes
    for (const std::uint32_t n : {1U, 43U, 5000U, 31234U, 59999U})
        EXPECT_NEAR(static_cast<double>(stream->arrivedBefore(at(n))), n, 1) << n;
    EXPECT_EQ(stream->arrivedBefore(at(60000)), 60000U);
}

TEST(Arrivals, KeepsLittleOfEachOfManyStreams)
{
    std::size_t stock = 0;
    std::vector<rtp::Arrivals> all(4000);
    for (auto &arrivals : all)
        for (std::uint32_t n = 0; n < 3000; ++n)
            arrivals.add(at(n), 0, stock);
    std::size_t kept = 0;
    for (const auto &arrivals : all) {
        kept += arrivals.kept();
        EXPECT_NEAR(static_cast<double>(arrivals.before(at(1500))), 1500, 1);
    }
    EXPECT_EQ(stock, kept);
    EXPECT_LT(kept, 5'000'000U);
}

TEST(Arrivals, CountsEachPayloadTypeByItself)
{
    std::size_t stock = 0;
    rtp::Arrivals arrivals;
    for (std::uint32_t n = 0; n < 300; ++n)
        arrivals.add(at(n), n < 100 ? 0 : n % 10 == 0 ? 101 : 18, stock);
    EXPECT_EQ(arrivals.before(at(150)), 150U);
    EXPECT_EQ(arrivals.before(at(150), 0), 100U);
    EXPECT_EQ(arrivals.before(at(50), 0), 50U);
    EXPECT_EQ(arrivals.before(at(150), 18), 45U);
    EXPECT_EQ(arrivals.before(at(150), 101), 5U);
    EXPECT_EQ(arrivals.before(at(100), 18), 0U);
    EXPECT_EQ(arrivals.before(at(150), 8), 0U);
    EXPECT_EQ(arrivals.kept(), stock);
}

TEST(Arrivals, KeepsFewTypesOfWhoeverSendsAllOfThem)
{
    std::size_t stock = 0;
    rtp::Arrivals arrivals;
    for (std::uint32_t n = 0; n < 12800; ++n)
        arrivals.add(at(n), static_cast<std::uint8_t>(n % 128), stock);
    EXPECT_EQ(arrivals.count(), 12800U);
    EXPECT_EQ(arrivals.before(at(12800)), 12800U);
    EXPECT_EQ(arrivals.before(at(12800), 3), 100U);
    EXPECT_EQ(arrivals.before(at(12800), 100), 0U) << "one of many, not counted by itself";
    EXPECT_LT(arrivals.kept(), 16U * 2048U);
}

TEST(Arrivals, TakesAllOrNothingOfAStreamWithoutThem)
{
    rtp::Stream stream;
    stream.packets = 7;
    stream.first = at(3);
    EXPECT_EQ(stream.arrivedBefore(at(3)), 0U);
    EXPECT_EQ(stream.arrivedBefore(at(4)), 7U);
    stream.payloadTypes[8] = 5;
    EXPECT_EQ(stream.arrivedBefore(at(4), 8), 5U);
    EXPECT_EQ(stream.arrivedBefore(at(3), 8), 0U);
}

} // namespace
