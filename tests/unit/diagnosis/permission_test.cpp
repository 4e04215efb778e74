// SPDX-License-Identifier: Apache-2.0
// P-Early-Media against the packets that came all the same.
#include <diagnosis/explain.h>

#include "folded.h"

#include <fmt/format.h>

namespace {

TEST(Permission, MediaThatIsForbiddenIsCountedFromThenOnToTheAnswer)
{
    const auto forbidden = [](int answeredMs) {
        return support::Folded(fmt::format(R"(
          0.00 alice>bob INVITE offer "P-Early-Media: supported"
          0.10 bob>alice rtp 300
          1.10 bob>alice 183 tag=b answer "P-Early-Media: inactive"
          {:.3f} bob>alice 200 tag=b answer
        )",
                                           answeredMs / 1000.0))
            .find("em-pem-blocked");
    };
    EXPECT_EQ(forbidden(1400), nullptr) << "15 packets may have been on their way";
    const auto found = forbidden(2110);
    ASSERT_NE(found, nullptr);
    EXPECT_NE(found->text.find("51 packets came from"), std::string::npos) << found->text;
}

TEST(Permission, NoAddressToSendToSilencesNotWhatArrives)
{
    const std::string begin = "0.00 alice>bob INVITE offer\n"
                              "0.20 bob>alice 183 tag=b sdp=0@0.0.0.0:5000\n";
    const std::string end = "4.00 bob>alice 200 tag=b sdp=0@0.0.0.0:5000\n"
                            "4.05 alice>bob ACK tag=b\n";
    EXPECT_TRUE(support::Folded(begin + end).find("em-answer-blocks-media"));
    EXPECT_FALSE(
        support::Folded(begin + "0.25 bob>alice rtp 150\n" + end).find("em-answer-blocks-media"));
}

TEST(Permission, TakenBackAfterTheMediaForbidsNothingThatCame)
{
    const std::string begin = "0.00 alice>bob INVITE offer\n"
                              "0.30 bob>alice 183 tag=b answer \"P-Early-Media: sendonly\"\n";
    const std::string end = "2.50 bob>alice 180 tag=b \"P-Early-Media: inactive\"\n"
                            "5.00 bob>alice 200 tag=b answer\n"
                            "5.05 alice>bob ACK tag=b\n";
    const support::Folded before(begin + "0.35 bob>alice rtp 100\n" + end);
    const auto played = diagnosis::earlyMediaVerdict(before.evidence(), 0);
    EXPECT_EQ(played.light, diagnosis::Light::Green) << played.sentence;
    EXPECT_EQ(played.facts[4].value,
              "yes while it came; P-Early-Media: inactive only since the 180");
    // What goes on behind it does so against the word of the network.
    const support::Folded behind(begin + "0.35 bob>alice rtp 200\n" + end);
    EXPECT_EQ(diagnosis::earlyMediaVerdict(behind.evidence(), 0).light, diagnosis::Light::Red);
}

} // namespace
