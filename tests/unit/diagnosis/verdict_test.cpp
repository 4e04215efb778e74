// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/explain.h>

#include "early_judged.h"

#include <diagnosis/early_sound.h>

namespace {

using namespace early;

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

TEST(Verdict, CountsWhatCameBeforeTheAnswerAndNoMore)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.25 bob>alice rtp 150
      1.11 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.facts[1].value, "43 packets, first 50 ms after the 183");
}

TEST(Verdict, WhatComesAfterTheAnswerIsNoEarlyMedia)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      3.00 bob>alice 200 tag=b answer
      3.05 bob>alice rtp 100
    )");
    EXPECT_EQ(judged(folded).facts[1].value, "0 packets in 2.8 s");
    EXPECT_EQ(diagnosis::earlyArrival(folded.evidence(), 0).main, nullptr);
}

TEST(Verdict, CountsAllStreamsOfTheDialogButNoStrayDatagrams)
{
    const auto verdict = judged(support::Folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.21 carol>alice rtp 1 ssrc=901 pt=77
      0.22 carol>alice rtp 1 ssrc=902 pt=34
      0.30 bob>alice rtp 30 ssrc=1
      0.95 bob>alice rtp 20 ssrc=2
      4.00 bob>alice 200 tag=b answer
    )"));
    EXPECT_EQ(verdict.facts[1].value, "50 packets in 2 streams, first 100 ms after the 183");
    EXPECT_EQ(verdict.facts[2].value, "0 (PCMU), as negotiated");
}

constexpr std::string_view kTwoForks = R"(
      0.20 bob>alice 183 tag=f1 answer
      0.21 bob>alice 183 tag=f2 sdp=0@gw
      0.30 gw>alice rtp 100 ssrc=2
      0.50 bob>alice rtp 90 ssrc=1
      4.00 alice>bob CANCEL
      4.01 bob>alice 200 for=CANCEL
      4.02 bob>alice 487 tag=f1
    )";

TEST(Verdict, OfOurOwnForksOnlyOneIsPlayed)
{
    const support::Folded folded("own alice\n0.00 alice>bob INVITE offer\n" +
                                 std::string(kTwoForks));
    const auto quiet = judged(folded, 0), heard = judged(folded, 1);
    EXPECT_EQ(quiet.light, Light::Amber);
    EXPECT_EQ(quiet.sentence,
              "Early media arrives but is not what is heard: 90 packets, first 300 ms after the "
              "183; To-tag f2 is heard instead.");
    EXPECT_EQ(heard.light, Light::Green) << heard.sentence;
}

TEST(Verdict, WhatOurMediaPlayedIsWhatItToldNotWhatARuleWouldChoose)
{
    const support::Folded folded("own alice\n0.00 alice>bob INVITE offer\n"
                                 "0.51 local media tag=f1\n4.20 local media tag=f2\n" +
                                 std::string(kTwoForks));
    EXPECT_EQ(judged(folded, 0).light, Light::Green) << judged(folded, 0).sentence;
    EXPECT_EQ(judged(folded, 1).sentence,
              "Early media arrives but is not what is heard: 100 packets, first 90 ms after the "
              "183; To-tag f1 is heard instead.");
}

TEST(Verdict, NothingIsPlayedWhereThereIsNoOutput)
{
    const std::string call = R"(
      own alice
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.25 bob>alice rtp 75
      4.00 bob>alice 200 tag=b answer
    )";
    const auto with = judged(support::Folded(call));
    const auto without = judged(support::Folded(call + "0.01 local silent"));
    EXPECT_EQ(with.sentence.substr(0, 21), "Early media is played") << with.sentence;
    EXPECT_EQ(without.sentence.substr(0, 55),
              "Early media arrives, and there is no audio output here:")
        << without.sentence;
    EXPECT_EQ(without.light, with.light);
    // Nobody wanted an output, so none is missed; played it was not.
    const auto unwanted = judged(support::Folded(
        call + "0.30 local media tag=b \"PCMU/8000 arrives and is decoded, but not played: no "
               "audio output.\""));
    EXPECT_EQ(unwanted.sentence, without.sentence);
}

TEST(Verdict, WhichForkAnotherPhonePlaysIsNotKnown)
{
    const support::Folded folded("0.00 alice>bob INVITE offer\n" + std::string(kTwoForks));
    EXPECT_EQ(judged(folded, 0).light, Light::Green) << judged(folded, 0).sentence;
}

/// What a 183 without To-tag is, of a peer of RFC 2543.
base::Packet withoutTag(base::Packet packet)
{
    std::string text(packet.payload.text());
    const auto at = text.find(";tag=none");
    if (at != std::string::npos)
        packet.payload = base::Blob::copy(text.erase(at, std::string_view(";tag=none").size()));
    return packet;
}

TEST(Verdict, ADialogWithoutToTagHasItsDescriptionAndMedia)
{
    const support::Folded folded(support::Conversation(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=none answer
      0.25 bob>alice rtp 75
      4.00 bob>alice 200 tag=b answer
    )"),
                                 {}, withoutTag);
    ASSERT_EQ(folded.evidence().call.earlyDialogs.size(), 2U);
    EXPECT_TRUE(folded.evidence().call.earlyDialogs[0].firstSdp.valid());
    EXPECT_EQ(judged(folded).facts[1].value, "75 packets, first 50 ms after the 183");
    EXPECT_TRUE(diagnosis::wasEarly(folded.evidence(), 0));
    EXPECT_FALSE(diagnosis::wasEarly(folded.evidence(), 1)) << "answered at once";
}

TEST(Verdict, MediaAheadOfAnAnswerAtOnceIsMeasuredByIt)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.50 bob>alice rtp 75
      2.00 bob>alice 200 tag=b answer
    )");
    EXPECT_EQ(judged(folded).facts[1].value.substr(0, 41),
              "75 packets, first 1.5 s before the 200");
}

TEST(Verdict, ABodyThatWasNotCapturedMayHaveHadADescription)
{
    const auto cut = [](base::Packet packet) {
        const auto text = packet.payload.text();
        if (text.substr(0, 11) != "SIP/2.0 183")
            return packet;
        packet.cut = true;
        packet.payload = base::Blob::copy(text.substr(0, text.find("\r\n\r\n")));
        return packet;
    };
    const support::Folded folded(support::Conversation(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      4.00 bob>alice 200 tag=b answer
    )"),
                                 {}, cut);
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.facts[0].value, "cannot tell: the capture cut the 183 short");
    EXPECT_EQ(verdict.sentence, "Whether early media was announced cannot be told: the capture cut "
                                "the 183 short.");
}

TEST(Verdict, ASilenceThatIsOverDoesNotGoOn)
{
    const support::Folded folded(R"(
      own alice
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      4.00 alice>bob CANCEL
      4.01 bob>alice 200 for=CANCEL
      4.02 bob>alice 487 tag=b
      40.0 tick
    )");
    const auto finding = folded.find("em-183-sdp-no-rtp");
    ASSERT_NE(finding, nullptr);
    EXPECT_NE(finding->text.find("within 3.8 s until the CANCEL [2]."), std::string::npos)
        << finding->text;
}

} // namespace
