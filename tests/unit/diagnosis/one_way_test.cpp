// SPDX-License-Identifier: Apache-2.0
// Audio in one direction only, after the session was changed.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;

std::shared_ptr<const diagnosis::Finding> after(std::string_view change)
{
    return support::Folded("0.00 alice>bob INVITE offer\n"
                           "1.00 bob>alice 200 tag=b answer\n"
                           "1.01 alice>bob ACK tag=b\n"
                           "1.05 alice>bob rtp 600\n"
                           "1.06 bob>alice rtp 180\n" +
                           std::string(change) +
                           "14.0 alice>bob BYE tag=b cseq=9\n"
                           "14.1 bob>alice 200 for=BYE\n")
        .find("rtp-one-way");
}

TEST(OneWay, SinceTheSessionWasChanged)
{
    for (const auto &[change, named] :
         {std::pair("5.00 alice>bob INVITE tag=b cseq=2 offer\n5.05 bob>alice 200 answer\n"
                    "5.10 alice>bob ACK tag=b cseq=2\n",
                    "After the 200 to the re-INVITE [1]"),
          std::pair("5.00 bob>alice UPDATE tag=b reverse cseq=7 offer\n5.05 alice>bob 200 answer\n",
                    "After the 200 to the UPDATE [1]")}) {
        const auto found = after(change);
        ASSERT_NE(found, nullptr) << named;
        EXPECT_THAT(found->text, HasSubstr(named));
        EXPECT_THAT(found->text, HasSubstr("towards the callee"));
    }
}

TEST(OneWay, AnOfferThatWasRefusedChangesNothing)
{
    EXPECT_EQ(after("5.00 alice>bob INVITE tag=b cseq=2 offer\n5.05 bob>alice 488 tag=b\n"
                    "5.10 alice>bob ACK tag=b cseq=2\n"),
              nullptr)
        << "both were heard since the answer";
}

TEST(OneWay, WhereItWasAgreedOn)
{
    for (const auto direction : {"sendonly", "recvonly", "inactive"})
        EXPECT_EQ(after("5.00 alice>bob INVITE tag=b cseq=2 sdp=0/" + std::string(direction) +
                        "\n5.05 bob>alice 200 sdp=0/" +
                        (std::string(direction) == "sendonly"   ? "recvonly"
                         : std::string(direction) == "recvonly" ? "sendonly"
                                                                : "inactive") +
                        "\n5.10 alice>bob ACK tag=b cseq=2\n"),
                  nullptr)
            << direction;
    EXPECT_EQ(after("5.00 alice>bob INVITE tag=b cseq=2 sdp=0/sendonly\n"
                    "5.05 bob>alice 200 sdp=0/recvonly\n5.10 alice>bob ACK tag=b cseq=2\n"
                    "7.00 alice>bob INVITE tag=b cseq=3 offer\n7.05 bob>alice 200 answer\n"
                    "7.10 alice>bob ACK tag=b cseq=3\n7.15 bob>alice rtp 300 ssrc=9\n"),
              nullptr)
        << "held and taken up again";
}

TEST(Reports, ReportsAreNotMissedWhereTheyWereSwitchedOff)
{
    const auto heard = [](std::string_view word) {
        return support::Folded(fmt::format("0.00 alice>bob INVITE offer {0}\n"
                                           "1.00 bob>alice 200 tag=b answer {0}\n"
                                           "1.05 alice>bob ACK tag=b\n"
                                           "1.10 alice>bob rtp 900\n35.00 tick\n",
                                           word))
            .find("rtp-rtcp-missing");
    };
    EXPECT_EQ(heard("\"b=RS:0\" \"b=RR:0\""), nullptr);
    EXPECT_NE(heard(""), nullptr);
}

TEST(OneWay, OneSideThatStopsWhileTheOtherGoesOn)
{
    const auto found = [](const std::string &sdp, const std::string &media) {
        return support::Folded("0.00 alice>bob INVITE " + sdp + "\n1.00 bob>alice 200 tag=b " +
                               sdp + "\n1.01 alice>bob ACK tag=b\n" + media +
                               "30.0 alice>bob BYE tag=b cseq=9\n30.1 bob>alice 200 for=BYE\n")
            .find("rtp-one-way");
    };
    const std::string on = "1.05 alice>bob rtp 1400\n";
    const auto hardly = found("sdp=0", on + "1.06 bob>alice rtp 20\n");
    ASSERT_NE(hardly, nullptr);
    EXPECT_EQ(hardly->severity, diagnosis::Severity::Error);
    EXPECT_THAT(hardly->text, HasSubstr("sent 20 packets towards the caller"));
    EXPECT_THAT(hardly->impact, HasSubstr("The caller hears nothing"));
    const auto later = found("sdp=0", on + "1.06 bob>alice rtp 250\n");
    ASSERT_NE(later, nullptr);
    EXPECT_EQ(later->severity, diagnosis::Severity::Warning);
    EXPECT_EQ(found("sdp=0", on + "1.06 bob>alice rtp 1300\n"), nullptr);
    EXPECT_EQ(found("sdp=0,13", on + "1.06 bob>alice rtp 250\n"), nullptr)
        << "comfort noise was agreed on: silence may be suppressed";
}

} // namespace
