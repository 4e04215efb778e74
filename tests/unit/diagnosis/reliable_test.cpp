// SPDX-License-Identifier: Apache-2.0
// Reliable responses that nobody acknowledges, or that were numbered wrongly and acknowledged all
// the same; a 403 over a flow that had ended.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using diagnosis::Severity;
using support::Folded;
using testing::HasSubstr;

std::string call(std::string_view end)
{
    return "0.00 alice>bob INVITE offer \"Supported: 100rel\"\n"
           "0.20 bob>alice 183 tag=b answer rseq=1\n" +
           std::string(end);
}

TEST(Reliable, neverAcknowledgedAndAnsweredAllTheSame)
{
    const auto found = Folded(call("2.00 bob>alice 200 tag=b answer\n"
                                   "2.05 alice>bob ACK tag=b\n"
                                   "9.00 alice>bob BYE tag=b cseq=2\n"
                                   "9.01 bob>alice 200 tag=b for=BYE\n"))
                           .find("em-prack-missing");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Error);
    EXPECT_THAT(found->text, HasSubstr("200 OK came 1.8"));
}

TEST(Reliable, otherEndsOfTheCallShowItToo)
{
    EXPECT_TRUE(Folded(call("2.00 bob>alice 486 tag=b\n2.05 alice>bob ACK tag=b\n"))
                    .has("em-prack-missing"));
    EXPECT_TRUE(Folded(call("2.00 alice>bob CANCEL\n2.01 bob>alice 200 for=CANCEL\n"
                            "2.02 bob>alice 487 tag=b for=INVITE\n2.05 alice>bob ACK tag=b\n"))
                    .has("em-prack-missing"));
}

TEST(Reliable, aPrackOnItsWayOrACaptureOfOneSideIsNoFault)
{
    EXPECT_FALSE(Folded(call("0.23 bob>alice 200 tag=b answer\n0.25 alice>bob ACK tag=b\n"))
                     .has("em-prack-missing"));
    EXPECT_FALSE(Folded(call("2.00 bob>alice 200 tag=b answer\n")).has("em-prack-missing"))
        << "nothing of the caller was captured behind the 183";
    EXPECT_FALSE(Folded(call("2.00 bob>alice 200 tag=b answer\n2.05 alice>bob ACK tag=b\n"
                             "9.00 alice>bob BYE tag=b cseq=3\n"))
                     .has("em-prack-missing"))
        << "the numbers leave room for a PRACK that was not captured";
    EXPECT_FALSE(Folded(call("0.30 alice>bob PRACK tag=b rack=1/1\n"
                             "0.32 bob>alice 200 tag=b for=PRACK\n"
                             "2.00 bob>alice 200 tag=b\n2.05 alice>bob ACK tag=b\n"))
                     .has("em-prack-missing"));
}

TEST(Reliable, aPrackMayGoAnotherWayThanTheAckOfAFailure)
{
    const auto through = [](std::string_view route) {
        return Folded(fmt::format("0.00 alice>proxy INVITE offer \"Supported: 100rel\"\n"
                                  "0.20 proxy>alice 183 tag=b sdp=0@bob rseq=1 {}\n"
                                  "2.00 proxy>alice 486 tag=b\n2.05 alice>proxy ACK tag=b\n",
                                  route))
            .has("em-prack-missing");
    };
    EXPECT_FALSE(through("\"Contact: <sip:bob@192.0.2.20>\"")) << "it goes straight to bob";
    EXPECT_TRUE(through("\"Record-Route: <sip:192.0.2.4;lr>\" \"Contact: <sip:bob@192.0.2.20>\""));
    EXPECT_TRUE(through("\"Contact: <sip:b2bua@192.0.2.4>\""));
}

TEST(Reliable, numbersThatTheCaptureLacksAreNotSkipped)
{
    const std::string before = call("0.25 alice>bob PRACK tag=b rack=1/1\n"
                                    "0.30 bob>alice 200 tag=b for=PRACK\n");
    EXPECT_FALSE(Folded(before + "1.00 bob>alice 180 tag=b rseq=3\n"
                                 "1.05 alice>bob PRACK tag=b rack=3/1 cseq=4\n"
                                 "1.10 bob>alice 200 tag=b for=PRACK\n")
                     .has("em-rseq-gap"))
        << "response and PRACK between were lost on the way to the file";
    EXPECT_TRUE(Folded(before + "0.50 alice>bob UPDATE tag=b cseq=3 offer\n"
                                "0.51 bob>alice 200 tag=b for=UPDATE answer\n"
                                "1.00 bob>alice 180 tag=b rseq=3\n"
                                "1.05 alice>bob PRACK tag=b rack=3/1 cseq=4\n"
                                "1.10 bob>alice 200 tag=b for=PRACK\n")
                    .has("em-rseq-gap"))
        << "the number was taken by a request that is there";
}

TEST(Reliable, aSkippedNumberIsAFaultThoughItWasAcknowledged)
{
    const std::string before = call("0.25 alice>bob PRACK tag=b rack=1/1\n"
                                    "0.30 bob>alice 200 tag=b for=PRACK\n");
    const auto found = Folded(before + "1.00 bob>alice 180 tag=b rseq=3\n"
                                       "1.05 alice>bob PRACK tag=b rack=3/1 cseq=3\n"
                                       "1.10 bob>alice 200 tag=b for=PRACK\n")
                           .find("em-rseq-gap");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("and was [3]"));
    EXPECT_EQ(found->evidence.size(), 3U);
    EXPECT_FALSE(Folded(before + "1.00 bob>alice 180 tag=b rseq=2\n"
                                 "1.05 alice>bob PRACK tag=b rack=2/1 cseq=3\n"
                                 "1.10 bob>alice 200 tag=b for=PRACK\n")
                     .has("em-rseq-gap"));
}

// That the connection ended makes no token wrong: an edge that verifies it says 430 then.
TEST(DeadFlow, a403OverAFlowThatHadEndedIsALostKeyAllTheSame)
{
    const std::string registered =
        "0.000 bob>edge REGISTER tcp call=r \"Supported: path, outbound\" \"Contact: "
        "<sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
        "0.050 edge>bob 200 tcp call=r \"Require: outbound\" \"Contact: "
        "<sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\";expires="
        "600\"\n";
    const std::string refused = "30.001 home>edge INVITE tcp offer \"Route: "
                                "<sip:AAECAwQFBgcICQLAAAICE8TAAAIUE8Q=@192.0.2.2;lr;ob>\"\n"
                                "30.003 edge>home 403 tcp tag=e\n";
    const Folded dead(registered + "20.000 bob>edge tcp fin\n" + refused);
    EXPECT_TRUE(dead.has("flow-403-token"));
    EXPECT_FALSE(dead.has("flow-hidden"));
    const Folded alive(registered + refused);
    EXPECT_TRUE(alive.has("flow-403-token"));
    EXPECT_FALSE(alive.has("flow-hidden"));
}

TEST(Methods, oneWithoutANameHereIsShownAsItIs)
{
    const Folded folded("0.00 alice>bob BREW offer \"Broken header\"\n"
                        "0.10 bob>alice 200 tag=b \"Broken header\"\n");
    const auto found = folded.find("msg-flaw");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("BREW"));
}

TEST(OneDirection, theCallIsToldFromWhatIsThere)
{
    const auto stateOf = [](std::string_view text) { return Folded(text).evidence().call.state; };
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer\n1.01 alice>bob ACK tag=b branch=other\n"),
              calls::State::Answered);
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer\n1.01 alice>bob ACK tag=b branch=other\n"
                      "9.00 alice>bob BYE tag=b\n"),
              calls::State::Ended);
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer\n9.00 alice>bob BYE tag=b\n"),
              calls::State::Ended);
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer branch=x\n1.01 alice>bob ACK tag=b branch=x\n"),
              calls::State::Failed);
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer branch=x\n0.50 alice>bob CANCEL branch=x\n"
                      "1.01 alice>bob ACK tag=b branch=x\n"),
              calls::State::Cancelled);
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer\n0.50 alice>bob PRACK tag=b rack=1/1\n"),
              calls::State::Early);
    EXPECT_EQ(stateOf("0.00 alice>bob INVITE offer\n0.50 alice>bob again\n"),
              calls::State::Calling);
}

TEST(OneDirection, responsesAloneTellTheEndToo)
{
    const support::Conversation spoken("0.00 alice>bob INVITE offer\n"
                                       "1.00 bob>alice 200 tag=b answer\n"
                                       "1.01 alice>bob ACK tag=b\n"
                                       "9.00 alice>bob BYE tag=b\n"
                                       "9.01 bob>alice 200 tag=b for=BYE\n");
    const Folded folded(spoken, [](const base::Packet &packet) {
        return packet.payload.text().starts_with("SIP/2.0");
    });
    EXPECT_EQ(folded.evidence().call.state, calls::State::Ended);
    const auto found = folded.find("tx-one-direction");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("the requests are missing"));
}

TEST(OneDirection, whatIsMissedThereIsDoubted)
{
    const Folded folded("0.00 alice>bob INVITE offer\n1.01 alice>bob ACK tag=b branch=other\n"
                        "9.00 alice>bob BYE tag=b\n9.50 alice>bob again\n10.50 alice>bob again\n"
                        "12.50 alice>bob again\n16.50 alice>bob again\n20.50 alice>bob again\n"
                        "60.00 tick\n");
    EXPECT_TRUE(folded.has("tx-one-direction"));
    for (const auto &finding : folded.findings()) {
        EXPECT_EQ(finding.severity, Severity::Info) << finding.text;
    }
}

} // namespace
