// SPDX-License-Identifier: Apache-2.0
// What the caller heard before the answer, told apart from what merely arrived, and pauses of early
// media that are nobody's to overlook.
#include <gmock/gmock.h>

#include "folded.h"

#include <diagnosis/early_sound.h>
#include <diagnosis/explain.h>

namespace {

using diagnosis::Light;
using diagnosis::Severity;
using testing::HasSubstr;
using testing::Not;

const std::string kPlaced = "own alice\n"
                            "0.00 alice>bob INVITE offer\n"
                            "0.20 bob>alice 183 tag=b answer\n";
const std::string kTaken = "4.00 bob>alice 200 tag=b answer\n4.01 alice>bob ACK tag=b\n";

TEST(EarlyTruth, RtpToTheRtcpPortOfOurOwnSocketsIsNotHeard)
{
    const support::Folded folded(kPlaced + "0.30 bob>alice rtp 150 toport=5001\n" + kTaken);
    const auto found = folded.find("em-183-sdp-no-rtp");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("went to 192.0.2.10:5001"));
    const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(verdict.light, Light::Red) << verdict.sentence;
    EXPECT_THAT(verdict.sentence, HasSubstr("not to where the caller listens"));
    EXPECT_FALSE(
        support::Folded(kPlaced + "0.30 bob>alice rtp 150\n" + kTaken).has("em-183-sdp-no-rtp"));
}

TEST(EarlyTruth, WhatOurMediaNeverPlayedIsNotPlayed)
{
    const std::string none = "0.60 local ringback tag=b \"Nothing is heard: no key fits.\"\n";
    const std::string some = "2.00 local media tag=b \"Early media is heard.\"\n";
    const std::string came = "0.30 bob>alice rtp 150\n";
    const support::Folded silent(kPlaced + came + none + kTaken);
    EXPECT_TRUE(diagnosis::notHeardHere(silent.evidence(), 0));
    const auto verdict = diagnosis::earlyMediaVerdict(silent.evidence(), 0);
    EXPECT_EQ(verdict.light, Light::Red);
    EXPECT_THAT(verdict.sentence, HasSubstr("nothing of it was heard here"));
    const support::Folded late(kPlaced + came + none + some + kTaken);
    EXPECT_FALSE(diagnosis::notHeardHere(late.evidence(), 0)) << "it was heard in the end";
    const support::Folded mute(kPlaced + came + kTaken);
    EXPECT_FALSE(diagnosis::notHeardHere(mute.evidence(), 0)) << "our media said nothing at all";
}

TEST(EarlyTruth, AudioThatComesLateIsToldAsAWarning)
{
    const std::string call = "0.00 alice>bob INVITE offer\n0.20 bob>alice 183 tag=b answer\n";
    const std::string end = "9.00 bob>alice 200 tag=b answer\n9.01 alice>bob ACK tag=b\n";
    const support::Folded late(call + "6.70 bob>alice rtp 100\n" + end);
    const auto found = late.find("em-183-sdp-no-rtp");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Warning);
    EXPECT_THAT(found->text, HasSubstr("within 6.5 s until the first one [2]"));
    EXPECT_FALSE(support::Folded(call + "2.10 bob>alice rtp 100\n" + end).has("em-183-sdp-no-rtp"));
}

TEST(EarlyTruth, MediaThatEndsWithThe180LeavesTheCallerInSilence)
{
    const std::string call = "0.00 alice>bob INVITE offer\n0.20 bob>alice 183 tag=b answer\n"
                             "0.30 bob>alice rtp 85\n2.00 bob>alice 180 tag=b\n";
    const std::string end = "5.00 bob>alice 200 tag=b answer\n5.01 alice>bob ACK tag=b\n";
    const auto found = support::Folded(call + end).find("em-180-after-183-silent");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("though some had come before"));
    EXPECT_FALSE(support::Folded(call + "4.00 bob>alice rtp 50 sequence=85 at=85\n" + end)
                     .has("em-180-after-183-silent"))
        << "it pauses only";
}

TEST(EarlyTruth, ASecond183MayNotChangeTheAnswer)
{
    const std::string call = "0.00 alice>bob INVITE offer\n"
                             "0.20 bob>alice 183 tag=b sdp=0@bob:5000\n"
                             "1.00 bob>alice 183 tag=b sdp=0@bob:";
    const std::string end = "\n4.00 bob>alice 486 tag=b\n4.01 alice>bob ACK tag=b\n";
    const auto found = support::Folded(call + "5100" + end).find("em-sdp-differs-183-200");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Warning);
    EXPECT_FALSE(support::Folded(call + "5000" + end).has("em-sdp-differs-183-200"));
}

TEST(EarlyTruth, NoRtpEitherWayInACallOfOurs)
{
    const std::string call = kPlaced + kTaken;
    const std::string end = "12.00 alice>bob BYE tag=b\n12.05 bob>alice 200 for=BYE\n";
    EXPECT_TRUE(support::Folded(call + end).has("rtp-none"));
    EXPECT_FALSE(support::Folded(call + "4.10 bob>alice rtp 300\n" + end).has("rtp-none"));
    EXPECT_FALSE(support::Folded("0.00 alice>bob INVITE offer\n1.00 bob>alice 200 tag=b answer\n"
                                 "1.01 alice>bob ACK tag=b\n" +
                                 end)
                     .has("rtp-none"))
        << "a capture of the signalling alone";
}

TEST(EarlyTruth, NothingIsEarlyInATraceThatBeginsWithinTheCall)
{
    const std::string change = "5.00 alice>bob INVITE tag=b cseq=2 offer\n"
                               "5.05 bob>alice 200 answer\n5.10 alice>bob ACK tag=b cseq=2\n";
    const std::string media = "0.10 alice>bob rtp 400\n0.10 bob>alice rtp 400\n";
    const support::Folded within(media + change);
    ASSERT_EQ(within.evidence().streams.size(), 2U);
    for (const auto &bound : within.evidence().streams)
        EXPECT_FALSE(bound.early);
    const support::Folded whole("0.00 alice>bob INVITE offer\n0.05 bob>alice 183 tag=b answer\n" +
                                media + "4.00 bob>alice 200 tag=b answer\n");
    for (const auto &bound : whole.evidence().streams)
        EXPECT_TRUE(bound.early);
}

TEST(EarlyTruth, VoiceALittleAheadOfTheAnswerIsNoEarlyMedia)
{
    const auto early = [](const std::string &ringing, const std::string &from) {
        const support::Folded folded("0.00 alice>bob INVITE offer\n0.20 bob>alice " + ringing +
                                     " tag=b\n" + from +
                                     " bob>alice rtp 300\n5.00 bob>alice 200 tag=b answer\n");
        return folded.evidence().streams.front().early;
    };
    EXPECT_FALSE(early("180", "4.92"));
    EXPECT_TRUE(early("180", "3.00")) << "that long is early media";
    EXPECT_TRUE(early("183", "4.92")) << "nobody rings";
    EXPECT_TRUE(early("180 answer", "4.92")) << "it was announced";
}

TEST(EarlyTruth, FirstWordsThatAreLostThoughEarlyMediaHadCome)
{
    const std::string call = "0.00 alice>bob INVITE offer\n0.20 bob>alice 183 tag=b answer\n"
                             "0.30 bob>alice rtp 85\n2.00 bob>alice 200 tag=b answer\n"
                             "2.01 alice>bob ACK tag=b\n";
    const auto found = support::Folded(call + "3.30 bob>alice rtp 200 sequence=85 at=150\n")
                           .find("em-clip-after-answer");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("1.3 s later"));
    EXPECT_THAT(found->text, HasSubstr("where early media had come before"));
    EXPECT_FALSE(support::Folded(call + "2.05 bob>alice rtp 200 sequence=85 at=88\n")
                     .has("em-clip-after-answer"));
    EXPECT_FALSE(support::Folded(call).has("em-clip-after-answer")) << "nothing came at all";
}

} // namespace
