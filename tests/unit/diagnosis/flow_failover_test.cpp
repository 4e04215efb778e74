// SPDX-License-Identifier: Apache-2.0
// One flow after the other: what a later attempt mends, and what a proxy may not try again.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;

/// One device with two flows over two edges.
constexpr std::string_view kTwoFlows = R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)";
constexpr std::string_view kOne = R"("Route: <sip:flow-one@192.0.2.2;lr;ob>")";
constexpr std::string_view kTwo = R"("Route: <sip:flow-two@192.0.2.3;lr;ob>")";

/// The first flow dies; the proxy's first attempt ends with `code`, its second as `rest` tells.
support::Folded tried(int code, std::string_view rest)
{
    return support::Folded(std::string(kTwoFlows) +
                           fmt::format("4.000 bob>edge tcp fin\n"
                                       "5.000 alice>home INVITE offer\n"
                                       "5.001 home>edge INVITE offer branch=one {}\n"
                                       "5.010 edge>home {} tag=e\n"
                                       "5.020 home>edge2 INVITE offer branch=two {}\n{}",
                                       kOne, code, kTwo, rest));
}

TEST(FlowFailover, TheNextFlowMendsEveryKindOfFailure)
{
    for (const std::string_view end :
         {"5.500 edge2>home 180 tag=b\n9.000 edge2>home 486 tag=b\n9.001 home>alice 486 tag=b\n",
          "5.500 edge2>home 603 tag=b\n5.501 home>alice 603 tag=b\n",
          "5.500 edge2>home 180 tag=b\n9.000 edge2>home 480 tag=b\n9.001 home>alice 480 tag=b\n"}) {
        for (const int code : {430, 477, 503, 408, 403}) {
            const auto folded = tried(code, end);
            EXPECT_FALSE(folded.has("flow-430-initial")) << code << end;
            EXPECT_FALSE(folded.has("flow-hidden")) << code << end;
            const auto saved = folded.find("flow-failover-ok");
            ASSERT_NE(saved, nullptr) << code << end;
            EXPECT_THAT(saved->text, HasSubstr(fmt::format(": {} after", code)));
            EXPECT_EQ(saved->grade,
                      code == 430 ? diagnosis::Grade::Seen : diagnosis::Grade::Likely);
        }
    }
}

TEST(FlowFailover, ANextFlowThatIsDeadAsWellMendsNothing)
{
    const std::string_view end = "5.030 edge2>home {0} tag=f\n5.031 home>alice {0} tag=f\n";
    const auto both = tried(430, fmt::format(fmt::runtime(end), 430));
    EXPECT_TRUE(both.has("flow-430-initial"));
    EXPECT_FALSE(both.has("flow-failover-ok"));
    const auto hidden = tried(477, fmt::format(fmt::runtime(end), 477));
    EXPECT_TRUE(hidden.has("flow-hidden"));
    EXPECT_FALSE(hidden.has("flow-failover-ok"));
}

TEST(FlowFailover, OneTargetAfterTheOtherIsNoFailover)
{
    const support::Folded forked("5.000 home>edge INVITE offer branch=one\n"
                                 "5.010 edge>home 408 tag=e\n"
                                 "5.020 home>edge2 INVITE offer branch=two\n"
                                 "5.500 edge2>home 180 tag=b\n");
    EXPECT_FALSE(forked.has("flow-failover-ok"));
}

TEST(FlowFailover, CodesOfTheEdgeLetTheProxyTryOn)
{
    for (const int code : {404, 478, 480, 500, 504})
        EXPECT_FALSE(tried(code, "5.500 edge2>home 180 tag=b\n").has("flow-failover-forbidden"))
            << code;
}

TEST(FlowFailover, AnAnswerOfTheDeviceEndsTheSearch)
{
    for (const int code : {486, 603})
        EXPECT_TRUE(tried(code, "5.500 edge2>home 180 tag=b\n").has("flow-failover-forbidden"))
            << code;
    const support::Folded behind(std::string(kTwoFlows) +
                                 fmt::format("5.000 home>edge INVITE offer branch=one {}\n"
                                             "5.002 edge>bob INVITE tcp offer\n"
                                             "5.008 bob>edge 480 tcp tag=b\n"
                                             "5.010 edge>home 480 tag=b\n"
                                             "5.020 home>edge2 INVITE offer branch=two {}\n"
                                             "5.500 edge2>home 180 tag=b\n",
                                             kOne, kTwo));
    EXPECT_TRUE(behind.has("flow-failover-forbidden"));
}

TEST(Failover, a430ThatALater200SavedIsNoFault)
{
    const std::string failed = "0.000 alice>home INVITE offer\n"
                               "0.001 home>edge INVITE offer\n"
                               "0.003 edge>home 430 tag=e\n"
                               "0.004 home>edge ACK\n";
    EXPECT_FALSE(support::Folded(failed + "0.005 home>edge2 INVITE branch=second offer\n"
                                          "2.000 edge2>home 200 tag=b answer\n"
                                          "2.001 home>alice 200 tag=b answer\n"
                                          "2.002 alice>home ACK tag=b\n")
                     .has("flow-430-initial"));
    EXPECT_TRUE(support::Folded(failed + "0.005 home>alice 430 tag=e\n0.006 alice>home ACK\n")
                    .has("flow-430-initial"));
}

} // namespace
