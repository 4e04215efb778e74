// SPDX-License-Identifier: Apache-2.0
// RTP joined to early dialogs.
#include "folded.h"

namespace {

using diagnosis::Certainty;

TEST(Bind, BySdpAddress)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=b sdp=0@bob
      0.30 proxy>alice 183 tag=c sdp=0@carol
      0.40 carol>alice rtp 5
      0.50 bob>alice rtp 5
      0.60 alice>bob rtp 5
    )");
    const auto streams = folded.evidence().streams;
    ASSERT_EQ(streams.size(), 3U);
    EXPECT_EQ(streams[0].earlyDialog, 1U);
    EXPECT_EQ(streams[1].earlyDialog, 0U);
    EXPECT_TRUE(streams[0].towardsCaller && streams[1].towardsCaller);
    EXPECT_FALSE(streams[2].towardsCaller);
    for (const auto &stream : streams) {
        EXPECT_EQ(stream.certainty, Certainty::Exact);
        EXPECT_TRUE(stream.early);
    }
    EXPECT_EQ(folded.evidence().incoming(1).size(), 1U);
}

TEST(Bind, BySourceAddressWhenThePortDiffers)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.40 bob>alice rtp 5 port=5998
    )");
    const auto streams = folded.evidence().streams;
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].earlyDialog, 0U);
    EXPECT_EQ(streams[0].certainty, Certainty::Likely);
}

TEST(Bind, ByTimeWhenNothingElseTells)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=b sdp=0@bob
      0.40 gw>alice rtp 5
      0.60 proxy>alice 183 tag=c sdp=0@carol
      0.80 gw>alice rtp 5 ssrc=7
    )");
    const auto streams = folded.evidence().streams;
    ASSERT_EQ(streams.size(), 2U);
    EXPECT_EQ(streams[0].earlyDialog, 0U);
    EXPECT_EQ(streams[1].earlyDialog, 1U);
    EXPECT_EQ(streams[0].certainty, Certainty::Guess);
}

TEST(Bind, AcrossARelayThatRewritesTheSdp)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>bob INVITE sdp=0,8@proxy:30000
      0.20 bob>proxy 183 tag=b answer
      0.21 proxy>alice 183 tag=b sdp=0@proxy:30002
      0.30 bob>proxy rtp 5 toport=30000
      0.31 proxy>alice rtp 5 port=30002
      2.00 bob>proxy 200 tag=b answer
      2.01 proxy>alice 200 tag=b sdp=0@proxy:30002
      2.02 alice>proxy rtp 5 toport=30002
      2.03 proxy>bob rtp 5 port=30000
    )");
    const auto streams = folded.evidence().streams;
    ASSERT_EQ(streams.size(), 4U);
    for (const auto &stream : streams)
        EXPECT_EQ(stream.earlyDialog, 0U);
    EXPECT_TRUE(streams[0].towardsCaller && streams[1].towardsCaller);
    EXPECT_FALSE(streams[2].towardsCaller || streams[3].towardsCaller);
    EXPECT_FALSE(streams[2].early);
    EXPECT_FALSE(folded.has("em-sdp-differs-183-200")) << "every hop has SDP of its own";
    EXPECT_FALSE(folded.has("em-183-sdp-no-rtp"));
}

TEST(Bind, NothingOfOtherCalls)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 carol>gw rtp 5
      0.40 bob>carol rtp 5 port=5998
    )");
    EXPECT_TRUE(folded.evidence().streams.empty());
}

} // namespace
