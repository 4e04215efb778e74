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

diagnosis::Verdict of18x(const support::Folded &folded, int status, int n = 0)
{
    const auto verdict = diagnosis::provisionalVerdict(folded.evidence(), folded.row(status, n));
    EXPECT_TRUE(verdict.has_value());
    return verdict.value_or(diagnosis::Verdict{});
}

TEST(Verdict, EachProvisionalCountsFromItself)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 180 tag=b
      1.20 bob>alice 183 tag=b answer
      1.25 bob>alice rtp 100
      2.20 bob>alice 180 tag=b "Server: other"
      6.00 bob>alice 200 tag=b answer
    )");
    const auto first = of18x(folded, 180);
    EXPECT_EQ(first.facts[0].value, "none: progress only");
    EXPECT_EQ(first.facts[1].value, "100 packets, first 1.0 s after the 180");
    const auto second = of18x(folded, 183);
    EXPECT_EQ(second.facts[0].value, "in the 183: PCMU at 192.0.2.20:5000, sendrecv");
    EXPECT_EQ(second.facts[1].value, "100 packets, first 50 ms after the 183");
    const auto third = of18x(folded, 180, 1);
    EXPECT_EQ(third.facts[0].value,
              "none in this one; in the 183 before it: PCMU at 192.0.2.20:5000, sendrecv");
    EXPECT_EQ(third.facts[1].value, "100 packets, first 950 ms before the 180");
    EXPECT_EQ(third.facts[0].evidence.row, folded.row(183));
    EXPECT_FALSE(diagnosis::provisionalVerdict(folded.evidence(), folded.row(200)).has_value());
}

TEST(Verdict, AnAnswerThatWasNotOfferedIsNotAcceptable)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE sdp=8
      0.20 bob>alice 183 tag=b sdp=18
      0.30 bob>alice rtp 20 pt=18
      6.30 bob>alice 200 tag=b sdp=18
    )");
    const auto verdict = of18x(folded, 183);
    EXPECT_EQ(verdict.light, Light::Red);
    EXPECT_EQ(verdict.facts[0].value, "in the 183: G729, where PCMA was offered");
}

TEST(Verdict, PermissionIsWhatHeldAtThatResponse)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer "P-Early-Media: inactive"
      1.20 bob>alice 183 tag=b answer "P-Early-Media: sendonly"
      1.30 bob>alice rtp 50
      6.30 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(of18x(folded, 183).facts[4].light, Light::Red);
    EXPECT_EQ(of18x(folded, 183, 1).facts[4].value, "P-Early-Media: sendonly");
    EXPECT_EQ(of18x(folded, 183, 1).facts[4].light, Light::Green);
}

TEST(Verdict, APrackThatIsMissingCountsForItsOwnResponse)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer "Supported: 100rel"
      0.20 bob>alice 183 tag=b answer rseq=1
      0.25 alice>bob PRACK tag=b rack=1/1 cseq=2
      0.30 bob>alice 200 tag=b for=PRACK
      0.40 bob>alice rtp 50
      1.20 bob>alice 180 tag=b rseq=2
      6.30 bob>alice 200 tag=b
    )");
    EXPECT_EQ(of18x(folded, 183).facts[4].light, Light::Green);
    EXPECT_EQ(of18x(folded, 180).facts[4].value, "PRACK for RSeq 2 is missing");
}

TEST(Verdict, TheExplanationOfAnEighteenXHasItWithLinks)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.25 bob>alice rtp 100
      4.00 bob>alice 200 tag=b answer
    )");
    const auto out = diagnosis::explain(folded.evidence(), folded.row(183), {});
    ASSERT_TRUE(out.verdict.has_value());
    for (const auto &fact : out.verdict->facts) {
        const auto open = fact.value.rfind('[');
        ASSERT_NE(open, std::string::npos) << fact.value;
        const auto number = std::stoul(fact.value.substr(open + 1));
        ASSERT_LE(number, out.evidence.size());
        EXPECT_EQ(out.evidence[number - 1].row, fact.evidence.row);
        EXPECT_EQ(out.evidence[number - 1].stream, fact.evidence.stream);
    }
    EXPECT_FALSE(diagnosis::explain(folded.evidence(), folded.row(200), {}).verdict.has_value());
}

TEST(Verdict, NobodyListensWhereNobodyMayWait)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.25 bob>alice rtp 200
      6.00 bob>alice 200 tag=b answer
    )");
    auto evidence = folded.evidence();
    evidence.listens = false;
    const auto before = diagnosis::earlyMediaVerdict(evidence, 0).facts[3].value;
    const auto heard = diagnosis::earlyMediaVerdict(folded.evidence(), 0).facts[3].value;
    EXPECT_NE(before, heard);
    EXPECT_EQ(diagnosis::earlyMediaVerdict(evidence, 0).facts[3].value, heard) << "it is kept";
}

} // namespace
