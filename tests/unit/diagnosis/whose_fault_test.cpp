// SPDX-License-Identifier: Apache-2.0
// Who is named: the maker of a message and not who handed it on, the one who broke the rule and not
// who answered rightly, the call that media belongs to and not the one before on the same ports.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using support::Folded;
using testing::HasSubstr;

std::string textOf(std::string_view conversation, std::string_view rule)
{
    const auto found = Folded(conversation).find(rule);
    return found == nullptr ? std::string() : found->text;
}

TEST(WhoseFault, TheMakerOfAMessageIsNamedAndNotTheProxy)
{
    const auto text = textOf("0.00 alice>proxy INVITE sdp=0\n"
                             "0.01 proxy>bob INVITE sdp=0@alice\n"
                             "1.00 bob>proxy 488 tag=b \"Server: Desk 2\"\n"
                             "1.01 proxy>alice 488 tag=b \"Server: Desk 2\"\n",
                             "neg-488");
    EXPECT_THAT(text, HasSubstr("192.0.2.20:5060 (Desk 2)"));
}

TEST(WhoseFault, AnAckWithAnotherNumberAcknowledgesNothing)
{
    const auto text = textOf("0.00 alice>bob INVITE offer\n1.00 bob>alice 200 tag=b answer\n"
                             "1.05 alice>bob ACK tag=b cseq=2\n1.50 bob>alice again\n"
                             "2.50 bob>alice again\n4.50 bob>alice again\n",
                             "tx-200-no-ack");
    EXPECT_THAT(text, HasSubstr("the ACK [3] has the CSeq number 2 and the INVITE 1"));
}

TEST(WhoseFault, AProxyThatKeepsTheAckIsNamed)
{
    const auto text = textOf("0.00 alice>proxy INVITE offer\n0.01 proxy>bob INVITE offer\n"
                             "1.00 bob>proxy 200 tag=b answer\n1.01 proxy>alice 200 tag=b answer\n"
                             "1.05 alice>proxy ACK tag=b\n1.50 bob>proxy again\n"
                             "2.50 bob>proxy again\n4.50 bob>proxy again\n",
                             "tx-200-no-ack");
    EXPECT_THAT(text, HasSubstr("192.0.2.4:5060 got the ACK [3] and did not hand it on"));
}

TEST(WhoseFault, TagsOfNobodyAreTheSendersFault)
{
    constexpr std::string_view kCall = "answered\n9.00 alice>bob BYE tag=nobody\n"
                                       "9.05 bob>alice 481\n";
    EXPECT_THAT(textOf(kCall, "dlg-481"), HasSubstr("which are of no dialog of this call"));
}

TEST(WhoseFault, ACancelThatWasRefusedCancelledNothing)
{
    const Folded folded("0.00 alice>bob INVITE offer\n0.10 bob>alice 180 tag=b\n"
                        "3.00 alice>bob CANCEL cseq=2 branch=alice-bob-INVITE-1\n3.01 bob>alice "
                        "481 for=CANCEL tag=c\n"
                        "5.00 bob>alice 200 tag=b answer for=INVITE\n5.05 alice>bob ACK tag=b\n"
                        "9.00 alice>bob BYE tag=b cseq=9\n9.05 bob>alice 200 for=BYE\n");
    EXPECT_FALSE(folded.has("em-cancel-crossed-200"));
    const auto found = folded.find("tx-cancel-481");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("the CANCEL has the CSeq number 2 and the INVITE 1"));
}

TEST(WhoseFault, ASecondAnswerThatWasEndedIsANote)
{
    const auto found = Folded("0.00 alice>proxy INVITE offer\n0.10 proxy>alice 180 tag=b\n"
                              "0.11 proxy>alice 180 tag=c\n2.00 proxy>alice 200 tag=b answer\n"
                              "2.01 alice>proxy ACK tag=b\n2.02 proxy>alice 200 tag=c answer\n"
                              "2.03 alice>proxy ACK tag=c branch=second\n"
                              "2.04 alice>proxy BYE tag=c\n2.05 proxy>alice 200 for=BYE\n"
                              "20.00 tick\n")
                           .find("dlg-multi-2xx");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, diagnosis::Severity::Info);
}

TEST(WhoseFault, MediaLongAfterACallWithoutItsEndIsALaterOnes)
{
    constexpr std::string_view kCall = "answered\n1.10 alice>bob rtp 400\n1.10 bob>alice rtp 400\n";
    const Folded later(std::string(kCall) + "400.00 alice>bob rtp 200 ssrc=77\n");
    EXPECT_EQ(later.evidence().streams.size(), 2U);
    const Folded soon(std::string(kCall) + "30.00 alice>bob rtp 200 ssrc=77\n");
    EXPECT_EQ(soon.evidence().streams.size(), 3U);
}

TEST(WhoseFault, VideoIsNotHeldToThePacketTimeOfAudio)
{
    constexpr std::string_view kVideo = "\"a=ptime:20\" \"m=video 9000 RTP/AVP 99\"";
    const Folded folded(fmt::format("0.00 alice>bob INVITE offer {0}\n"
                                    "1.00 bob>alice 200 tag=b answer {0}\n"
                                    "1.05 alice>bob ACK tag=b\n"
                                    "1.10 alice>bob rtp 300 port=9000 toport=9000 pt=99 every=40 "
                                    "step=3200\n20.00 tick\n",
                                    kVideo));
    EXPECT_FALSE(folded.has("neg-ptime"));
}

} // namespace
