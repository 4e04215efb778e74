// SPDX-License-Identifier: Apache-2.0
// Captures whose packets stand in another order than that of time.
#include "reading.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <random>

namespace {

using reading::at;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const base::Endpoint kA = support::endpoint("192.0.2.1:5060"),
                     kB = support::endpoint("192.0.2.2:5060");

std::vector<support::CapturedFrame> numbered(int count)
{
    std::vector<support::CapturedFrame> out;
    for (int i = 0; i < count; ++i)
        out.push_back({at(20 * i), support::ethernet(support::udp(kA, kB, std::to_string(i)))});
    return out;
}

std::string ng(const std::vector<support::CapturedFrame> &frames)
{
    const support::Writer w(false);
    std::string out = support::sectionBlock(w) + support::interfaceBlock(w, 1);
    for (const auto &frame : frames)
        out += support::packetBlock(w, 0, static_cast<std::uint64_t>(frame.time.ns / 1000),
                                    frame.bytes);
    return out;
}

void expectInOrder(const reading::Read &read, int count)
{
    ASSERT_EQ(read.packets.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        EXPECT_EQ(read.payload(static_cast<std::size_t>(i)), std::to_string(i));
}

TEST(TimeOrder, reversedAndShuffledFilesAreReadAsTheyHappened)
{
    auto frames = numbered(200);
    expectInOrder(reading::read(support::pcap(frames)), 200);
    EXPECT_THAT(reading::read(support::pcap(frames)).flaws, IsEmpty());
    std::reverse(frames.begin(), frames.end());
    for (int round = 0; round < 2; ++round) {
        for (const bool nanoseconds : {false, true}) {
            support::PcapOptions options;
            options.nanoseconds = nanoseconds;
            options.big = nanoseconds;
            const auto read = reading::read(support::pcap(frames, options));
            expectInOrder(read, 200);
            EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("order of time")));
        }
        const auto read = reading::read(ng(frames));
        expectInOrder(read, 200);
        EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("order of time")));
        std::shuffle(frames.begin(), frames.end(), std::mt19937(7));
    }
}

TEST(TimeOrder, whatStandsBeforeADamagedPlaceIsInOrderToo)
{
    auto frames = numbered(50);
    std::reverse(frames.begin(), frames.end());
    const std::string file = support::pcap(frames);
    const auto read = reading::read(file.substr(0, file.size() - 3));
    ASSERT_EQ(read.packets.size(), 49U);
    EXPECT_EQ(read.payload(0), "1"); // the first one was the last in the file
    EXPECT_EQ(read.payload(48), "49");
    EXPECT_TRUE(read.outcome->truncated);
}

TEST(TimeOrder, aClockThatWasSetOnceChangesNothing)
{
    auto frames = numbered(50);
    for (std::size_t i = 25; i < frames.size(); ++i)
        frames[i].time = frames[i].time - std::chrono::seconds(2);
    const auto read = reading::read(support::pcap(frames));
    expectInOrder(read, 50);
    EXPECT_THAT(read.flaws, IsEmpty());
}

} // namespace
