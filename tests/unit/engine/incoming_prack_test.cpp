// SPDX-License-Identifier: Apache-2.0
// Reliable provisional responses of a call that comes in (RFC 3262): what their PRACK may bring,
// and what happens when the call ends before it comes.
#include "incoming.h"

#include <gmock/gmock.h>

namespace {

using engine::CallStep;
using incoming::Incoming;
using incoming::Unacknowledged;
using testing::HasSubstr;
using testing::Not;

std::string audioAt(int port, const std::string &more)
{
    return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
           std::to_string(port) + more;
}

const std::string kUsable = audioAt(42000, " RTP/AVP 0\r\na=sendonly\r\n");
const std::string kUnusable = audioAt(43000, " RTP/AVP 18\r\n");

struct Ending {
    const char *name;
    const char *final;
    void (*end)(Incoming &, const std::string &tag);
};

class BeforeThePrack : public Incoming, public testing::WithParamInterface<Ending>
{
};

TEST_P(BeforeThePrack, TheCallEndsWithOneFinal)
{
    const auto tag = ring(offering(), true);
    GetParam().end(*this, tag);
    answer("1 INVITE", std::atoi(GetParam().final));
    EXPECT_TRUE(ear.waitFor(CallStep::Ended));
    auto seen = answersTo("1 INVITE");
    seen.erase("100");
    EXPECT_THAT(seen, testing::UnorderedElementsAre("183", GetParam().final));
    EXPECT_EQ(ear.count(CallStep::Ended), 1);
    EXPECT_EQ(ear.count(CallStep::Failed), 1); // that told our port
}

INSTANTIATE_TEST_SUITE_P(
    Ways, BeforeThePrack,
    testing::Values(
        Ending{"Decline", "486",
               [](Incoming &it, const std::string &) { it.ear.engine->decline(it.call, 486); }},
        Ending{"Redirect", "302",
               [](Incoming &it, const std::string &) {
                   it.ear.engine->redirect(it.call, "sip:else@127.0.0.1");
               }},
        Ending{"HangUp", "603",
               [](Incoming &it, const std::string &) { it.ear.engine->hangUp(it.call); }},
        Ending{"Close", "480", [](Incoming &it, const std::string &) { it.ear.engine.reset(); }},
        Ending{"Bye", "487",
               [](Incoming &it, const std::string &tag) { it.send(it.request("BYE", 2, tag)); }},
        Ending{"Cancel", "487",
               [](Incoming &it, const std::string &) { it.send(it.cancelling()); }}),
    [](const auto &each) { return std::string(each.param.name); });

TEST_F(Incoming, TheAnswerInAPrackIsHeard)
{
    const auto tag = ring(request("INVITE", 1).header("Supported", "100rel"), true);
    send(prack(tag).body("application/sdp", kUsable));
    EXPECT_THAT(answer("2 PRACK", 200), Not(HasSubstr("m=audio")));
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_EQ(ear.first(CallStep::Changed).sdp, kUsable);
    ear.engine->answer(call, ear::kAnswer);
    EXPECT_THAT(answer("1 INVITE", 200), Not(HasSubstr("m=audio")));
    send(request("ACK", 1, tag));
    EXPECT_TRUE(ear.waitFor(CallStep::Answered));
}

TEST_F(Incoming, AnOfferThatAPrackBroughtInVainChangesNothing)
{
    const auto tag = ring(offering(), true);
    send(prack(tag).body("application/sdp", kUnusable));
    EXPECT_THAT(answer("2 PRACK", 200),
                testing::AllOf(HasSubstr("o=- 2 3 "), HasSubstr("m=audio 0 ")));
    send(request("UPDATE", 3, tag).body("application/sdp", kUsable));
    // RFC 3264 section 8: what differs from the refusal is the next version.
    EXPECT_THAT(answer("3 UPDATE", 200),
                testing::AllOf(HasSubstr("o=- 2 4 "), HasSubstr("m=audio 41000 ")));
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_EQ(ear.first(CallStep::Changed).sdp, kUsable);
    EXPECT_EQ(ear.count(CallStep::PrackDone), 1);
}

TEST_F(Incoming, EachDescriptionAfterARefusalIsAVersionOfItsOwn)
{
    const auto tag = ring(offering(), true);
    send(prack(tag).body("application/sdp", kUnusable));
    EXPECT_THAT(answer("2 PRACK", 200), HasSubstr("o=- 2 3 "));
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    send(request("INVITE", 3, tag)); // asks for our offer
    EXPECT_THAT(answer("3 INVITE", 200),
                testing::AllOf(HasSubstr("o=- 2 4 "), HasSubstr("m=audio 41000 ")));
    send(request("ACK", 3, tag).body("application/sdp", ear::kOffer));
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    send(request("UPDATE", 4, tag).body("application/sdp", kUsable));
    EXPECT_THAT(answer("4 UPDATE", 200), HasSubstr("o=- 2 5 "));
}

TEST_F(Incoming, APrackThatFitsNothingAnyMoreIsRefused)
{
    const auto tag = ring(offering(), true);
    send(prack(tag));
    answer("2 PRACK", 200);
    send(prack(tag, 3).body("application/sdp", kUsable)); // it is acknowledged already
    answer("3 PRACK", 481);
    ear.engine->decline(call, 486);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    send(prack(tag, 4).body("application/sdp", kUsable));
    answer("4 PRACK", 481);
    EXPECT_EQ(ear.count(CallStep::PrackDone), 1);
    EXPECT_EQ(ear.count(CallStep::Changed), 0);
}

TEST_F(Incoming, APrackAfterTheEndIsRefused)
{
    const auto tag = ring(offering(), true);
    ear.engine->decline(call, 486);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    send(prack(tag).body("application/sdp", kUsable));
    answer("2 PRACK", 481);
    EXPECT_EQ(ear.count(CallStep::PrackDone), 0);
    EXPECT_EQ(ear.count(CallStep::Changed), 0);
}

TEST_F(Incoming, APrackIsARequestLikeOthers)
{
    const auto tag = ring(offering(), true);
    ear.engine->answer(call, ear::kAnswer);
    send(prack(tag, 5).header("Require", "foo"));
    EXPECT_THAT(answer("5 PRACK", 420), HasSubstr("Unsupported: foo"));
    send(prack(tag, 6).body("application/x-tea", "two cups"));
    EXPECT_THAT(answer("6 PRACK", 415), HasSubstr("Accept: application/sdp"));
    send(prack(tag, 4)); // out of order
    answer("4 PRACK", 500);
    EXPECT_EQ(ear.count(CallStep::PrackDone), 0);
    EXPECT_EQ(answersTo("1 INVITE").count("200"), 0U);
    send(prack(tag, 7));
    answer("7 PRACK", 200);
    EXPECT_TRUE(ear.waitFor(CallStep::PrackDone));
    answer("1 INVITE", 200);
}

TEST_F(Incoming, TheAnswerWaitsForEachPrack)
{
    const auto tag = ring(offering(), true);
    ear.engine->ring(call, 180, "", true); // leaves when the first one is acknowledged
    ear.engine->answer(call, ear::kAnswer);
    send(prack(tag));
    answer("2 PRACK", 200);
    const auto second = answer("1 INVITE", 180);
    EXPECT_THAT(second, testing::StartsWith("SIP/2.0 180 Ringing\r\n"));
    send(request("OPTIONS", 3, tag));
    answer("3 OPTIONS", 200);
    EXPECT_EQ(answersTo("1 INVITE").count("200"), 0U);
    const auto rseq = sip::parse(second)->number(sip::HeaderId::RSeq).value_or(0);
    send(request("PRACK", 4, tag).header("RAck", std::to_string(rseq) + " 1 INVITE"));
    answer("4 PRACK", 200);
    answer("1 INVITE", 200);
}

TEST_F(Incoming, AfterAPrackTheNextReliableResponseLeavesAtOnce)
{
    const auto tag = ring(offering(), true);
    send(prack(tag));
    ASSERT_TRUE(ear.waitFor(CallStep::PrackDone));
    ear.engine->ring(call, 180, "", true);
    const auto second = answer("1 INVITE", 180);
    const auto rseq = sip::parse(second)->number(sip::HeaderId::RSeq).value_or(0);
    send(request("PRACK", 3, tag).header("RAck", std::to_string(rseq) + " 1 INVITE"));
    answer("3 PRACK", 200);
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
}

TEST_F(Unacknowledged, APrackThatWasRefusedDoesNotHoldTheCallForEver)
{
    const auto tag = ring(offering(), true);
    send(prack(tag).header("Require", "foo"));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed, 2)); // the first one told our port
    answer("1 INVITE", 504);
}

} // namespace
