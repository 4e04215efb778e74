// SPDX-License-Identifier: Apache-2.0
// Copies of one request: of a fork, of a circle; and the ACK that belongs to one of them only.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;

/// The proxy forks: one branch straight to bob's socket, one by way of an edge.
const std::string kTwoWays = R"(
  0.00 alice>proxy INVITE offer uri=bob@example.test
  0.01 proxy>bob INVITE offer uri=bob@192.0.2.20 branch=direct
  0.02 proxy>edge INVITE offer uri=bob@192.0.2.20 branch=byedge
  0.03 edge>bob INVITE offer uri=bob@192.0.2.20
)";

TEST(Copies, AForkThatReachesOneSocketByTwoWaysIsNoSpiralAndNoCircle)
{
    EXPECT_EQ(support::Folded(kTwoWays + "0.50 bob>proxy 180 tag=b\n").find("rt-spiral"), nullptr);
    const auto merged = support::Folded(kTwoWays + "0.04 bob>edge 482 tag=m\n"
                                                   "0.05 edge>bob ACK tag=m\n"
                                                   "0.50 bob>proxy 180 tag=b\n")
                            .find("rt-loop-482");
    if (merged != nullptr) {
        EXPECT_THAT(merged->text, testing::Not(HasSubstr("circle")));
    }
}

TEST(Copies, TheAckOfAnotherForksAnswerIsNotTheMissingOne)
{
    const auto found = support::Folded(R"(
      0.00 alice>proxy INVITE offer uri=bob@example.test
      0.01 proxy>bob INVITE offer uri=bob@192.0.2.20 branch=one
      0.02 proxy>carol INVITE offer uri=carol@192.0.2.30 branch=two
      1.00 bob>proxy 486 tag=b
      1.10 carol>proxy 200 tag=c answer
      1.11 proxy>alice 200 tag=c answer
      1.15 alice>proxy ACK tag=c branch=ofthe200
      1.50 bob>proxy again
      2.50 bob>proxy again
      4.50 bob>proxy again
      9.00 tick
    )")
                           .find("tx-resp-retrans");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("no ACK is in this trace"));
}

} // namespace
