// SPDX-License-Identifier: Apache-2.0
// Branches of a proxy, one after another: what ends one of them, and what ends the call.
#include <diagnosis/early_sound.h>

#include "early_judged.h"

namespace {

using namespace early;

TEST(Branches, ABranchThatTheProxyGivesUpEndsNotTheNext)
{
    const Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE offer
      0.10 bob>proxy 180 tag=b
      0.11 proxy>alice 180 tag=b
      9.00 proxy>bob CANCEL
      9.01 bob>proxy 200 tag=b for=CANCEL
      9.02 bob>proxy 487 tag=b for=INVITE
      9.03 proxy>bob ACK tag=b
      9.04 proxy>carol INVITE offer branch=next
      9.10 carol>proxy 183 tag=c sdp=0@carol:6000 branch=next
      9.11 proxy>alice 183 tag=c sdp=0@carol:6000
      9.20 carol>alice rtp 150 port=6000 ssrc=9
     13.00 carol>proxy 200 tag=c sdp=0@carol:6000 branch=next
     13.01 proxy>alice 200 tag=c sdp=0@carol:6000
    )");
    ASSERT_EQ(folded.evidence().call.earlyDialogs.size(), 2U);
    EXPECT_TRUE(diagnosis::wasEarly(folded.evidence(), 1));
    EXPECT_EQ(judged(folded, 1).light, Light::Green) << judged(folded, 1).sentence;
    // The caller's own CANCEL ends it for both.
    const Folded given(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE offer
      0.10 bob>proxy 180 tag=b
      0.11 proxy>alice 180 tag=b
      9.00 alice>proxy CANCEL
      9.01 proxy>alice 200 for=CANCEL
      9.10 bob>proxy 183 tag=c sdp=0@bob:6000
      9.11 proxy>alice 183 tag=c sdp=0@bob:6000
      9.50 proxy>alice 487 tag=b for=INVITE
    )");
    EXPECT_FALSE(diagnosis::wasEarly(given.evidence(), 1));
}

TEST(Branches, AnAnswerOnItsWayOverTheHopsAnnouncesNoEarlyMedia)
{
    const Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE offer
      0.10 bob>proxy 180 tag=b
      0.11 proxy>alice 180 tag=b
      4.00 bob>proxy 200 tag=b answer
      4.01 proxy>alice 200 tag=b answer
      4.03 alice>proxy ACK tag=b
      4.04 proxy>bob ACK tag=b
      4.05 bob>alice rtp 100
      4.05 alice>bob rtp 100
    )");
    EXPECT_EQ(judged(folded).light, Light::Green) << judged(folded).sentence;
    EXPECT_EQ(judged(folded).facts[0].value, "none: progress only");
    EXPECT_EQ(judged(folded).sentence.find("announced, none"), std::string::npos);
}

TEST(Branches, WhatForbidsMediaIsToldOverTwoHopsToo)
{
    const Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE offer
      0.10 bob>proxy 183 tag=b sdp=0/inactive
      0.11 proxy>alice 183 tag=b sdp=0@bob/inactive
      4.00 bob>proxy 200 tag=b answer
      4.01 proxy>alice 200 tag=b sdp=0@bob
      4.03 alice>proxy ACK tag=b
      4.04 proxy>bob ACK tag=b
      4.05 bob>alice rtp 100
      4.05 alice>bob rtp 100
    )");
    EXPECT_NE(judged(folded).sentence.find("the SDP says inactive"), std::string::npos)
        << judged(folded).sentence;
    EXPECT_TRUE(folded.find("em-answer-blocks-media"));
}

TEST(Branches, TwoPacketsThatOvertakeTheAnswerAreNoEarlyMedia)
{
    const std::string begin = "0.00 alice>bob INVITE offer\n0.10 bob>alice 180 tag=b\n";
    const std::string end = "4.00 bob>alice 200 tag=b answer\n4.03 alice>bob ACK tag=b\n";
    const Folded two(begin + "3.97 bob>alice rtp 100\n" + end);
    EXPECT_EQ(diagnosis::earlyArrival(two.evidence(), 0).main, nullptr);
    EXPECT_EQ(judged(two).light, Light::Green) << judged(two).sentence;
    const Folded many(begin + "3.50 bob>alice rtp 100\n" + end);
    EXPECT_NE(diagnosis::earlyArrival(many.evidence(), 0).main, nullptr);
    // Two packets and no more are what the caller got of it.
    const Folded burst(begin + "3.90 bob>alice rtp 2\n" + end);
    EXPECT_NE(diagnosis::earlyArrival(burst.evidence(), 0).main, nullptr);
}

} // namespace
