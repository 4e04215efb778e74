// SPDX-License-Identifier: Apache-2.0
// Reliable responses that nobody asked for, or that overtake the PRACK of the one before.
#include <gmock/gmock.h>
#include <utility>

#include "folded.h"

namespace {

using diagnosis::Severity;
using support::Folded;

Folded unasked(std::string_view headers, std::string_view rest)
{
    return Folded("0.00 alice>bob INVITE offer " + std::string(headers) +
                  "\n0.20 bob>alice 183 tag=b answer rseq=1\n" + std::string(rest));
}

constexpr std::string_view kAnswered = "3.20 bob>alice 200 tag=b answer for=INVITE\n"
                                       "3.25 alice>bob ACK tag=b\n"
                                       "9.00 alice>bob BYE tag=b cseq=2\n"
                                       "9.05 bob>alice 200 for=BYE\n";

TEST(Reliability, AResponseThatTheInviteDidNotAllowIsTheCalleesFault)
{
    const auto folded = unasked("\"Supported: timer\"", kAnswered);
    const auto found = folded.find("em-reliable-unasked");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Error);
    EXPECT_EQ(found->fixes.front().party, "callee's user agent");
    for (const auto &fix : found->fixes)
        EXPECT_EQ(fix.action, diagnosis::Action::None) << fix.text;
    EXPECT_FALSE(folded.has("em-prack-missing"));
    EXPECT_TRUE(unasked("", kAnswered).has("em-reliable-unasked")) << "no Supported at all";
}

TEST(Reliability, ACallerThatAcknowledgesAllTheSame)
{
    const auto found = unasked("\"Supported: timer\"", "0.25 alice>bob PRACK tag=b rack=1/1\n"
                                                       "0.30 bob>alice 200 for=PRACK\n")
                           .find("em-reliable-unasked");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Warning);
    EXPECT_EQ(found->evidence.size(), 3U);
}

TEST(Reliability, ACallerThatOffersItAndSendsNoPrackIsStillMissedOne)
{
    for (const auto headers :
         {"\"Supported: timer\" \"Supported: 100rel\"", "\"k: 100rel\"", "\"Require: 100rel\""}) {
        const auto folded = unasked(headers, kAnswered);
        EXPECT_TRUE(folded.has("em-prack-missing")) << headers;
        EXPECT_FALSE(folded.has("em-reliable-unasked")) << headers;
    }
}

TEST(Reliability, WithoutTheInviteNothingIsKnownOfWhatItAllows)
{
    bool first = true;
    const Folded folded(support::Conversation("0.00 alice>bob INVITE offer\n"
                                              "0.20 bob>alice 183 tag=b answer rseq=1\n"
                                              "0.25 alice>bob PRACK tag=b rack=1/1\n"
                                              "0.30 bob>alice 200 for=PRACK\n"),
                        [&](const base::Packet &) { return !std::exchange(first, false); });
    EXPECT_FALSE(folded.has("em-reliable-unasked"));
}

TEST(Reliability, TheSecondOneIsEarlyByTheOrderOfOneCapture)
{
    const auto early = [](std::string_view prack) {
        return Folded("0.000 alice>bob INVITE offer \"Supported: 100rel\"\n"
                      "0.300 bob>alice 183 tag=b answer rseq=1\n"
                      "0.310 bob>alice 180 tag=b rseq=2\n" +
                      std::string(prack) +
                      " alice>bob PRACK tag=b rack=1/1\n"
                      "0.350 bob>alice 200 for=PRACK\n"
                      "0.360 alice>bob PRACK tag=b rack=2/1 cseq=3\n"
                      "0.370 bob>alice 200 for=PRACK\n")
            .has("em-second-reliable-early");
    };
    EXPECT_TRUE(early("0.320"));
    EXPECT_FALSE(early("0.3105")) << "the capture may have turned them round";
    EXPECT_FALSE(early("0.305"));
}

TEST(Reliability, TheAnswerIsEarlyByTheOrderOfOneCapture)
{
    const auto early = [](std::string_view prack) {
        return Folded("0.000 alice>bob INVITE offer \"Supported: 100rel\"\n"
                      "0.300 bob>alice 183 tag=b answer rseq=1\n"
                      "0.310 bob>alice 200 tag=b\n" +
                      std::string(prack) +
                      " alice>bob PRACK tag=b rack=1/1\n"
                      "0.350 bob>alice 200 for=PRACK\n"
                      "0.360 alice>bob ACK tag=b\n")
            .has("em-2xx-before-prack");
    };
    EXPECT_TRUE(early("0.318"));
    EXPECT_FALSE(early("0.308"));
}

} // namespace
