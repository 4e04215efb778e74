// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/ears.h>

#include "folded.h"

namespace {

using diagnosis::EarPolicy;
using diagnosis::Hears;

std::vector<diagnosis::EarSwitch> heard(const support::Folded &folded,
                                        EarPolicy policy = EarPolicy::Rfc3960)
{
    const auto evidence = folded.evidence();
    return diagnosis::hearBy(policy, diagnosis::earEvents(evidence), evidence.now);
}

/// "0.20 local ringback, 1.24 early media b, ..."
std::string told(const support::Folded &folded, EarPolicy policy = EarPolicy::Rfc3960)
{
    const auto evidence = folded.evidence();
    std::string out;
    for (const auto &each : heard(folded, policy)) {
        out += fmt::format("{}{:.2f} {}", out.empty() ? "" : ", ",
                           base::toSeconds(each.at - support::Conversation::kStart),
                           diagnosis::hearsText(each.what));
        if (each.dialog != ~0U && each.what != Hears::Ringback)
            out += " " + evidence.call.earlyDialogs[each.dialog].toTag;
        out += each.trap ? " (dead air)" : "";
    }
    return out;
}

TEST(Ears, Rule1RingsNotWithoutA180)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b
      9.00 bob>alice 486 tag=b
    )");
    EXPECT_EQ(told(folded), "0.20 nothing, 4.20 nothing (dead air), 9.00 nothing");
    EXPECT_EQ(heard(folded)[0].rule, 1);
    EXPECT_TRUE(heard(folded)[0].row.valid());
}

TEST(Ears, Rule2RingsAtA180WithoutMedia)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b
      9.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(told(folded), "0.20 local ringback, 9.00 the answered call b");
    EXPECT_EQ(heard(folded)[0].rule, 2);
}

TEST(Ears, Rule3PlaysMediaThatArrivesAndRingsAgainASecondAfterIt)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b answer
      1.00 bob>alice rtp 101
      9.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(told(folded), "0.20 local ringback, 1.04 early media b, 4.00 local ringback, "
                            "9.00 the answered call b");
    EXPECT_EQ(heard(folded)[1].rule, 3);
    EXPECT_TRUE(heard(folded)[1].stream.valid());
}

TEST(Ears, TwoPacketsAreNoMedia)
{
    EXPECT_EQ(told(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b answer
      1.00 bob>alice rtp 2
      3.00 bob>alice 200 tag=b answer
    )")),
              "0.20 local ringback, 3.00 the answered call b");
}

TEST(Ears, MediaThatNobodyCanDecodeIsNone)
{
    EXPECT_EQ(told(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b answer
      1.00 bob>alice rtp 150 pt=18
      4.00 bob>alice 200 tag=b answer
    )")),
              "0.20 local ringback, 4.00 the answered call b");
    EXPECT_EQ(told(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b answer
      1.00 bob>alice rtp 150 pt=0
      4.00 bob>alice 200 tag=b answer
    )")),
              "0.20 local ringback, 1.04 early media b, 4.00 the answered call b");
}

TEST(Ears, MediaThatIsNotAllowedDoesNotSilenceTheRing)
{
    EXPECT_EQ(told(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b answer "P-Early-Media: inactive"
      1.00 bob>alice rtp 100
      4.00 bob>alice 200 tag=b answer
    )")),
              "0.20 local ringback, 4.00 the answered call b");
}

TEST(Ears, WhatIsRenderedStaysUntilItsDialogEnds)
{
    EXPECT_EQ(told(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 bob>alice rtp 200
      1.00 bob>alice 183 tag=c sdp=0@carol:6000
      1.10 carol>alice rtp 200 port=6000 ssrc=9
      2.00 bob>alice 199 tag=b
      6.00 bob>alice 200 tag=c sdp=0@carol:6000
    )")),
              "0.20 nothing, 0.34 early media b, 2.00 early media c, 6.00 the answered call c");
}

TEST(Ears, MediaOfA181Or182IsHeardAndRingsNot)
{
    for (const char *code : {"181", "182"}) {
        const support::Folded folded(fmt::format(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice {} tag=b answer
      0.30 bob>alice rtp 100
      5.00 bob>alice 200 tag=b answer
    )",
                                                 code));
        EXPECT_EQ(told(folded),
                  "0.20 nothing, 0.34 early media b, 3.28 nothing, 5.00 the answered call b");
        EXPECT_EQ(heard(folded)[1].rule, 3);
    }
}

/// RFC 3262 section 4: it must not be processed, and what is heard goes on.
TEST(Ears, AResponseThatSkipsAnRSeqChangesNothing)
{
    const std::string talk = R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer rseq=1
      0.22 alice>bob PRACK tag=b rack=1/1
      0.23 bob>alice 200 tag=b for=PRACK
      0.30 bob>alice rtp 100
      1.00 bob>alice 180 tag=b rseq=3
)";
    const std::string end = "5.00 bob>alice 200 tag=b answer\n";
    EXPECT_EQ(told(support::Folded(talk + end)),
              "0.20 nothing, 0.34 early media b, 3.28 nothing, 5.00 the answered call b");
    // It was acknowledged: the one between was not captured.
    EXPECT_EQ(told(support::Folded(talk + R"(
      1.02 alice>bob PRACK tag=b rack=3/1
      1.03 bob>alice 200 tag=b for=PRACK
)" + end)),
              "0.20 nothing, 0.34 early media b, 3.28 local ringback, 5.00 the answered call b");
}

TEST(Ears, OtherPhonesMakeSomethingElseOfTheSameTrace)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 bob>alice rtp 400
      2.00 bob>alice 180 tag=b
      9.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(told(folded, EarPolicy::Baresip), "0.20 nothing b, 0.34 early media b, "
                                                "2.00 local ringback, 9.00 the answered call b");
    EXPECT_EQ(told(folded, EarPolicy::Linphone),
              "0.20 nothing b, 0.34 early media b, 9.00 the answered call b");
    const support::Folded bare(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b
      2.00 bob>alice 183 tag=b
      9.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(told(bare), "0.20 local ringback, 9.00 the answered call b");
    EXPECT_EQ(told(bare, EarPolicy::Asterisk),
              "0.20 local ringback, 2.00 nothing, 9.00 the answered call b");
    EXPECT_EQ(told(bare, EarPolicy::Twinkle), "0.20 local ringback, 9.00 the answered call b");
    const auto evidence = bare.evidence();
    EXPECT_EQ(diagnosis::silentFor(heard(bare, EarPolicy::Asterisk), evidence.now),
              std::chrono::seconds(7));
    EXPECT_EQ(diagnosis::silentFor(heard(bare), evidence.now).count(), 0);
}

TEST(Ears, PhonesDisagreeAboutASecondFork)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 bob>alice rtp 200
      1.00 bob>alice 183 tag=c sdp=0@carol:6000
      1.10 carol>alice rtp 200 port=6000 ssrc=9
      6.00 bob>alice 200 tag=c sdp=0@carol:6000
    )");
    EXPECT_NE(told(folded, EarPolicy::Pjsip).find("early media c"), std::string::npos)
        << told(folded, EarPolicy::Pjsip);
    EXPECT_EQ(told(folded, EarPolicy::Twinkle).find("early media c"), std::string::npos)
        << told(folded, EarPolicy::Twinkle);
}

} // namespace
