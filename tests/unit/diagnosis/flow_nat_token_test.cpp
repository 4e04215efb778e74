// SPDX-License-Identifier: Apache-2.0
// The sender's own token behind a NAT: the edge knows the flow by another address than the packets
// in this trace have, so the token is compared with what the edge's answers told of it.
#include <diagnosis/flow_facts.h>
#include <gmock/gmock.h>
#include <unit/flows/token_writer.h>

#include "folded.h"

namespace {

using diagnosis::FlowCase;
using testing::HasSubstr;
using testing::Not;

std::string tokenOf(int port)
{
    return flows_test::encodeToken(
        {base::Transport::Udp, base::Endpoint::parse("192.0.2.2:5060").value(),
         base::Endpoint::parse(fmt::format("198.51.100.9:{}", port)).value()},
        "0123456789");
}

/// Alice registers behind a NAT that shows her as that port.
std::string registered(double when, int cseq, int port)
{
    constexpr std::string_view kContact =
        R"("Contact: <sip:alice@192.0.2.10>;reg-id=1;+sip.instance=\"<urn:uuid:a>\"")";
    return fmt::format(
        "{0:.3f} alice>edge REGISTER call=ra cseq={2} "
        "branch=r{2};received=198.51.100.9;rport={3} \"Supported: path, outbound\" {4}\n"
        "{1:.3f} edge>alice 200 call=ra tag=r \"Require: outbound\" \"Path: "
        "<sip:{5}@192.0.2.2;lr;ob>\" "
        "\"Service-Route: <sip:{5}@192.0.2.2;lr>\" {4} \"Expires: 600\"\n",
        when, when + 0.01, cseq, port, kContact, tokenOf(port));
}

std::string stun(double when, int port)
{
    return fmt::format(
        "{:.3f} alice>edge stun ping\n{:.3f} edge>alice stun pong mapped=198.51.100.9:{}\n", when,
        when + 0.01, port);
}

std::string call(double when, int port)
{
    return fmt::format("{:.3f} alice>edge INVITE offer \"Route: <sip:{}@192.0.2.2;lr>\"\n"
                       "{:.3f} edge>alice 430 tag=e\n{:.3f} alice>edge ACK tag=e\n",
                       when, tokenOf(port), when + 0.02, when + 0.03);
}

diagnosis::FlowVerdict judged(const support::Folded &folded)
{
    for (std::size_t i = 0; i < folded.calls(); ++i) {
        const auto evidence = folded.evidence(i);
        for (const auto &transaction : evidence.call.transactions)
            if (transaction.finalStatus == 430)
                return diagnosis::judgeFlowFailure(evidence, transaction);
    }
    ADD_FAILURE() << "no 430";
    return {};
}

TEST(FlowNatToken, ARouteOfBeforeTheNatChangedIsTheSendersOwn)
{
    const support::Folded folded(registered(0, 1, 61000) + registered(60, 2, 61007) +
                                 call(70, 61000));
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.which, FlowCase::StaleRoute);
    EXPECT_THAT(verdict.text, HasSubstr("198.51.100.9:61000"));
    EXPECT_THAT(verdict.text, HasSubstr("198.51.100.9:61007 since 9.9 s before"));
    ASSERT_FALSE(verdict.fixes.empty());
    EXPECT_EQ(verdict.fixes.front().party, "caller's user agent");
    EXPECT_THAT(verdict.fixes.front().text, HasSubstr("Service-Route of the newest answer"));
    EXPECT_THAT(folded.find("flow-430-initial")->text, Not(HasSubstr("is not in this trace")));
}

TEST(FlowNatToken, WhatStunShowedCountsBeforeTheNextRegistration)
{
    const auto verdict = judged(support::Folded(registered(0, 1, 61000) + stun(20, 61000) +
                                                stun(45, 61009) + call(80, 61000)));
    EXPECT_EQ(verdict.which, FlowCase::StaleRoute);
    EXPECT_THAT(verdict.text, HasSubstr("198.51.100.9:61009"));
    EXPECT_EQ(verdict.fixes.front().action, diagnosis::Action::ReRegister);
}

TEST(FlowNatToken, ALivingWayBehindANatLeavesTheBlameWithTheTarget)
{
    const auto verdict = judged(support::Folded(registered(0, 1, 61000) + stun(20, 61000) +
                                                stun(45, 61000) + call(80, 61000)));
    EXPECT_EQ(verdict.which, FlowCase::NoFlowLeft);
}

TEST(FlowNatToken, StunThatAlwaysSaidSomethingElseIsNoChange)
{
    const auto verdict = judged(support::Folded(registered(0, 1, 61000) + stun(20, 61009) +
                                                stun(45, 61009) + call(80, 61000)));
    EXPECT_EQ(verdict.which, FlowCase::NoFlowLeft);
}

TEST(FlowNatToken, AChangeThatCameLaterIsNoReason)
{
    const auto verdict = judged(
        support::Folded(registered(0, 1, 61000) + call(30, 61000) + registered(60, 2, 61007)));
    EXPECT_EQ(verdict.which, FlowCase::NoFlowLeft);
}

/// Alice hangs up over the route set that has her own token alone.
std::string hangUp(int port)
{
    return fmt::format(
        "5.000 alice>edge INVITE offer\n"
        "5.500 edge>alice 200 tag=b answer \"Record-Route: <sip:{0}@192.0.2.2;lr>\"\n"
        "5.510 alice>edge ACK tag=b \"Route: <sip:{0}@192.0.2.2;lr>\"\n"
        "90.000 alice>edge BYE tag=b \"Route: <sip:{0}@192.0.2.2;lr>\"\n"
        "90.010 edge>alice 430 tag=b\n",
        tokenOf(port));
}

TEST(FlowNatToken, ADialogOverTheFormerAddressIsTheSendersOwn)
{
    const auto verdict =
        judged(support::Folded(registered(0, 1, 61000) + hangUp(61000) + registered(60, 2, 61007)));
    EXPECT_EQ(verdict.which, FlowCase::OwnOldFlow);
}

TEST(FlowNatToken, ALivingOwnFlowAloneInTheRouteSetIsNoConnectionOfTheOtherSide)
{
    const auto verdict = judged(support::Folded(registered(0, 1, 61000) + hangUp(61000)));
    EXPECT_EQ(verdict.which, FlowCase::OwnFlowLives);
    EXPECT_THAT(verdict.text, HasSubstr("sender's own"));
    EXPECT_EQ(verdict.fixes.front().party, "edge proxy");
}

} // namespace
