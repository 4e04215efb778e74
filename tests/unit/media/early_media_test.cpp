// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <media/early_media.h>

namespace {

using namespace std::chrono_literals;
using media::Attribution;

const base::Endpoint kA = *base::Endpoint::parse("192.0.2.1:4000");
const base::Endpoint kB = *base::Endpoint::parse("192.0.2.2:5000");
const base::Endpoint kB2 = *base::Endpoint::parse("192.0.2.2:5002");
const base::Endpoint kElsewhere = *base::Endpoint::parse("198.51.100.9:7000");
constexpr base::Instant at(base::Duration d)
{
    return base::Instant{1'000'000'000'000} + d;
}

TEST(EarlyMedia, TheFirstThatPlaysIsHeardAtOnceAndStays)
{
    media::EarlyMedia early;
    EXPECT_FALSE(early.rendered(at(0ms)));
    early.remote("a", kA);
    early.remote("b", kB);
    early.packet(1, kA, at(0ms));
    EXPECT_EQ(early.rendered(at(0ms)), 1U); // with its first packet
    early.packet(2, kB, at(5ms));
    for (int i = 1; i < 100; ++i) {
        early.packet(1, kA, at(i * 20ms));
        early.packet(2, kB, at(i * 20ms + 5ms));
        EXPECT_EQ(early.rendered(at(i * 20ms + 5ms)), 1U);
    }
    EXPECT_EQ(early.dialogOf(1), "a");
    EXPECT_EQ(early.dialogOf(2), "b");
}

TEST(EarlyMedia, AnotherTakesOverWhenTheFirstFallsSilent)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.remote("b", kB);
    early.packet(1, kA, at(0ms));
    EXPECT_EQ(early.rendered(at(0ms)), 1U);
    early.packet(2, kB, at(200ms));
    EXPECT_EQ(early.rendered(at(200ms)), 1U);
    early.packet(2, kB, at(320ms));
    EXPECT_EQ(early.rendered(at(320ms)), 2U);
}

TEST(EarlyMedia, TheUsersChoiceDecides)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.remote("b", kB);
    early.packet(1, kA, at(0ms));
    early.packet(2, kB, at(0ms));
    early.choose("b");
    EXPECT_EQ(early.rendered(at(1ms)), 2U);
    early.choose("a");
    EXPECT_EQ(early.rendered(at(2ms)), 1U);
    early.choose("c");
    EXPECT_FALSE(early.rendered(at(3ms)));
    early.choose("");
    EXPECT_TRUE(early.rendered(at(4ms)));
}

TEST(EarlyMedia, AnEndedDialogIsNotHeard)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.packet(1, kA, at(0ms));
    EXPECT_TRUE(early.rendered(at(0ms)));
    early.ended("a");
    EXPECT_FALSE(early.rendered(at(1ms)));
}

TEST(EarlyMedia, RtpBeforeTheAnswerIsHeardAndGetsItsDialogLater)
{
    media::EarlyMedia early;
    early.packet(1, kA, at(0ms));
    EXPECT_EQ(early.rendered(at(0ms)), 1U);
    EXPECT_EQ(early.dialogOf(1), "");
    early.remote("a", kA);
    EXPECT_EQ(early.dialogOf(1), "a");
    EXPECT_EQ(early.attribution(1), Attribution::Exact);
}

TEST(EarlyMedia, SourceThenAddressThenOrderTellTheDialog)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.remote("b", kB);
    early.packet(1, kB, at(0ms));
    early.packet(2, kB2, at(1ms));
    early.packet(3, kElsewhere, at(2ms));
    EXPECT_EQ(early.attribution(1), Attribution::Exact);
    EXPECT_EQ(early.dialogOf(2), "b");
    EXPECT_EQ(early.attribution(2), Attribution::Address);
    EXPECT_EQ(early.dialogOf(3), "a"); // the one that has no stream yet
    EXPECT_EQ(early.attribution(3), Attribution::Order);
}

TEST(EarlyMedia, TwoForksBehindOneRelayPortAreToldApartBySsrc)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.packet(1, kA, at(0ms));
    early.remote("b", kA);
    early.packet(2, kA, at(1ms));
    early.remote("a", kA); // its answer once more changes nothing
    EXPECT_EQ(early.dialogOf(1), "a");
    EXPECT_EQ(early.dialogOf(2), "b");
    for (const auto stream : {1U, 2U}) // the order tells no more than that
        EXPECT_EQ(early.attribution(stream), Attribution::Shared);
    EXPECT_EQ(early.mayBeOf(1), std::vector<std::string>{"b"});
    EXPECT_EQ(early.mayBeOf(2), std::vector<std::string>{"a"});
    early.packet(3, kElsewhere, at(2ms)); // no answer named that one
    EXPECT_EQ(early.rendered(at(2ms)), 2U);
    const std::string certain = "a";
    early.packet(2, kA, at(20ms), &certain); // a key that is this dialog's alone opened it
    EXPECT_EQ(early.attribution(2), Attribution::Exact);
    EXPECT_EQ(early.dialogOf(2), "a");
    EXPECT_TRUE(early.mayBeOf(2).empty());
    early.ended("b");
    EXPECT_TRUE(early.mayBeOf(1).empty()) << "nobody else is left";
}

TEST(EarlyMedia, ANewSsrcOfTheSameDialogTakesOverWithoutAHole)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.packet(1, kA, at(0ms));
    EXPECT_EQ(early.rendered(at(0ms)), 1U);
    early.packet(2, kA, at(20ms));
    EXPECT_EQ(early.rendered(at(20ms)), 2U);
}

TEST(EarlyMedia, ASpoofedSenderDoesNotDisplaceTheNegotiatedOne)
{
    media::EarlyMedia early;
    early.remote("a", kA);
    early.packet(1, kA, at(0ms));
    EXPECT_EQ(early.rendered(at(0ms)), 1U);
    early.packet(2, kElsewhere, at(1ms));
    early.packet(1, kA, at(20ms));
    EXPECT_EQ(early.rendered(at(20ms)), 1U);
    media::EarlyMedia other; // and when it was there first, it gives way
    other.remote("a", kA);
    other.packet(2, kElsewhere, at(0ms));
    EXPECT_EQ(other.rendered(at(0ms)), 2U);
    other.packet(1, kA, at(5ms));
    EXPECT_EQ(other.rendered(at(5ms)), 1U);
}

} // namespace
