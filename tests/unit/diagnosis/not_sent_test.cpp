// SPDX-License-Identifier: Apache-2.0
// What our own stack could not send is told of the request that it was, and of no other.
#include "folded.h"

namespace {

using support::Folded;

constexpr const char *kAnswered = R"(
own alice
0.00 alice>edge INVITE offer
0.05 edge>alice 180 tag=b
1.00 edge>alice 200 tag=b answer
1.01 alice>edge ACK tag=b
)";

TEST(NotSent, AnAckThatDidNotLeaveIsTold)
{
    const Folded lost(std::string(kAnswered) +
                      "1.02 local unreachable code=0 \"The ACK did not leave.\"\n"
                      "3.00 tick\n");
    const auto found = lost.find("tx-request-not-sent");
    ASSERT_NE(found, nullptr);
    EXPECT_NE(found->text.find("The ACK [1]"), std::string::npos) << found->text;
    EXPECT_NE(found->impact.find("ends the call after 32 s"), std::string::npos);
    EXPECT_FALSE(Folded(std::string(kAnswered) + "3.00 tick\n").has("tx-request-not-sent"));
}

TEST(NotSent, WhatFailsWithACodeIsTheRequestThatWaitsForOne)
{
    const Folded hungUp(std::string(kAnswered) +
                        "5.00 alice>edge BYE tag=b cseq=2\n"
                        "5.01 local unreachable code=503 \"There is no way to it.\"\n");
    const auto found = hungUp.find("tx-request-not-sent");
    ASSERT_NE(found, nullptr);
    EXPECT_NE(found->text.find("The BYE [1]"), std::string::npos) << found->text;
}

/// A reconnect that is refused has no row of its own; the REGISTER before was answered.
TEST(NotSent, ARefusedReconnectIsNotTheFaultOfAnAnsweredRegister)
{
    const std::string registered = "own bob\n"
                                   "0.00 bob>edge REGISTER tcp call=r1\n"
                                   "0.05 edge>bob 200 tcp call=r1 tag=r\n"
                                   "9.00 edge>bob tcp fin\n";
    EXPECT_FALSE(Folded(registered + "9.01 local refused code=503 call=r1 \"Nobody listens.\"\n")
                     .has("tx-icmp"));
    EXPECT_TRUE(Folded(registered + "9.01 bob>edge REGISTER tcp call=r1 cseq=2\n"
                                    "9.02 local refused code=503 call=r1 \"Nobody listens.\"\n")
                    .has("tx-icmp"));
}

} // namespace
