// SPDX-License-Identifier: Apache-2.0
// A call that comes in, by a caller who does each thing by hand.
#include "incoming.h"

#include <gmock/gmock.h>

namespace {

using engine::CallStep;
using incoming::Incoming;
using incoming::Unacknowledged;
using testing::HasSubstr;

TEST_F(Incoming, TheByeWaitsForTheAckAndIsSaidOnce)
{
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    ear.engine->hangUp(call);
    ear.engine->hangUp(call);
    ASSERT_TRUE(support::stepUntil([&] { return caller.copies("SIP/2.0 200") >= 3; }));
    EXPECT_EQ(caller.count("BYE"), 0); // and it is still repeated
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    ear.engine->hangUp(call);
    send(request("OPTIONS", 2, tag)); // answered after whatever the hang-up brought
    answer("2 OPTIONS", 481);
    EXPECT_EQ(caller.count("BYE"), 1);
    EXPECT_EQ(ear.count(CallStep::Answered), 0);
    EXPECT_EQ(ear.count(CallStep::Ended), 1);
}

TEST_F(Incoming, TwoHangUpsSendOneBye)
{
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    send(request("OPTIONS", 2, tag));
    answer("2 OPTIONS", 481);
    EXPECT_EQ(caller.count("BYE"), 1);
}

TEST_F(Unacknowledged, WithoutAckTheByeComesAfterTheTransaction)
{
    ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(caller.count("BYE"), 1);
    EXPECT_EQ(caller.copies("SIP/2.0 200"), 11); // at 0, 1, 3, 7, 15, 23 ... 63 times T1
}

TEST_F(Incoming, TheEndOfTheProgramWaitsForTheAckAndSendsTheByeWithoutIt)
{
    ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    ear.engine.reset();
    EXPECT_EQ(caller.count("BYE"), 1);
    EXPECT_EQ(ear.count(CallStep::Ended), 1);
}

/// RFC 3261 section 14.2: as for a call that begins, whatever the peer's last offer was.
TEST_F(Incoming, WhoAsksForOurOfferWithinTheCallGetsAFreshOne)
{
    const auto tag = ring(offering());
    ear.engine->mayAnswer(call, ear::kOffer);
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    send(request("INVITE", 2, tag)
             .body("application/sdp", std::string(ear::kAnswer) + "a=inactive\r\n"));
    EXPECT_NE(answer("2 INVITE", 200).find("a=inactive"), std::string::npos);
    send(request("ACK", 2, tag));
    send(request("INVITE", 3, tag));
    const auto text = answer("3 INVITE", 200);
    EXPECT_NE(text.find("a=sendrecv"), std::string::npos) << text;
    EXPECT_NE(text.find("m=audio 41000 RTP/AVP 0 8"), std::string::npos) << text;
    EXPECT_EQ(text.find("a=crypto"), std::string::npos) << text;
    send(request("ACK", 3, tag).body("application/sdp", ear::kAnswer));
    EXPECT_TRUE(support::stepUntil([&] { return ear.count(CallStep::Changed) == 2; }));
}

/// RFC 6086 section 4.2.2.
TEST_F(Incoming, AnInfoPackageThatNobodyNamedIsRefused)
{
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    send(request("INFO", 2, tag).header("Info-Package", "g3"));
    EXPECT_NE(answer("2 INFO", 469).find("Recv-Info:"), std::string::npos);
    send(request("INFO", 3, tag));
    answer("3 INFO", 200);
}

TEST_F(Incoming, WhatWasToBeReliableAndCannotIsTold)
{
    send(request("INVITE", 1)); // no 100rel, no offer
    ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
    call = ear.first(CallStep::Incoming).call;
    ear.engine->ring(call, 183, ear::kAnswer, true);
    EXPECT_EQ(answer("1 INVITE", 183).find("RSeq"), std::string::npos);
    const auto notes = ear.told(base::LocalKind::Note);
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_THAT(notes[0].sentence, HasSubstr("no PRACK will come"));
    EXPECT_THAT(notes[1].sentence, HasSubstr("unreliable response"));
}

/// RFC 3261 sections 21.4.2, 21.4.6, 21.4.7, 21.4.15, 21.4.16, RFC 4028 section 6.
class RefusedWith : public Incoming,
                    public testing::WithParamInterface<std::pair<int, const char *>>
{
};

TEST_P(RefusedWith, WhatItsCodeDemands)
{
    const auto &[status, header] = GetParam();
    ring(offering());
    ear.engine->decline(call, status);
    EXPECT_THAT(answer("1 INVITE", status), HasSubstr(header));
}

INSTANTIATE_TEST_SUITE_P(Codes, RefusedWith,
                         testing::Values(std::pair{401, "WWW-Authenticate: Digest realm="},
                                         std::pair{407, "Proxy-Authenticate: Digest realm="},
                                         std::pair{405, "Allow: INVITE"},
                                         std::pair{420, "Unsupported: "},
                                         std::pair{421, "Require: "}, std::pair{422, "Min-SE: "}));

/// RFC 3261 section 9.2: a CANCEL matches by its branch, not by its call.
TEST_F(Incoming, ACancelOfAnotherTransactionFindsNone)
{
    ring(offering());
    ++branch;
    send(cancelling());
    answer("1 CANCEL", 481);
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
    EXPECT_TRUE(answersTo("1 INVITE").contains("180"));
}

TEST_F(Incoming, AByeThatIsRefusedEndsTheCallAllTheSame)
{
    byeStatus = 481;
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_THAT(ear.first(CallStep::Ended).sentence, HasSubstr("does not know the BYE"));
}

TEST_F(Incoming, OfByesThatCrossNothingIsSaid)
{
    byeStatus = 0;
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ASSERT_TRUE(support::stepUntil([&] { return caller.count("BYE") == 1; }));
    send(request("BYE", 2, tag));
    answer("2 BYE", 200);
    for (const auto &text : caller.texts())
        if (text.compare(0, 4, "BYE ") == 0)
            caller.sendTo(port, sip::responseTo(*sip::parse(text), 481, "", "").text());
    ear.engine.reset(); // not before the BYE has its answer
    EXPECT_EQ(ear.count(CallStep::Ended), 1);
    EXPECT_TRUE(ear.told(base::LocalKind::Note).empty());
}

TEST_F(Incoming, ASecondInviteWhileItRingsComesTooEarly)
{
    const auto tag = ring(offering());
    send(request("INVITE", 2, tag).body("application/sdp", ear::kOffer));
    EXPECT_THAT(answer("2 INVITE", 500), HasSubstr("Retry-After: "));
    send(request("UPDATE", 3, tag).body("application/sdp", ear::kOffer));
    EXPECT_THAT(answer("3 UPDATE", 500), HasSubstr("Retry-After: "));
    send(request("INFO", 2, tag)); // out of order
    answer("2 INFO", 500);
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    send(request("INVITE", 4, tag).body("application/sdp", ear::kOffer));
    answer("4 INVITE", 200);
    EXPECT_TRUE(ear.waitFor(CallStep::Changed));
}

TEST_F(Incoming, APrackThatOffersIsAnswered)
{
    const auto tag = ring(offering(), true);
    ear.engine->answer(call, ear::kAnswer);
    send(prack(tag).body("application/sdp",
                         "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio 42000 RTP/AVP 0\r\na=sendonly\r\n"));
    const auto taken = answer("2 PRACK", 200);
    EXPECT_THAT(taken, testing::AllOf(HasSubstr("Content-Type: application/sdp"),
                                      HasSubstr("m=audio 41000 RTP/AVP 0"), HasSubstr("recvonly")));
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_THAT(ear.first(CallStep::Changed).sdp, HasSubstr("42000"));
    // The 2xx says nothing that would contradict it.
    EXPECT_THAT(answer("1 INVITE", 200), testing::Not(HasSubstr("m=audio")));
    send(request("ACK", 1, tag));
    EXPECT_TRUE(ear.waitFor(CallStep::Answered));
}

TEST_F(Incoming, APrackWhoseOfferCannotBeTakenIsStillAPrack)
{
    const auto tag = ring(offering(), true);
    send(prack(tag).body("application/sdp",
                         "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n"
                         "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 42000 RTP/AVP 18\r\n"
                         "m=video 42002 RTP/AVP 96\r\n"));
    EXPECT_THAT(answer("2 PRACK", 200), testing::AllOf(HasSubstr("m=audio 0 RTP/AVP 18\r\n"),
                                                       HasSubstr("m=video 0 RTP/AVP 96\r\n")));
    EXPECT_TRUE(ear.waitFor(CallStep::PrackDone));
}

TEST_F(Incoming, WhatCannotBeReadDoesNotRing)
{
    send(request("INVITE", 1).body("application/x-tea", "two cups"));
    EXPECT_THAT(answer("1 INVITE", 415), HasSubstr("Accept: application/sdp"));
    send(request("INVITE", 2).header("Require", "foo").body("application/sdp", ear::kOffer));
    EXPECT_THAT(answer("2 INVITE", 420), HasSubstr("Unsupported: foo"));
    EXPECT_EQ(ear.count(CallStep::Incoming), 0);
}

} // namespace
