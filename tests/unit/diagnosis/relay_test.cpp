// SPDX-License-Identifier: Apache-2.0
// A media relay on the way, both of its sides in one capture: what reaches the relay is not yet
// what the caller hears.
#include <diagnosis/explain.h>

#include "folded.h"

#include <diagnosis/early_sound.h>

namespace {

using diagnosis::Light;

const std::string kBegin = R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE sdp=0,8@proxy:30000
      0.20 bob>proxy 183 tag=b answer
      0.21 proxy>alice 183 tag=b sdp=0@proxy:30002
      0.30 bob>proxy rtp 150 toport=30000
)";
const std::string kEnd = R"(
      4.00 bob>proxy 200 tag=b answer
      4.01 proxy>alice 200 tag=b sdp=0@proxy:30002
      4.02 alice>proxy ACK tag=b
      4.03 proxy>bob ACK tag=b
      4.05 alice>proxy rtp 400 toport=30002
      4.06 proxy>bob rtp 400 port=30000
     12.50 alice>proxy BYE tag=b
     12.51 proxy>bob BYE tag=b
     12.52 bob>proxy 200 tag=b for=BYE
     12.53 proxy>alice 200 tag=b for=BYE
)";

TEST(Relay, EachPacketCountsOnceAtTheCaller)
{
    const support::Folded folded(kBegin + "0.31 proxy>alice rtp 150 port=30002\n" + kEnd);
    const auto came = diagnosis::earlyArrival(folded.evidence(), 0);
    EXPECT_EQ(came.packets, 150U);
    EXPECT_EQ(came.streams, 1U);
    const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(verdict.light, Light::Green) << verdict.sentence;
}

TEST(Relay, WhatItKeepsTheCallerDoesNotHear)
{
    const support::Folded folded(kBegin + kEnd);
    EXPECT_EQ(diagnosis::earlyArrival(folded.evidence(), 0).main, nullptr);
    const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(verdict.light, Light::Red);
    EXPECT_EQ(verdict.sentence, "Early media is sent, but a relay on the way keeps it from the "
                                "caller: 150 packets to the media relay at 192.0.2.4:30000, none "
                                "from it to the caller.");
    EXPECT_TRUE(folded.find("rtp-one-way"));
}

TEST(Relay, ThatBeginsLateIsLate)
{
    const support::Folded folded(kBegin + "3.21 proxy>alice rtp 30 port=30002\n" + kEnd);
    const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(verdict.light, Light::Amber);
    EXPECT_NE(verdict.facts[1].value.find("first 3.0 s after the 183"), std::string::npos)
        << verdict.facts[1].value;
}

TEST(Relay, BehindWhichNothingIsCapturedMayPassItOn)
{
    const auto verdict = diagnosis::earlyMediaVerdict(support::Folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE sdp=0,8@proxy:30000
      0.20 bob>proxy 183 tag=b answer
      0.21 proxy>alice 183 tag=b sdp=0@proxy:30002
      0.30 bob>proxy rtp 150 toport=30000
      4.00 bob>proxy 200 tag=b answer
      4.01 proxy>alice 200 tag=b sdp=0@proxy:30002
    )")
                                                          .evidence(),
                                                      0);
    EXPECT_NE(verdict.light, Light::Red) << verdict.sentence;
}

TEST(Relay, AnUpdateOfTheCallerIsHisOwnToo)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE offer
      0.20 bob>proxy 183 tag=b answer rseq=1
      0.21 proxy>alice 183 tag=b answer rseq=1
      0.22 alice>proxy PRACK tag=b cseq=2 rack=1/1
      0.23 proxy>bob PRACK tag=b cseq=2 rack=1/1
      0.24 bob>proxy 200 tag=b for=PRACK
      0.25 proxy>alice 200 tag=b for=PRACK
      0.50 alice>proxy UPDATE tag=b cseq=3 sdp=0@alice:7000
      0.51 proxy>bob UPDATE tag=b cseq=3 sdp=0@alice:7000
      0.52 bob>proxy 200 tag=b for=UPDATE sdp=0
      0.53 proxy>alice 200 tag=b for=UPDATE sdp=0
      0.60 bob>alice rtp 150 toport=7000
      4.00 bob>proxy 200 tag=b for=INVITE
      4.01 proxy>alice 200 tag=b for=INVITE
    )");
    EXPECT_EQ(diagnosis::earlyArrival(folded.evidence(), 0).packets, 150U);
}

} // namespace
