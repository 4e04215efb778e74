// SPDX-License-Identifier: Apache-2.0
// Refusals that are read by what they refuse: a BYE, a first INVITE, a body's type; and advice that
// the evidence leaves possible.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

const std::string kTalk = "0.00 alice>bob INVITE offer\n1.00 bob>alice 200 tag=b answer\n"
                          "1.01 alice>bob ACK tag=b\n";

TEST(RefusedWithin, AByeThatNobodySendsAgain)
{
    const std::string refused = kTalk + "9.00 alice>bob BYE tag=b cseq=2\n9.05 bob>alice 407\n";
    const auto found = support::Folded(refused + "20.0 tick\n").find("dlg-bye-lost");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("refused the BYE [1] with 407"));
    EXPECT_FALSE(support::Folded(refused + "9.10 alice>bob BYE tag=b cseq=3\n9.15 bob>alice 200 "
                                           "for=BYE\n20.0 tick\n")
                     .has("dlg-bye-lost"));
    EXPECT_FALSE(support::Folded(kTalk + "9.00 alice>bob BYE tag=b cseq=2\n9.05 bob>alice "
                                         "481\n20.0 tick\n")
                     .has("dlg-bye-lost"))
        << "the dialog is gone there";
}

TEST(RefusedWithin, ARefusedByeIsNoShortCall)
{
    const std::string bye = kTalk + "1.30 bob>alice BYE tag=b reverse\n";
    EXPECT_TRUE(support::Folded(bye + "1.35 alice>bob 200 for=BYE\n").has("dlg-short-call"));
    EXPECT_FALSE(support::Folded(bye + "1.35 alice>bob 500 for=BYE\n").has("dlg-short-call"));
}

TEST(RefusedWithin, AFirstInviteCrossesNoChange)
{
    const auto first =
        support::Folded("0.00 alice>bob INVITE offer\n0.10 bob>alice 491 tag=b\n0.11 alice>bob ACK "
                        "tag=b\n")
            .find("neg-glare");
    ASSERT_NE(first, nullptr);
    EXPECT_THAT(first->text, HasSubstr("refused the first INVITE"));
    EXPECT_THAT(first->impact, Not(HasSubstr("tries again")));
}

TEST(RefusedWithin, A415SpeaksOfTheBodysType)
{
    const auto found = support::Folded("0.00 alice>bob INVITE offer\n"
                                       "0.10 bob>alice 415 tag=b \"Accept: application/isup\"\n"
                                       "0.11 alice>bob ACK tag=b\n")
                           .find("neg-488");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("it takes bodies of application/isup only"));
    EXPECT_THAT(found->fixes, Not(Contains(Field(&diagnosis::Fix::text, HasSubstr("codecs")))));
}

TEST(RefusedWithin, WhoNamedAReasonIsNotAskedForOne)
{
    const auto found =
        support::Folded("0.00 alice>bob INVITE offer\n"
                        "0.10 bob>alice 488 tag=b \"Warning: 304 bob \\\"no audio\\\"\"\n"
                        "0.11 alice>bob ACK tag=b\n")
            .find("neg-488");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("media type not available"));
    EXPECT_THAT(found->fixes, Not(Contains(Field(&diagnosis::Fix::text, HasSubstr("Warning")))));
}

TEST(RefusedWithin, AdviceThatTheEvidenceLeavesPossible)
{
    const auto says = [](const std::string &words) {
        return Contains(Field(&diagnosis::Fix::text, HasSubstr(words)));
    };
    const std::string again = "9.50 alice>bob again\n10.5 alice>bob again\n12.5 alice>bob again\n"
                              "16.5 alice>bob again\n20.5 alice>bob again\n45.0 tick\n";
    const auto within =
        support::Folded(kTalk + "9.00 alice>bob INFO tag=b cseq=2\n" + again).find("tx-timeout");
    ASSERT_NE(within, nullptr);
    EXPECT_THAT(within->fixes, says("answered before"));
    EXPECT_THAT(within->fixes, Not(says("Try TCP")));
    const auto first = support::Folded("9.00 alice>bob INVITE offer\n" + again).find("tx-timeout");
    ASSERT_NE(first, nullptr);
    EXPECT_THAT(first->fixes, says("that a SIP server listens"));
    EXPECT_THAT(first->fixes, says("rport"));
    const auto stream =
        support::Folded("0.00 alice>bob INVITE offer tcp\n45.0 tick\n").find("tx-timeout");
    ASSERT_NE(stream, nullptr);
    EXPECT_THAT(stream->fixes, says("TCP acknowledged these bytes"));
    EXPECT_THAT(stream->fixes, Not(says("rport")));
}

TEST(RefusedWithin, AnAckWithAnotherBranchIsInTheTrace)
{
    const auto found = support::Folded("0.00 alice>bob INVITE offer\n"
                                       "1.00 bob>alice 486 tag=b\n"
                                       "1.05 alice>bob ACK tag=b branch=other\n"
                                       "1.50 bob>alice again\n"
                                       "2.50 bob>alice again\n"
                                       "9.00 tick\n")
                           .find("tx-resp-retrans");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("another Via branch"));
}

} // namespace
