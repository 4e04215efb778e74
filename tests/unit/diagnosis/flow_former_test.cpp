// SPDX-License-Identifier: Apache-2.0
// A 430 that is nobody's dead flow: a registrar that uses a binding that is over, an edge that
// denies a connection that lives.
#include <gmock/gmock.h>

#include "folded.h"

#include <diagnosis/flow_facts.h>

namespace {

using diagnosis::FlowCase;
using testing::HasSubstr;
using testing::Not;

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
std::string called(double at)
{
    return fmt::format("{0:.3f} home>edge INVITE offer {1}\n{2:.3f} edge>home 430 tag=e\n"
                       "{3:.3f} home>edge ACK\n{4:.3f} tick\n",
                       at, kRoute, at + 0.01, at + 0.02, at + 5);
}

diagnosis::FlowVerdict judged(const std::string &spoken)
{
    const support::Folded folded(spoken);
    for (std::size_t i = 0; i < folded.calls(); ++i) {
        const auto evidence = folded.evidence(i);
        if (const auto *const failed = diagnosis::origin(evidence, 430, false))
            return diagnosis::judgeFlowFailure(evidence, *failed);
    }
    ADD_FAILURE() << "no 430";
    return {};
}

TEST(FlowFormer, ABindingThatStandsIsNoFormerOne)
{
    const auto verdict = judged(registering(0, "r1", "flow-one", 5060, 600) + called(20));
    EXPECT_EQ(verdict.which, FlowCase::NoFlowLeft) << verdict.text;
}

TEST(FlowFormer, ABindingThatWasTakenAway)
{
    const auto verdict = judged(registering(0, "r1", "flow-one", 5060, 600) +
                                registering(10, "r1", "flow-one", 5060, 0) + called(20));
    EXPECT_EQ(verdict.which, FlowCase::FormerBinding) << verdict.text;
    EXPECT_THAT(verdict.text, HasSubstr("had removed 9.9 s before"));
    EXPECT_EQ(verdict.fixes.front().party, "home proxy");
}

TEST(FlowFormer, ABindingThatRanOut)
{
    const auto verdict = judged(registering(0, "r1", "flow-one", 5060, 60) + called(120));
    EXPECT_EQ(verdict.which, FlowCase::FormerBinding) << verdict.text;
    EXPECT_THAT(verdict.text, HasSubstr("had run out"));
}

TEST(FlowFormer, ABindingThatAnotherConnectionReplaced)
{
    const std::string replaced = registering(0, "r1", "flow-one", 5060, 600) +
                                 registering(10, "r1", "flow-new", 6060, 600) + called(20);
    const auto verdict = judged(replaced);
    EXPECT_EQ(verdict.which, FlowCase::FormerBinding) << verdict.text;
    EXPECT_THAT(verdict.text, HasSubstr("reg-id 1 of that instance was registered over"));
    EXPECT_FALSE(support::Folded(replaced).has("flow-failover-missing"))
        << "the same reg-id is no other flow";
}

TEST(FlowFormer, AnEdgeThatDeniesAConnectionThatLives)
{
    const std::string up = registering(0, "r1", "flow-one", 5060, 600) +
                           "10.0 bob>edge tcp ping\n10.02 edge>bob tcp pong\n";
    const std::string alive = "30.0 bob>edge tcp ping\n30.02 edge>bob tcp pong\n";
    const auto verdict = judged(up + called(20) + alive);
    EXPECT_EQ(verdict.which, FlowCase::EdgeDenies) << verdict.text;
    EXPECT_THAT(verdict.text, HasSubstr("a pong came over it 10.0 s later"));
    EXPECT_EQ(judged(up + called(20) + "21.0 edge>bob tcp fin\n").which, FlowCase::NoFlowLeft);
}

TEST(FlowFormer, WhoClosedTheConnectionItselfIsNotToldToMissAPong)
{
    const auto verdict = judged(registering(0, "r1", "flow-one", 5060, 600) +
                                "15.0 bob>edge tcp fin\n" + called(20));
    EXPECT_THAT(verdict.fixes.at(1).text, HasSubstr("before the connection is closed"));
    const auto other = judged(registering(0, "r1", "flow-one", 5060, 600) +
                              "15.0 edge>bob tcp fin\n" + called(20));
    EXPECT_THAT(other.fixes.at(1).text, HasSubstr("missing pong"));
}

TEST(FlowFormer, ACalleeThatHadBeenReachedWasNotSilent)
{
    const std::string call =
        fmt::format("20.0 home>edge INVITE offer {}\n"
                    "20.5 edge>home 183 tag=b answer\n"
                    "50.5 edge>home 430 tag=e\n50.6 home>edge ACK\n60.0 tick\n",
                    kRoute);
    const auto found = support::Folded(registering(0, "r1", "flow-one", 5060, 600) + call)
                           .find("flow-430-initial");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("though the callee had been reached: 183"));
    EXPECT_THAT(found->text, Not(HasSubstr("nothing came back")));
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

TEST(FlowFormer, ADeadEdgeThatCostsSecondsIsToldThoughTheCallWentThrough)
{
    const std::string silent = "20.0 home>edge INVITE offer branch=one " + kRoute + "\n";
    const std::string saved = "25.0 home>edge2 INVITE offer branch=two " + kOther +
                              "\n25.1 edge2>home 180 tag=b\n26.0 edge2>home 200 tag=b answer\n"
                              "26.1 home>edge2 ACK tag=b\n60.0 tick\n";
    const std::string up = registering(0, "r1", "flow-one", 5060, 600);
    const auto found =
        support::Folded(up + second(1, "1") + silent + saved).find("flow-failover-ok");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("got nothing back for 5.0 s"));
    EXPECT_FALSE(support::Folded(up + second(1, "2") + silent + saved).has("flow-failover-ok"))
        << "another device";
    const std::string rang = "20.1 edge>home 180 tag=c\n";
    EXPECT_FALSE(
        support::Folded(up + second(1, "1") + silent + rang + saved).has("flow-failover-ok"));
}

TEST(FlowFormer, OneDeviceThatWasNeverRungThoughAnotherAnswered)
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

TEST(FlowFormer, WhoLeftWithoutAWordIsNotHiddenByA480)
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

TEST(FlowFormer, ADeviceThatAnswersForItselfNeededNoFlow)
{
    const std::string up = registering(0, "r1", "flow-one", 5060, 600) + "20.0 edge>bob tcp fin\n";
    const std::string asked = "30.0 alice>home INVITE offer\n"
                              "30.01 home>carol INVITE offer uri=bob@192.0.2.30\n";
    const std::string told = "30.02 carol>home 480 tag=d\n30.03 home>alice 480 tag=d\n35.0 tick\n";
    EXPECT_FALSE(support::Folded(up + asked + told).has("flow-hidden"));
}

TEST(FlowFormer, AMailboxIsNoOtherFlow)
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
