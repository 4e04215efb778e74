// SPDX-License-Identifier: Apache-2.0
// What one side sends against the description of the other.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using support::Folded;
using testing::HasSubstr;

TEST(BothEnds, whoSendsByItsOwnDescriptionIsNamed)
{
    const auto found = Folded(R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 300 pt=8
  1.10 bob>alice rtp 300
  9.00 alice>bob BYE tag=b
)")
                           .find("rtp-pt-change");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("payload type 8 [1], which only its own description"));
    EXPECT_FALSE(Folded(R"(
  0.00 alice>bob INVITE sdp=0,111
  1.00 bob>alice 200 tag=b sdp=0,107 opus=107
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 300 pt=107
  1.10 bob>alice rtp 300 pt=111
  9.00 alice>bob BYE tag=b
)")
                     .has("rtp-pt-change"));
}

TEST(BothEnds, whatCameBeforeTheCodecWasChangedIsRight)
{
    EXPECT_FALSE(Folded(R"(
  answered
  1.10 alice>bob rtp 200
  1.10 bob>alice rtp 200
  5.10 alice>bob INVITE tag=b cseq=2 sdp=8
  5.15 bob>alice 200 sdp=8@bob
  5.20 alice>bob ACK tag=b cseq=2
  5.25 alice>bob rtp 200 pt=8 sequence=200 at=200
  5.25 bob>alice rtp 200 pt=8 sequence=200 at=200
 10.00 alice>bob BYE tag=b cseq=3
)")
                     .has("rtp-pt-change"));
}

TEST(BothEnds, mediaForTheAddressOfTheSignalling)
{
    constexpr std::string_view kCall = R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b sdp=0@carol:5000
  1.05 alice>bob ACK tag=b
)";
    const auto found = Folded(std::string(kCall) + R"(
  1.10 alice>bob rtp 300 toport=5000
  1.10 carol>alice rtp 300 port=5000
  9.00 alice>bob BYE tag=b
)")
                           .find("rtp-wrong-port");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("asks for audio at 192.0.2.30:5000"));
    EXPECT_FALSE(Folded(std::string(kCall) + R"(
  1.10 alice>carol rtp 300 toport=5000
  1.10 carol>alice rtp 300 port=5000
  9.00 alice>bob BYE tag=b
)")
                     .has("rtp-wrong-port"));
}

TEST(BothEnds, mediaForTheHostBehindTheProxy)
{
    constexpr std::string_view kCall = R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer
  1.00 bob>proxy 200 tag=b sdp=0@carol:5000
  1.01 proxy>alice 200 tag=b sdp=0@carol:5000
  1.05 alice>bob ACK tag=b
)";
    EXPECT_TRUE(Folded(std::string(kCall) + R"(
  1.10 alice>bob rtp 300 toport=5000
  1.10 carol>alice rtp 300 port=5000
  9.00 alice>bob BYE tag=b
)")
                    .has("rtp-wrong-port"));
    // Answers by a relay on the proxy, and that is where it goes.
    EXPECT_FALSE(Folded(R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE sdp=0,8@proxy:6000
  1.00 bob>proxy 200 tag=b sdp=0@carol:5000
  1.01 proxy>alice 200 tag=b sdp=0@proxy:5000
  1.05 alice>bob ACK tag=b
  1.10 alice>proxy rtp 300 toport=5000
  1.10 proxy>alice rtp 300 port=5000
  9.00 alice>bob BYE tag=b
)")
                     .has("rtp-wrong-port"));
}

TEST(BothEnds, twoSessionsInTheAnswersToOneOffer)
{
    constexpr std::string_view kCall = R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
)";
    EXPECT_FALSE(Folded(kCall).has("neg-o-line"));
    const auto found = Folded(support::Conversation(kCall), {}, [](base::Packet packet) {
                           auto text = std::string(packet.payload.text());
                           const auto at = text.find("\r\no=");
                           if (text.starts_with("SIP/2.0 200") && at != std::string::npos)
                               text.insert(text.find(' ', at) + 1, "9"); // before the session id
                           packet.payload = base::Blob::copy(text);
                           return packet;
                       }).find("neg-o-line");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("answered one offer with two sessions"));
}

TEST(BothEnds, aKeyThatOnlyTheAnswerHasEncryptsNothing)
{
    const Folded folded(R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NDMyMWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6"
  1.05 alice>bob ACK tag=b
)");
    EXPECT_FALSE(folded.has("neg-crypto-clear"));
    const auto found = folded.find("neg-crypto-answer");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("an offer that has none"));
}

} // namespace
