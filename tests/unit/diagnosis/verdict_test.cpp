// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/explain.h>

#include "folded.h"

namespace {

using diagnosis::Light;

diagnosis::Verdict judged(const support::Folded &folded, std::uint32_t dialog = 0)
{
    auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), dialog);
    EXPECT_EQ(verdict.facts.size(), 5U);
    EXPECT_FALSE(verdict.sentence.empty());
    return verdict;
}

TEST(Verdict, GreenWhenMediaIsPlayed)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.25 bob>alice rtp 100
      4.00 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.light, Light::Green) << verdict.sentence;
    EXPECT_EQ(verdict.facts[0].value, "in the 183: PCMU at 192.0.2.20:5000, sendrecv");
    EXPECT_EQ(verdict.facts[1].value, "100 packets, first 50 ms after the 183");
    EXPECT_EQ(verdict.facts[2].value, "0 (PCMU), as negotiated");
    EXPECT_TRUE(verdict.facts[1].evidence.stream.valid());
}

TEST(Verdict, RedWhenAnnouncedAndNotReceived)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 alice>bob rtp 100
      6.30 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.light, Light::Red);
    EXPECT_EQ(verdict.sentence,
              "Early media was announced, none was received (0 packets in 6.1 s).");
}

TEST(Verdict, AmberWhenItCannotBeSeen)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      6.30 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.light, Light::Amber);
    EXPECT_NE(verdict.sentence.find("cannot be told"), std::string::npos) << verdict.sentence;
}

TEST(Verdict, RedOnAWrongPayloadType)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE sdp=8
      0.20 bob>alice 183 tag=b sdp=8
      0.30 bob>alice rtp 20 pt=18
      6.30 bob>alice 200 tag=b sdp=8
    )"));
    EXPECT_EQ(verdict.light, Light::Red);
    EXPECT_EQ(verdict.facts[2].value, "18, which was not offered");
}

TEST(Verdict, ForbiddenByPEarlyMedia)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer "P-Early-Media: inactive"
      0.30 alice>bob rtp 20
      6.30 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.facts[4].light, Light::Red);
    EXPECT_EQ(verdict.facts[4].value, "P-Early-Media: inactive");
    EXPECT_NE(verdict.sentence.find("ringback has to be local"), std::string::npos)
        << verdict.sentence;
}

TEST(Verdict, SilenceIsNoEarlyMedia)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 bob>alice rtp 100 silent
      6.30 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.light, Light::Amber);
    EXPECT_NE(verdict.sentence.find("silence"), std::string::npos) << verdict.sentence;
}

TEST(Verdict, EachForkHasItsOwn)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=b sdp=0@bob
      0.30 proxy>alice 183 tag=c sdp=0@carol
      0.40 carol>alice rtp 100
      5.00 proxy>alice 200 tag=b sdp=0@bob
    )");
    EXPECT_EQ(judged(folded, 1).light, Light::Green);
    EXPECT_EQ(judged(folded, 0).light, Light::Red);
    EXPECT_FALSE(folded.has("em-183-sdp-no-rtp")) << "the caller hears the other fork";
    EXPECT_EQ(diagnosis::earlyMediaVerdict(folded.evidence(), 9).light, Light::Amber);
}

} // namespace
