// SPDX-License-Identifier: Apache-2.0
// Final answers that are repeated, or doubled by a fork.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using diagnosis::Severity;
using support::Folded;
using testing::HasSubstr;

std::string forked(std::string_view rest)
{
    return "0.00 alice>proxy INVITE offer\n"
           "0.10 proxy>alice 180 tag=b\n"
           "0.11 proxy>alice 180 tag=c\n"
           "2.00 proxy>alice 200 tag=b answer\n"
           "2.01 alice>proxy ACK tag=b\n" +
           std::string(rest);
}

constexpr std::string_view kRepeated = "2.05 proxy>alice 200 tag=c answer\n"
                                       "2.55 proxy>alice again\n"
                                       "3.55 proxy>alice again\n"
                                       "5.55 proxy>alice again\n";

TEST(Answers, TheAckOfOneForkIsNotTheAckOfTheOther)
{
    const auto found = Folded(forked(kRepeated)).find("tx-200-no-ack");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("no ACK for it (To-tag c) is in this trace, only the one "
                                       "for To-tag b"));
    ASSERT_EQ(found->evidence.size(), 2U);
    EXPECT_EQ(found->evidence[0].row.value, 5U) << "the answer of the second branch";
    ASSERT_EQ(found->fixes.size(), 1U);
    EXPECT_EQ(found->fixes[0].party, "caller's user agent");
}

TEST(Answers, EachForkIsCountedByItself)
{
    // Two repetitions of each make no three of one.
    EXPECT_FALSE(Folded("0.00 alice>proxy INVITE offer\n"
                        "2.00 proxy>alice 200 tag=b answer\n"
                        "2.50 proxy>alice again\n"
                        "3.50 proxy>alice again\n"
                        "3.60 alice>proxy ACK tag=b\n"
                        "3.70 proxy>alice 200 tag=c answer\n"
                        "4.20 proxy>alice again\n"
                        "5.20 proxy>alice again\n"
                        "5.30 alice>proxy ACK tag=c branch=second\n"
                        "5.40 alice>proxy BYE tag=c\n"
                        "5.41 proxy>alice 200 for=BYE\n")
                     .has("tx-200-no-ack"));
}

TEST(Answers, TheFirstForkIsRepeatedAndTheSecondAcknowledged)
{
    const auto found = Folded("0.00 alice>proxy INVITE offer\n"
                              "2.00 proxy>alice 200 tag=b answer\n"
                              "2.50 proxy>alice again\n"
                              "3.50 proxy>alice again\n"
                              "5.50 proxy>alice again\n"
                              "5.60 proxy>alice 200 tag=c answer\n"
                              "5.70 alice>proxy ACK tag=c branch=second\n")
                           .find("tx-200-no-ack");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("(To-tag b) is in this trace, only the one for To-tag c"));
}

TEST(Answers, AnAckThatDoesNotArriveIsAMatterOfItsPath)
{
    const auto found =
        Folded(forked(std::string(kRepeated) + "2.06 alice>proxy ACK tag=c branch=second\n"))
            .find("tx-200-no-ack");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("the ACK to 192.0.2.4:5060 [3] did not stop it"));
    EXPECT_EQ(found->fixes.size(), 3U);
    EXPECT_EQ(found->severity, Severity::Error);
}

TEST(Answers, AnAckThatStopsTheAnswerIsOnlyLate)
{
    const auto found = Folded("0.00 alice>bob INVITE offer\n"
                              "1.00 bob>alice 200 tag=b answer\n"
                              "1.50 bob>alice again\n"
                              "2.50 bob>alice again\n"
                              "4.50 bob>alice again\n"
                              "5.00 alice>bob ACK tag=b\n")
                           .find("tx-200-no-ack");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Warning);
    EXPECT_THAT(found->text, HasSubstr("the ACK [3] came 4.0 s after the first"));
}

TEST(Answers, TheLeftOverOneShowsWhenTheCallIsHungUp)
{
    const auto both = [](std::string_view end) {
        return Folded(forked("2.02 proxy>alice 200 tag=c answer\n"
                             "2.03 alice>proxy ACK tag=c branch=second\n" +
                             std::string(end)))
            .has("dlg-multi-2xx");
    };
    EXPECT_TRUE(both("9.00 alice>proxy BYE tag=b\n9.01 proxy>alice 200 for=BYE\n"));
    EXPECT_FALSE(both("9.00 alice>proxy BYE tag=b\n9.01 alice>proxy BYE tag=c branch=other\n"
                      "9.02 proxy>alice 200 for=BYE\n"))
        << "a conference of three, hung up";
    EXPECT_FALSE(both("2.50 alice>proxy BYE tag=b\n2.51 proxy>alice 200 for=BYE\n9.00 tick\n"))
        << "the other one is kept";
    EXPECT_FALSE(both("9.00 proxy>alice BYE tag=b reverse\n9.01 alice>proxy 200 for=BYE\n"))
        << "one of a conference of three leaves";
}

} // namespace
