// SPDX-License-Identifier: Apache-2.0
// Media that is wanted at a private address, and what shows that it is reached all the same.
#include <diagnosis/explain.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using support::Folded;
using testing::HasSubstr;

Folded call(std::string_view offered, std::string_view answered, std::string_view media)
{
    return Folded("0.00 198.18.0.1>198.18.0.2 INVITE sdp=0@" + std::string(offered) +
                  ":4000\n"
                  "0.30 198.18.0.2>198.18.0.1 183 tag=b sdp=0@" +
                  std::string(answered) +
                  ":5000\n"
                  "6.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0@" +
                  std::string(answered) +
                  ":5000\n"
                  "6.01 198.18.0.1>198.18.0.2 ACK tag=b\n" +
                  std::string(media) +
                  "12.0 198.18.0.1>198.18.0.2 BYE tag=b\n"
                  "12.1 198.18.0.2>198.18.0.1 200 for=BYE\n");
}

std::shared_ptr<const diagnosis::Finding> found(std::string_view offered, std::string_view answered,
                                                std::string_view media)
{
    return call(offered, answered, media).find("neg-private-ip");
}

TEST(PrivatePlace, MediaThatIsSentThereProvesNothing)
{
    const auto callees = found("198.18.0.1", "192.168.1.5",
                               "0.40 198.18.0.1>192.168.1.5 rtp 400 port=4000 toport=5000\n");
    ASSERT_NE(callees, nullptr);
    EXPECT_THAT(callees->text, HasSubstr("192.168.1.5"));
    EXPECT_EQ(callees->fixes.front().party, "callee's user agent");
    const auto callers =
        found("10.1.2.3", "198.18.0.2", "0.40 198.18.0.2>10.1.2.3 rtp 400 port=5000 toport=4000\n");
    ASSERT_NE(callers, nullptr);
    EXPECT_EQ(callers->fixes.front().party, "caller's user agent");
    EXPECT_NE(found("10.1.2.3", "198.18.0.2",
                    "0.40 198.18.0.2>10.1.2.3 rtp 400 port=5000 toport=4000\n"
                    "0.40 198.18.0.1>198.18.0.2 rtp 400 port=61000 toport=5000\n"),
              nullptr)
        << "the far end does not answer to where it comes from";
}

TEST(PrivatePlace, ARelayThatLatches)
{
    EXPECT_EQ(found("10.1.2.3", "198.18.0.2",
                    "0.40 198.18.0.2>10.1.2.3 rtp 5 port=5000 toport=4000\n"
                    "0.50 198.18.0.1>198.18.0.2 rtp 400 port=61000 toport=5000\n"
                    "0.52 198.18.0.2>198.18.0.1 rtp 400 port=5000 toport=61000\n"),
              nullptr);
    EXPECT_EQ(found("10.1.2.3", "198.18.0.2",
                    "0.50 198.18.0.1>198.18.0.2 rtp 400 port=61000 toport=5000\n"),
              nullptr)
        << "what comes back may not have been captured";
}

TEST(PrivatePlace, SeenFromWithinItsNetwork)
{
    EXPECT_EQ(found("10.1.2.3", "198.18.0.2",
                    "0.40 198.18.0.2>10.1.2.3 rtp 400 port=5000 toport=4000\n"
                    "0.40 10.1.2.3>198.18.0.2 rtp 400 port=4000 toport=5000\n"),
              nullptr);
}

TEST(PrivatePlace, HandedOnByAProxyOfTheSameNetwork)
{
    const std::string handedOn = "0.01 198.18.0.1>198.18.0.2 INVITE sdp=0@10.1.2.3:4000\n"
                                 "0.30 198.18.0.2>198.18.0.1 183 tag=b sdp=0\n"
                                 "6.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0\n";
    EXPECT_EQ(Folded("0.00 10.1.2.3>198.18.0.1 INVITE sdp=0@10.1.2.3:4000\n" + handedOn)
                  .find("neg-private-ip"),
              nullptr);
    EXPECT_NE(Folded(handedOn).find("neg-private-ip"), nullptr);
}

TEST(PrivatePlace, EarlyMediaSentThereIsNotGreen)
{
    const auto verdict = [](std::string_view offered, std::string_view media) {
        const auto folded = call(offered, "198.18.0.2", media);
        return diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    };
    const auto lost =
        verdict("10.1.2.3", "0.40 198.18.0.2>10.1.2.3 rtp 250 port=5000 toport=4000\n");
    EXPECT_EQ(lost.light, diagnosis::Light::Amber) << lost.sentence;
    EXPECT_THAT(lost.sentence, HasSubstr("10.1.2.3, a private address"));
    EXPECT_EQ(
        verdict("198.18.0.1", "0.40 198.18.0.2>198.18.0.1 rtp 250 port=5000 toport=4000\n").light,
        diagnosis::Light::Green);
}

} // namespace
