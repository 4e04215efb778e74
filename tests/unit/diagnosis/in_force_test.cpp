// SPDX-License-Identifier: Apache-2.0
// Early media against the descriptions that were in force when its packets came: exchanges by
// PRACK and UPDATE, numbers of either side, what is negotiated after the answer.
#include "early_judged.h"

namespace {

using namespace early;

const std::string kEarlyPcmu = "0.00 alice>bob INVITE sdp=0,8\n"
                               "0.20 bob>alice 183 tag=b sdp=0\n"
                               "0.25 bob>alice rtp 100\n"
                               "0.25 alice>bob rtp 500\n"
                               "2.50 bob>alice 200 tag=b sdp=0\n"
                               "2.55 alice>bob ACK tag=b\n";

TEST(EarlyTypes, WhatIsNegotiatedAfterTheAnswerIsNotHeldAgainstTheEarlyPhase)
{
    const Folded folded(kEarlyPcmu + "4.00 alice>bob INVITE tag=b cseq=2 sdp=18\n"
                                     "4.05 bob>alice 200 tag=b sdp=18\n"
                                     "4.10 alice>bob ACK tag=b cseq=2\n"
                                     "4.20 bob>alice rtp 500 pt=18\n");
    expectGood(folded, "0 (PCMU), as negotiated");
    const auto types = diagnosis::earlyPayloads(folded.evidence(), 0);
    ASSERT_EQ(types.size(), 1U);
    EXPECT_EQ(types[0].packets, 100U);
    EXPECT_EQ(types[0].codec, "PCMU");
}

TEST(EarlyTypes, AWrongTypeAfterTheAnswerIsNoEarlyAudio)
{
    const Folded folded(kEarlyPcmu + "2.60 bob>alice rtp 300 pt=18\n");
    EXPECT_EQ(judged(folded).light, Light::Green) << judged(folded).sentence;
    EXPECT_FALSE(folded.has("em-wrong-pt"));
}

TEST(EarlyTypes, AWrongTypeBeforeTheAnswerIsNotMendedByARightOneBehindIt)
{
    const Folded folded("0.00 alice>bob INVITE sdp=0,8\n"
                        "0.20 bob>alice 183 tag=b sdp=0\n"
                        "0.25 bob>alice rtp 150 pt=18\n" // the last 37 of them after the answer
                        "2.50 bob>alice 200 tag=b sdp=0\n"
                        "2.55 alice>bob ACK tag=b\n"
                        "3.30 bob>alice rtp 500\n");
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.light, Light::Red) << verdict.sentence;
    EXPECT_EQ(verdict.facts.at(2).value, "18, which was not offered");
    const auto found = folded.find("em-wrong-pt");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("sent 113 packets of early audio with payload type 18"));
}

TEST(EarlyTypes, AFewWrongOnesAreAReservation)
{
    const Folded folded("0.00 alice>bob INVITE sdp=0,8\n"
                        "0.20 bob>alice 183 tag=b sdp=0\n"
                        "0.25 bob>alice rtp 90\n"
                        "2.10 bob>alice rtp 10 pt=18\n"
                        "2.50 bob>alice 200 tag=b sdp=0\n"
                        "2.55 alice>bob ACK tag=b\n");
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.light, Light::Amber) << verdict.sentence;
    EXPECT_EQ(verdict.facts.at(2).value, "18, which was not offered, in 10 of 100 packets");
    EXPECT_TRUE(folded.has("em-wrong-pt")) << "both say the same";
}

TEST(InForce, AnUpdateOfTheEarlyDialogChangesTheCodec)
{
    expectGood(Folded(reliably("0.35 bob>alice rtp 10\n"
                               "0.35 alice>bob rtp 200\n"
                               "1.00 alice>bob UPDATE tag=b sdp=18\n"
                               "1.05 bob>alice 200 tag=b for=UPDATE sdp=18\n"
                               "1.10 bob>alice rtp 150 pt=18\n")),
               "18 (G729), as negotiated");
}

TEST(InForce, TheCalleeMayUpdateToo)
{
    expectGood(Folded(reliably("0.35 bob>alice rtp 10\n"
                               "0.35 alice>bob rtp 200\n"
                               "1.00 bob>alice UPDATE reverse tag=b cseq=7 sdp=18@bob:5200\n"
                               "1.05 alice>bob 200 for=UPDATE sdp=18\n"
                               "1.10 bob>alice rtp 150 pt=18 port=5200\n")),
               "18 (G729), as negotiated");
}

TEST(InForce, AnOfferInThePrackChangesTheCodec)
{
    for (const auto &[number, text] :
         {std::pair("18", "18 (G729), as negotiated"), std::pair("8", "8 (PCMA), as negotiated")})
        expectGood(Folded(reliably(fmt::format("0.40 bob>alice rtp 150 pt={}\n"
                                               "0.40 alice>bob rtp 150 pt={}\n",
                                               number, number),
                                   fmt::format("sdp={}", number), fmt::format("sdp={}", number))),
                   text);
}

TEST(InForce, APrackAnswersTheOfferOfAReliableResponse)
{
    const auto late = [](int type) {
        return Folded(fmt::format("0.00 alice>bob INVITE \"Supported: 100rel\"\n"
                                  "0.20 bob>alice 183 tag=b sdp=18,0,9 rseq=1\n"
                                  "0.25 alice>bob PRACK tag=b rack=1/1 sdp=18\n"
                                  "0.30 bob>alice 200 tag=b for=PRACK\n"
                                  "0.40 bob>alice rtp 150 pt={}\n"
                                  "0.40 alice>bob rtp 150 pt=18\n"
                                  "5.00 bob>alice 200 tag=b for=INVITE\n"
                                  "5.05 alice>bob ACK tag=b\n",
                                  type));
    };
    expectGood(late(18), "18 (G729), as negotiated");
    EXPECT_EQ(judged(late(9)).light, Light::Red) << "the caller took another one";
    EXPECT_TRUE(late(9).has("em-wrong-pt"));
}

TEST(InForce, TheOldCodecIsWrongOnceAnUpdateHasReplacedIt)
{
    const Folded folded(reliably("1.00 alice>bob UPDATE tag=b sdp=18\n"
                                 "1.05 bob>alice 200 tag=b for=UPDATE sdp=18\n"
                                 "1.10 bob>alice rtp 150\n"));
    EXPECT_EQ(judged(folded).facts.at(2).value,
              "0 (PCMU), which was not asked for then, in 102 of 150 packets");
    EXPECT_TRUE(folded.has("em-wrong-pt"));
    // Refused, it has changed nothing.
    const Folded refused(reliably("1.00 alice>bob UPDATE tag=b sdp=18\n"
                                  "1.05 bob>alice 488 tag=b for=UPDATE\n"
                                  "1.10 bob>alice rtp 150\n"));
    EXPECT_EQ(judged(refused).light, Light::Green) << judged(refused).sentence;
    EXPECT_FALSE(refused.has("em-wrong-pt"));
}

TEST(InForce, AnUpdateOfOneForkIsNotTheOthers)
{
    const Folded folded("0.00 alice>proxy INVITE sdp=0 \"Supported: 100rel\"\n"
                        "0.20 proxy>alice 183 tag=b sdp=0@bob rseq=1\n"
                        "0.22 alice>proxy PRACK tag=b rack=1/1\n"
                        "0.24 proxy>alice 200 tag=b for=PRACK\n"
                        "0.30 proxy>alice 183 tag=c sdp=0@carol rseq=1\n"
                        "0.32 alice>proxy PRACK tag=c rack=1/1 cseq=3\n"
                        "0.34 proxy>alice 200 tag=c for=PRACK\n"
                        "0.40 alice>proxy UPDATE tag=c cseq=4 sdp=18\n"
                        "0.45 proxy>alice 200 tag=c for=UPDATE sdp=18@carol\n"
                        "0.50 bob>alice rtp 100 pt=18\n"
                        "0.50 carol>alice rtp 100 pt=18\n"
                        "5.00 proxy>alice 200 tag=b for=INVITE\n");
    EXPECT_EQ(judged(folded, 0).facts.at(2).value, "18, which was not offered");
    EXPECT_EQ(judged(folded, 1).facts.at(2).value, "18 (G729), as negotiated");
}

TEST(InForce, TheReceiversNumbersCount)
{
    const auto sends = [](int type) {
        return Folded(fmt::format("0.00 alice>bob INVITE sdp=97,0\n"
                                  "0.20 bob>alice 183 tag=b sdp=98\n"
                                  "0.30 bob>alice rtp 100 pt={}\n"
                                  "0.30 alice>bob rtp 100 pt=98\n"
                                  "3.00 bob>alice 200 tag=b sdp=98\n"
                                  "3.05 alice>bob ACK tag=b\n",
                                  type));
    };
    EXPECT_EQ(judged(sends(97)).light, Light::Green) << judged(sends(97)).sentence;
    EXPECT_EQ(judged(sends(97)).facts.at(2).value, "97 (iLBC), as negotiated");
    EXPECT_EQ(judged(sends(98)).light, Light::Red) << "the callee's own number (RFC 3264 6.1)";
    EXPECT_EQ(judged(sends(0)).facts.at(2).value, "0 (PCMU), offered but not in the answer");
}

TEST(InForce, A200RepeatsWhatAnUpdateAgreedOrWhatTheFirstAnswerWas)
{
    const auto answered = [](std::string_view sdp) {
        return Folded(fmt::format("0.00 alice>bob INVITE sdp=0,8 \"Supported: 100rel\"\n"
                                  "0.20 bob>alice 183 tag=b sdp=0 rseq=1\n"
                                  "0.25 alice>bob PRACK tag=b rack=1/1\n"
                                  "0.30 bob>alice 200 tag=b for=PRACK\n"
                                  "1.00 alice>bob UPDATE tag=b sdp=18\n"
                                  "1.05 bob>alice 200 tag=b for=UPDATE sdp=18@bob:5200\n"
                                  "5.00 bob>alice 200 tag=b for=INVITE {}\n"
                                  "5.05 alice>bob ACK tag=b\n",
                                  sdp));
    };
    for (const auto *const same : {"", "sdp=18@bob:5200", "sdp=0"}) {
        EXPECT_FALSE(answered(same).has("em-sdp-differs-183-200")) << same;
        EXPECT_FALSE(answered(same).has("neg-no-common-codec")) << same;
    }
    EXPECT_TRUE(answered("sdp=18@bob:5300").has("em-sdp-differs-183-200"))
        << "no offer lies between it and the UPDATE's answer";
}

TEST(InForce, AnUpdateOfAnotherForkExcusesNoOtherAnswer)
{
    EXPECT_TRUE(Folded("0.00 alice>proxy INVITE sdp=0 \"Supported: 100rel\"\n"
                       "0.20 proxy>alice 183 tag=b sdp=0@bob\n"
                       "0.30 proxy>alice 183 tag=c sdp=0@carol rseq=1\n"
                       "0.32 alice>proxy PRACK tag=c rack=1/1 cseq=3\n"
                       "0.34 proxy>alice 200 tag=c for=PRACK\n"
                       "0.40 alice>proxy UPDATE tag=c cseq=4 sdp=18\n"
                       "0.45 proxy>alice 200 tag=c for=UPDATE sdp=18@carol\n"
                       "5.00 proxy>alice 200 tag=b sdp=0@bob:5100 for=INVITE\n")
                    .has("em-sdp-differs-183-200"));
}

} // namespace
