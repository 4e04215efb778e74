// SPDX-License-Identifier: Apache-2.0
// Rules of calls over what only looks like a fault: captures that begin late, lost packets, several
// hops, what the RFCs allow.
#include "folded.h"

namespace {

std::string alarms(std::string_view conversation)
{
    const support::Folded folded(conversation);
    std::string text;
    for (const auto &finding : folded.findings())
        if (finding.severity != diagnosis::Severity::Info)
            text += std::string(finding.rule) + ": " + finding.text + "\n";
    return text;
}

bool tells(std::string_view conversation, std::string_view rule)
{
    return support::Folded(conversation).has(rule);
}

TEST(CallQuiet, theAnswerToAPrackThatTheCaptureMissed)
{
    EXPECT_EQ(alarms(R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.68 alice>bob PRACK tag=b rack=1/1
  0.70 bob>alice again
  0.80 bob>alice rtp 100
  4.00 bob>alice 200 tag=b for=INVITE
  4.05 alice>bob ACK tag=b
)"),
              "");
}

TEST(CallQuiet, aPrackThatIsAnsweredOnTheOtherHop)
{
    EXPECT_FALSE(tells(R"(
  0.00 alice>proxy INVITE offer "Supported: 100rel"
  0.01 proxy>bob INVITE offer "Supported: 100rel"
  0.20 bob>proxy 183 tag=b answer rseq=1
  0.21 proxy>alice 183 tag=b answer rseq=1
  0.30 alice>proxy PRACK tag=b rack=1/1
  0.31 proxy>bob PRACK tag=b rack=1/1
  0.32 bob>proxy 200 tag=b for=PRACK
  0.71 proxy>alice 183 tag=b answer rseq=1
  1.71 proxy>alice 183 tag=b answer rseq=1
  3.71 proxy>alice 183 tag=b answer rseq=1
)",
                       "em-prack-lost"));
}

TEST(CallQuiet, aCancelThatCrossedAnEndNobodySaw)
{
    // The 486 before it is not in the capture.
    EXPECT_EQ(alarms(R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
  3.01 bob>alice 481 tag=b for=CANCEL
  9.00 tick
)"),
              "");
}

TEST(CallQuiet, aCancelWhoseProvisionalOfThisHopTheCaptureMissed)
{
    EXPECT_EQ(alarms(R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer
  0.10 bob>proxy 180 tag=b
  3.00 alice>proxy CANCEL
  3.01 proxy>alice 200 tag=b for=CANCEL
  3.02 proxy>bob CANCEL
  3.03 bob>proxy 200 tag=b for=CANCEL
  3.04 bob>proxy 487 tag=b for=INVITE
  3.05 proxy>alice 487 tag=b for=INVITE
  3.06 alice>proxy ACK tag=b
)"),
              "");
}

TEST(CallQuiet, theAnswerThatIsGivenUpAfter32Seconds)
{
    const auto finding = support::Folded(R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.50 bob>alice again
  2.50 bob>alice again
  4.50 bob>alice again
 33.00 bob>alice BYE tag=b reverse
 33.05 alice>bob 200 for=BYE
)")
                             .find("tx-200-no-ack");
    ASSERT_NE(finding, nullptr);
    EXPECT_NE(finding->text.find("32.0 s after the answer [3]"), std::string::npos)
        << finding->text;
    EXPECT_EQ(finding->evidence.size(), 3U);
}

TEST(CallQuiet, aSecondAnswerWhoseAckIsNotHere)
{
    EXPECT_FALSE(tells(R"(
  0.00 alice>proxy INVITE offer
  2.00 proxy>alice 200 tag=b answer
  2.01 alice>proxy ACK tag=b
  2.02 proxy>alice 200 tag=c answer
 40.00 tick
)",
                       "dlg-multi-2xx"));
}

TEST(CallQuiet, bothAnswersOfACallThatWasShort)
{
    EXPECT_FALSE(tells(R"(
  0.00 alice>proxy INVITE offer
  2.00 proxy>alice 200 tag=b answer
  2.01 alice>proxy ACK tag=b
  2.02 proxy>alice 200 tag=c answer
  2.03 alice>proxy ACK tag=c branch=second
  5.00 alice>proxy BYE tag=b
  5.01 proxy>alice 200 for=BYE
 40.00 tick
)",
                       "dlg-multi-2xx"));
}

TEST(CallQuiet, hangingUpWhenTheTimerWouldEndWithoutBeingTheOneWhoWaits)
{
    const std::string begin = R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 180"
  1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 180;refresher=uac"
  1.05 alice>bob ACK tag=b
)";
    EXPECT_EQ(alarms(begin + "149.10 alice>bob BYE tag=b\n149.15 bob>alice 200 for=BYE\n"), "");
    // By the callee at any other time.
    EXPECT_EQ(alarms(begin + "120.00 bob>alice BYE tag=b reverse\n120.05 alice>bob 200 for=BYE\n"),
              "");
    // Refreshed by a re-INVITE.
    EXPECT_EQ(alarms(begin + R"(
 90.00 alice>bob INVITE cseq=8 tag=b offer "Session-Expires: 180;refresher=uac"
 90.10 bob>alice 200 answer "Session-Expires: 180;refresher=uac"
 90.11 alice>bob ACK tag=b cseq=8
149.10 bob>alice BYE tag=b reverse
149.15 alice>bob 200 for=BYE
)"),
              "");
}

TEST(CallQuiet, aTimerThatNamesNobody)
{
    EXPECT_EQ(alarms(R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 180"
  1.00 bob>alice 200 tag=b answer "Session-Expires: 180"
  1.05 alice>bob ACK tag=b
149.10 bob>alice BYE tag=b reverse
149.15 alice>bob 200 for=BYE
)"),
              "");
}

TEST(CallQuiet, numbersOfTwoSendersAndTwoHops)
{
    EXPECT_EQ(alarms(R"(
  0.00 alice>proxy INVITE offer cseq=100
  0.01 proxy>bob INVITE offer cseq=100
  1.00 bob>proxy 200 tag=b answer
  1.01 proxy>alice 200 tag=b answer
  1.05 alice>proxy ACK tag=b cseq=100
  1.06 proxy>bob ACK tag=b cseq=100
  5.00 alice>proxy INFO tag=b cseq=102
  5.40 alice>proxy INFO tag=b cseq=101
  5.41 proxy>alice 200 for=INFO
  5.42 proxy>alice 200 for=INFO
 20.00 bob>proxy BYE tag=b cseq=1 reverse
 20.01 proxy>alice BYE tag=b cseq=1 reverse
 20.02 alice>proxy 200 for=BYE
 20.03 proxy>bob 200 for=BYE
)"),
              "");
}

TEST(CallQuiet, aBodyThatOnlyBeginsLikeADescription)
{
    EXPECT_FALSE(tells(R"(
  0.00 alice>bob MESSAGE offer type=text/plain
  0.05 bob>alice 200 tag=b
)",
                       "neg-sdp-type"));
}

TEST(CallQuiet, aCaptureThatBeganWithinTheCall)
{
    EXPECT_EQ(alarms(R"(
  0.10 bob>alice rtp 200 pt=97
  0.10 alice>bob rtp 200 pt=98
  9.00 alice>bob INFO tag=b cseq=55
  9.05 bob>alice 200 for=INFO
 30.00 bob>alice BYE tag=b cseq=3 reverse
 30.05 alice>bob 200 for=BYE
)"),
              "");
}

TEST(CallQuiet, aRefresherThatTheRequestDidNotName)
{
    // The request leaves the choice open, or names nobody: both are good answers.
    for (const auto answer : {"uac", "uas"})
        EXPECT_FALSE(tells(fmt::format(R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 1800"
  1.00 bob>alice 200 tag=b answer "Session-Expires: 1800;refresher={}"
  1.05 alice>bob ACK tag=b
)",
                                       answer),
                           "dlg-refresher-conflict"));
}

TEST(CallQuiet, credentialsOfWhichTheCaptureMissedTheAnswer)
{
    EXPECT_EQ(alarms(R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=60"
   0.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\""
   0.10 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>;expires=60" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\""
  50.00 bob>edge REGISTER cseq=3 "Contact: <sip:bob@192.0.2.20>;expires=60" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\""
  50.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\""
)"),
              "");
}

TEST(CallQuiet, aNonceThatWasTakenOnceAndIsOldNow)
{
    EXPECT_EQ(alarms(R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=60"
   0.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\""
   0.10 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>;expires=60" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\""
   0.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
  50.00 bob>edge REGISTER cseq=3 "Contact: <sip:bob@192.0.2.20>;expires=60" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\""
  50.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\""
)"),
              "");
}

TEST(CallQuiet, aRefreshThatTheCaptureMissed)
{
    EXPECT_EQ(alarms(R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=60"
   0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
 100.00 bob>edge REGISTER cseq=3 "Contact: <sip:bob@192.0.2.20>;expires=60"
 100.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
)"),
              "");
}

} // namespace
