// SPDX-License-Identifier: Apache-2.0
// Captures that hold a part: one direction, the edge of a file, messages cut short. What was seen
// stays a fault; what is only missing is doubted.
#include <calls/direction.h>
#include <diagnosis/explain.h>
#include <diagnosis/offer_answer.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using calls::Captured;
using diagnosis::Grade;
using diagnosis::Severity;
using support::Folded;
using testing::HasSubstr;

/// What the capture holds of the call with the Call-ID c1.
Captured captured(const std::string &text, const Folded::Keep &keep = {})
{
    const Folded folded(support::Conversation(text), keep);
    for (std::size_t i = 0; i < folded.calls(); ++i)
        if (const auto evidence = folded.evidence(i); evidence.call.callId == "c1@example.test")
            return calls::capturedOf(evidence.call, evidence.trace);
    return Captured::Both;
}

TEST(FileEdge, oneHalfAtTheBeginningIsOrdinary)
{
    EXPECT_EQ(captured("0.00 alice>bob ACK tag=b branch=x\n"), Captured::Both);
    EXPECT_EQ(captured("0.00 alice>bob ACK tag=b branch=x\n40.00 alice>bob BYE tag=b\n"),
              Captured::Both)
        << "the file begins behind the 200 and ends on the BYE";
    EXPECT_EQ(captured("0.00 alice>bob ACK tag=b branch=x\n40.00 alice>bob BYE tag=b\n"
                       "40.50 alice>bob again\n100.00 carol>gw OPTIONS call=c2\n"),
              Captured::Both)
        << "a BYE without an answer may be lost";
}

TEST(FileEdge, oneAnswerWithoutItsRequestIsOrdinary)
{
    const std::string ringing = "0.00 carol>gw OPTIONS call=c2\n0.01 gw>carol 200 call=c2\n"
                                "1.00 alice>bob INVITE offer\n"
                                "60.00 bob>alice 200 tag=b answer\n";
    const auto withoutInvite = [](const base::Packet &packet) {
        return !packet.payload.text().starts_with("INVITE");
    };
    EXPECT_EQ(captured(ringing, withoutInvite), Captured::Both);
}

TEST(FileEdge, severalHalvesWithinTheFileShowOneDirection)
{
    const std::string before = "0.00 carol>gw OPTIONS call=c2\n0.01 gw>carol 200 call=c2\n";
    EXPECT_EQ(captured(before + "50.00 alice>bob ACK tag=b branch=x\n"
                                "70.00 alice>bob ACK tag=b branch=y cseq=2\n"),
              Captured::RequestsOnly);
    EXPECT_EQ(captured(before + "50.00 alice>bob ACK tag=b branch=x\n"), Captured::Both)
        << "one alone may be a lost packet";
    EXPECT_EQ(captured("0.00 alice>bob INVITE offer\n1.01 alice>bob ACK tag=b branch=x\n"),
              Captured::RequestsOnly)
        << "it began here";
}

TEST(OneSide, whatWasSeenIsAFaultAllTheSame)
{
    const support::Conversation spoken("0.00 alice>bob INVITE offer\n"
                                       "1.01 alice>bob ACK tag=b branch=x\n"
                                       "9.00 alice>bob BYE tag=b\n"
                                       "9.01 alice>bob icmp \"port unreachable\"\n");
    const Folded folded(spoken, {}, [](base::Packet packet) {
        if (packet.kind == base::PacketKind::Local)
            packet.source.port = packet.destination.port = 5060;
        return packet;
    });
    EXPECT_TRUE(folded.has("tx-one-direction"));
    const auto found = folded.find("tx-icmp");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Error) << found->text;
    EXPECT_EQ(found->grade, Grade::Seen);
}

TEST(CutShort, aRegisterWithinItsContactAccusesNobody)
{
    const support::Conversation spoken(
        "0.00 bob>edge REGISTER \"Supported: path, outbound\" \"Contact: "
        "<sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
        "0.05 edge>bob 200 tag=r \"Require: outbound\" \"Contact: "
        "<sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\";expires=600\"\n");
    EXPECT_FALSE(Folded(spoken).has("flow-regid-without-instance"));
    const Folded cut(spoken, {}, [](base::Packet packet) {
        const std::string text(packet.payload.text());
        const auto end = text.find(";+sip.instance");
        if (text.starts_with("REGISTER") && end != std::string::npos) {
            packet.payload = base::Blob::copy(text.substr(0, end));
            packet.cut = true;
        }
        return packet;
    });
    const auto found = cut.find("flow-regid-without-instance");
    ASSERT_NE(found, nullptr) << "the test has to reach the rule";
    EXPECT_EQ(found->severity, Severity::Info);
    EXPECT_EQ(found->grade, Grade::CannotTell);
    EXPECT_THAT(found->text, HasSubstr("cut short"));
}

/// What a message describes may stand where the capture lost it.
TEST(CutShort, anInviteWithoutItsEndMadeNoLateOffer)
{
    const auto without = [](std::string_view method) {
        return [method](base::Packet packet) {
            const std::string text(packet.payload.text());
            if (text.starts_with(method)) {
                packet.payload = base::Blob::copy(text.substr(0, text.find("Content-Length")));
                packet.cut = true;
            }
            return packet;
        };
    };
    const support::Conversation unreliable("0.00 alice>bob INVITE offer\n"
                                           "0.20 bob>alice 183 tag=b offer\n"
                                           "2.00 bob>alice 200 tag=b offer\n");
    const Folded folded(unreliable, {}, without("INVITE"));
    EXPECT_FALSE(folded.has("em-late-offer-unreliable-sdp"));
    const auto told = diagnosis::explain(folded.evidence(), folded.row(183), {});
    EXPECT_THAT(told.happened, HasSubstr("does not tell whether the INVITE made an offer"));

    const support::Conversation reliable("0.00 alice>bob INVITE\n"
                                         "0.20 bob>alice 183 tag=b offer rseq=1\n"
                                         "0.30 alice>bob PRACK tag=b rack=1/1 answer\n"
                                         "0.35 bob>alice 200 tag=b for=PRACK\n");
    EXPECT_FALSE(Folded(reliable, {}, without("PRACK")).has("em-reliable-offer-unanswered"));
    EXPECT_EQ(diagnosis::exchanges(Folded(reliable).evidence()).size(), 1U);
    EXPECT_TRUE(diagnosis::exchanges(Folded(reliable, {}, without("INVITE")).evidence()).empty());
}

} // namespace
