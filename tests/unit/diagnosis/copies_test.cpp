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

/// RFC 3261 section 17.2.1: a proxy repeats what it handed on until it is acknowledged there.
TEST(Copies, WhatAProxyRepeatsAndCancelsItselfIsNotLaidAtTheEnds)
{
    const auto repeated = support::Folded(R"(
      0.00 alice>proxy INVITE offer uri=bob@example.test
      0.01 proxy>bob INVITE offer uri=bob@192.0.2.20
      1.00 bob>proxy 486 tag=b "Server: Desk"
      1.01 proxy>bob ACK tag=b
      1.02 proxy>alice 486 tag=b "Server: Desk"
      1.52 proxy>alice again
      2.52 proxy>alice again
      4.52 proxy>alice again
      9.00 tick
    )")
                              .find("tx-resp-retrans");
    ASSERT_NE(repeated, nullptr);
    EXPECT_EQ(repeated->text.find(support::spoken::host("proxy", 5060).text()), 0U)
        << repeated->text;
    const auto early = support::Folded(R"(
      0.00 alice>proxy INVITE offer uri=bob@example.test
      0.01 proxy>alice 100
      0.01 proxy>bob INVITE offer uri=bob@192.0.2.20
      1.00 alice>proxy CANCEL
      1.01 proxy>alice 200 for=CANCEL
      1.02 proxy>bob CANCEL uri=bob@192.0.2.20
      1.03 bob>proxy 200 for=CANCEL
      1.04 bob>proxy 487 tag=b
      1.05 proxy>alice 487 tag=b
      9.00 tick
    )")
                           .find("em-cancel-before-1xx");
    ASSERT_NE(early, nullptr);
    EXPECT_EQ(early->text.find(support::spoken::host("alice", 5060).text()), std::string::npos)
        << early->text;
}

TEST(Copies, AForkThatStillRingsIsAWayOut)
{
    const support::Folded rings(R"(
      0.000 alice>home INVITE offer
      0.001 home>edge INVITE branch=one offer "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr;ob>"
      0.002 home>carol INVITE branch=two offer
      0.003 edge>home 430 tag=e
      0.004 home>edge ACK tag=e branch=one
      0.100 carol>home 180 tag=c
      0.101 home>alice 180 tag=c
      1.000 tick
    )");
    const auto found = rings.find("flow-430-initial");
    EXPECT_TRUE(found == nullptr || found->severity == diagnosis::Severity::Info);
}

TEST(Copies, ACaptureThatBeginsBetweenTwoRepeatsShowsNoOtherTimer)
{
    EXPECT_EQ(support::Folded("0.00 alice>bob INVITE offer\n1.00 alice>bob again\n"
                              "3.00 alice>bob again\n9.00 tick\n")
                  .find("tx-t1-profile"),
              nullptr);
    EXPECT_NE(support::Folded("0.00 alice>bob INVITE offer\n0.75 alice>bob again\n"
                              "2.25 alice>bob again\n9.00 tick\n")
                  .find("tx-t1-profile"),
              nullptr);
}

} // namespace
