// SPDX-License-Identifier: Apache-2.0
// Offers that nobody answers.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using support::Folded;
using testing::HasSubstr;

/// Two forks: what came before the answer of the second, and after it.
std::shared_ptr<const diagnosis::Finding> bare(std::string_view before, std::string_view after)
{
    return Folded("0.00 alice>proxy INVITE offer \"Supported: 100rel\"\n"
                  "0.20 proxy>alice 183 tag=b answer\n" +
                  std::string(before) +
                  "4.00 proxy>alice 200 tag=c for=INVITE\n"
                  "4.05 alice>proxy ACK tag=c\n" +
                  std::string(after))
        .find("em-200-no-answer");
}

TEST(Unanswered, AForkThatNeverDescribedItsMedia)
{
    const auto counted = bare("0.80 proxy>alice 180 tag=c\n", "9.00 alice>proxy BYE tag=c cseq=2\n"
                                                              "9.01 proxy>alice 200 for=BYE\n");
    ASSERT_NE(counted, nullptr);
    EXPECT_EQ(counted->grade, diagnosis::Grade::Seen) << "the BYE has the number of the PRACK";
    const auto guessed = bare("0.80 proxy>alice 180 tag=c\n", "9.00 proxy>alice BYE tag=c reverse\n"
                                                              "9.01 alice>proxy 200 for=BYE\n");
    ASSERT_NE(guessed, nullptr);
    EXPECT_EQ(guessed->grade, diagnosis::Grade::Likely);
    const auto other = bare("0.30 proxy>alice 183 tag=d answer rseq=1\n"
                            "0.31 alice>proxy PRACK tag=d rack=1/1\n"
                            "0.32 proxy>alice 200 for=PRACK\n"
                            "0.80 proxy>alice 180 tag=c\n",
                            "");
    EXPECT_NE(other, nullptr) << "what another fork sent reliably is not its answer";
}

TEST(Unanswered, AReliableOneThatTheCaptureMayHaveMissed)
{
    EXPECT_EQ(bare("", ""), nullptr) << "nothing else of that fork is here";
    EXPECT_EQ(bare("0.80 proxy>alice 180 tag=c\n", "9.00 alice>proxy BYE tag=c cseq=3\n"), nullptr)
        << "one number is missing";
    EXPECT_EQ(bare("0.80 proxy>alice 180 tag=c\n0.85 alice>proxy PRACK tag=c rack=1/1\n", ""),
              nullptr)
        << "a PRACK was sent";
    EXPECT_EQ(bare("0.80 proxy>alice 180 tag=c rseq=7\n", ""), nullptr)
        << "this fork sends reliably";
}

std::shared_ptr<const diagnosis::Finding> later(std::string_view text)
{
    return Folded("0.00 alice>bob INVITE offer \"Supported: 100rel\"\n"
                  "0.20 bob>alice 183 tag=b answer rseq=1\n" +
                  std::string(text))
        .find("neg-offer-unanswered");
}

TEST(Unanswered, AnOfferWithinTheCall)
{
    const auto found = later("0.25 alice>bob PRACK tag=b rack=1/1\n"
                             "0.30 bob>alice 200 for=PRACK\n"
                             "1.00 bob>alice 200 tag=b for=INVITE\n"
                             "1.05 alice>bob ACK tag=b\n"
                             "5.00 alice>bob UPDATE tag=b sdp=0/sendonly\n"
                             "5.05 bob>alice 200 for=UPDATE\n");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("offered in its UPDATE [1], and the 200 OK of"));
    EXPECT_NE(later("0.25 alice>bob PRACK tag=b rack=1/1 offer\n0.30 bob>alice 200 for=PRACK\n"),
              nullptr);
    EXPECT_NE(later("1.00 bob>alice 200 tag=b answer for=INVITE\n1.05 alice>bob ACK tag=b\n"
                    "5.00 bob>alice INVITE tag=b reverse cseq=9 offer\n5.05 alice>bob 200\n"),
              nullptr);
    EXPECT_EQ(later("5.00 alice>bob UPDATE tag=b\n5.05 bob>alice 200 for=UPDATE\n"), nullptr)
        << "refreshes the session and offers nothing";
    EXPECT_EQ(later("5.00 alice>bob UPDATE tag=b offer\n5.05 bob>alice 491 for=UPDATE\n"), nullptr);
}

TEST(Unanswered, AnOfferInTheTwoHundred)
{
    const auto late = [](std::string_view text) {
        return Folded("0.00 alice>bob INVITE \"Supported: 100rel\"\n" + std::string(text))
            .has("neg-offer-unanswered");
    };
    EXPECT_TRUE(late("1.00 bob>alice 200 tag=b offer\n1.05 alice>bob ACK tag=b\n"));
    EXPECT_TRUE(late("0.50 bob>alice 183 tag=b offer\n1.00 bob>alice 200 tag=b offer\n"
                     "1.05 alice>bob ACK tag=b\n"))
        << "the unreliable one before it was no offer";
    EXPECT_FALSE(late("1.00 bob>alice 200 tag=b offer\n")) << "the ACK is not here";
    EXPECT_FALSE(late("1.00 bob>alice 200 tag=b\n1.05 alice>bob ACK tag=b\n"));
    EXPECT_FALSE(late("0.50 bob>alice 183 tag=b offer rseq=1\n"
                      "0.60 alice>bob PRACK tag=b rack=1/1 answer\n"
                      "0.65 bob>alice 200 for=PRACK\n"
                      "1.00 bob>alice 200 tag=b offer for=INVITE\n1.05 alice>bob ACK tag=b\n"))
        << "offer and answer were over; the 200 tells them again";
}

} // namespace
