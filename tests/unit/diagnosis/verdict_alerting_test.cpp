// SPDX-License-Identifier: Apache-2.0
// Verdicts of calls that only ring, of responses that something later overruled, and how a payload
// type is worded that the caller's answer lacks.
#include <diagnosis/explain.h>

#include "early_judged.h"

namespace {

using namespace early;

TEST(VerdictAlerting, RingingAloneIsAsItShouldBe)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b
      4.00 bob>alice 200 tag=b answer
      4.05 alice>bob ACK tag=b
      4.10 bob>alice rtp 100
    )");
    for (const auto &verdict :
         {of18x(folded, 180), diagnosis::earlyMediaVerdict(folded.evidence(), 0)}) {
        EXPECT_EQ(verdict.light, Light::Green) << verdict.sentence;
        EXPECT_NE(verdict.sentence.find("180 leaves the ringback"), std::string::npos)
            << verdict.sentence;
        for (const auto &fact : verdict.facts)
            EXPECT_EQ(fact.light, Light::Green) << fact.name << ": " << fact.value;
    }
}

TEST(VerdictAlerting, ProgressWithoutAWordIsNotGreen)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b
      4.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(of18x(folded, 183).light, Light::Amber);
}

TEST(VerdictAlerting, WhatIsLiftedLaterHoldsUntilThen)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer "Supported: 100rel"
      0.20 bob>alice 183 tag=b sdp=0/inactive rseq=1
      0.25 alice>bob PRACK tag=b rack=1/1
      0.30 bob>alice 200 tag=b for=PRACK
      1.20 bob>alice UPDATE tag=b reverse cseq=7 sdp=0
      1.25 alice>bob 200 for=UPDATE sdp=0
      1.40 bob>alice rtp 100
      6.00 bob>alice 200 tag=b for=INVITE
    )");
    const auto first = of18x(folded, 183);
    EXPECT_EQ(first.sentence, "Early media was not allowed yet (the SDP says inactive); 1.0 s "
                              "later the UPDATE allowed it.");
    EXPECT_EQ(first.light, Light::Amber) << first.sentence;
    const auto whole = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(whole.light, Light::Green) << whole.sentence;
}

TEST(VerdictAlerting, WhatStaysForbiddenStaysRed)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b sdp=0/inactive
      2.40 bob>alice rtp 100
      6.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(of18x(folded, 183).light, Light::Red);
}

TEST(VerdictAlerting, AnAnswerIsNotCalledAnOffer)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE "Supported: 100rel"
      0.20 bob>alice 183 tag=b sdp=0,8 rseq=1
      0.25 alice>bob PRACK tag=b rack=1/1 sdp=8
      0.30 bob>alice 200 tag=b for=PRACK
      0.60 bob>alice rtp 100 pt=3
      6.00 bob>alice 200 tag=b for=INVITE
    )");
    const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(verdict.facts[2].value, "3, which the answer in the PRACK does not name");
}

} // namespace
