// SPDX-License-Identifier: Apache-2.0
// Calls that another device, another flow or a mailbox took, and codes that hide no flow.
#include <gmock/gmock.h>

#include "folded.h"

#include <diagnosis/flow_facts.h>

namespace {

using testing::HasSubstr;

// The token of Kamailio's layout that names bob's connection from 192.0.2.20:5060 to the edge.
const std::string kContact =
    " \"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\"";
const std::string kRoute = "\"Route: <sip:flow-one@192.0.2.2;lr;ob>\"";

std::string registering(double at, const std::string &call, const std::string &path, int port,
                        int expires)
{
    return fmt::format(
        "{0:.3f} bob>edge REGISTER tcp call={1} sport={3} \"Supported: path, outbound\"{5};"
        "expires={4}\"\n"
        "{6:.3f} edge>bob 200 tcp call={1} tag=r dport={3} \"Require: outbound\" \"Path: "
        "<sip:{2}@192.0.2.2;lr;ob>\"{5};expires={4}\"\n",
        at, call, path, port, expires, kContact, at + 0.05);
}
std::string second(double at, const std::string &instance)
{
    const auto contact = fmt::format(" \"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;"
                                     "+sip.instance=\\\"<urn:uuid:{}>\\\"",
                                     instance);
    return fmt::format("{0:.3f} bob>edge2 REGISTER tcp call=r2 \"Supported: path, outbound\"{1};"
                       "expires=600\"\n{2:.3f} edge2>bob 200 tcp call=r2 tag=r \"Require: "
                       "outbound\" \"Path: <sip:flow-two@192.0.2.3;lr;ob>\"{1};expires=600\"\n",
                       at, contact, at + 0.05);
}
const std::string kOther = "\"Route: <sip:flow-two@192.0.2.3;lr;ob>\"";

TEST(FlowElsewhere, ADeadEdgeThatCostsSecondsIsToldThoughTheCallWentThrough)
{
    const std::string silent = "20.0 home>edge INVITE offer branch=one " + kRoute + "\n";
    const std::string saved = "25.0 home>edge2 INVITE offer branch=two " + kOther +
                              "\n25.1 edge2>home 180 tag=b\n26.0 edge2>home 200 tag=b answer\n"
                              "26.1 home>edge2 ACK tag=b\n60.0 tick\n";
    const std::string up = registering(0, "r1", "flow-one", 5060, 600);
    const auto found =
        support::Folded(up + second(1, "1") + silent + saved).find("flow-failover-ok");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text,
                HasSubstr("got nothing at all from 192.0.2.2:5060 in 5.0 s: it is down"));
    EXPECT_FALSE(support::Folded(up + second(1, "2") + silent + saved).has("flow-failover-ok"))
        << "another device";
    const std::string rang = "20.1 edge>home 180 tag=c\n";
    EXPECT_FALSE(
        support::Folded(up + second(1, "1") + silent + rang + saved).has("flow-failover-ok"));
}

TEST(FlowElsewhere, OneDeviceThatWasNeverRungThoughAnotherAnswered)
{
    const std::string forks = "20.0 home>edge INVITE offer branch=one " + kRoute +
                              "\n20.0 home>edge2 INVITE offer branch=two " + kOther +
                              "\n20.01 edge>home 430 tag=e\n20.02 home>edge ACK\n"
                              "20.1 edge2>home 180 tag=b\n26.0 edge2>home 200 tag=b answer\n"
                              "26.1 home>edge2 ACK tag=b\n30.0 tick\n";
    const std::string up = registering(0, "r1", "flow-one", 5060, 600);
    const auto found = support::Folded(up + second(1, "2") + forks).find("flow-430-initial");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("One device of the target could not be reached"));
    EXPECT_EQ(found->severity, diagnosis::Severity::Info);
    EXPECT_FALSE(support::Folded(up + second(1, "1") + forks).has("flow-430-initial"))
        << "two flows of one device";
}

TEST(FlowElsewhere, WhoLeftWithoutAWordIsNotHiddenByA480)
{
    const std::string up = registering(0, "r1", "flow-one", 5060, 600);
    const std::string call =
        "30.0 alice>edge INVITE offer\n30.01 edge>alice 480 tag=e\n35.0 tick\n";
    const auto left = support::Folded(up + "20.0 bob>edge tcp fin\n" + call).find("flow-hidden");
    ASSERT_NE(left, nullptr);
    EXPECT_EQ(left->severity, diagnosis::Severity::Info);
    EXPECT_THAT(left->text, HasSubstr("The code is right"));
    const auto cut = support::Folded(up + "20.0 edge>bob tcp fin\n" + call).find("flow-hidden");
    ASSERT_NE(cut, nullptr);
    EXPECT_EQ(cut->severity, diagnosis::Severity::Error);
}

TEST(FlowElsewhere, ADeviceThatAnswersForItselfNeededNoFlow)
{
    const std::string up = registering(0, "r1", "flow-one", 5060, 600) + "20.0 edge>bob tcp fin\n";
    const std::string asked = "30.0 alice>home INVITE offer\n"
                              "30.01 home>carol INVITE offer uri=bob@192.0.2.30\n";
    const std::string told = "30.02 carol>home 480 tag=d\n30.03 home>alice 480 tag=d\n35.0 tick\n";
    EXPECT_FALSE(support::Folded(up + asked + told).has("flow-hidden"));
}

TEST(FlowElsewhere, AMailboxIsNoOtherFlow)
{
    const std::string up = registering(0, "r1", "flow-one", 5060, 600);
    const std::string call = "20.0 home>edge INVITE offer branch=one " + kRoute +
                             "\n20.01 edge>home 430 tag=e\n20.02 home>edge ACK\n"
                             "20.03 home>gw INVITE offer branch=two uri=mailbox@192.0.2.9\n"
                             "20.1 gw>home 180 tag=v\n21.0 gw>home 200 tag=v answer\n"
                             "21.1 home>gw ACK tag=v\n30.0 tick\n";
    const support::Folded folded(up + call);
    EXPECT_FALSE(folded.has("flow-failover-ok"));
    const auto lost = folded.find("flow-430-initial");
    ASSERT_NE(lost, nullptr);
    EXPECT_THAT(lost->text, HasSubstr("who stands in for it"));
}

} // namespace
