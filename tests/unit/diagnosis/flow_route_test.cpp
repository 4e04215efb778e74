// SPDX-License-Identifier: Apache-2.0
// Whose flow a request failed on: an edge puts the sender's own token beside the peer's.
#include <diagnosis/explain.h>
#include <diagnosis/flow_facts.h>
#include <gmock/gmock.h>
#include <unit/flows/token_writer.h>

#include "folded.h"

namespace {

using diagnosis::FlowCase;
using testing::HasSubstr;
using testing::Not;

base::Endpoint end(std::string_view text)
{
    return base::Endpoint::parse(text).value_or(base::Endpoint{});
}

/// A Route value of the edge, for the connection of that user agent.
std::string way(std::string_view userAgent)
{
    return fmt::format(
        "\"Route: <sip:{}@192.0.2.2;lr;ob>\"",
        flows_test::encodeToken({base::Transport::Tcp, end("192.0.2.2:5060"), end(userAgent)},
                                "0123456789"));
}

constexpr std::string_view kRegistered = R"(
  0.000 alice>edge REGISTER tcp call=ra "Supported: path, outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\""
  0.050 edge>alice 200 tcp call=ra tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\";expires=600"
  0.100 bob>edge REGISTER tcp call=rb "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:b>\""
  0.150 edge>bob 200 tcp call=rb tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:b>\";expires=600"
)";
constexpr std::string_view kDialog = R"(
  5.000 alice>edge INVITE tcp offer
  5.500 edge>alice 200 tcp tag=b answer
  5.510 alice>edge ACK tcp tag=b
)";

/// Alice hangs up by the route set.
std::string bye(const std::string &routes)
{
    return std::string(kDialog) + fmt::format("60.000 alice>edge BYE tcp tag=b {}\n"
                                              "60.010 edge>alice 430 tcp tag=b\n",
                                              routes);
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

std::string textOf(const support::Folded &folded, std::string_view rule)
{
    const auto found = folded.find(rule);
    return found ? found->text : std::string();
}

TEST(FlowRoute, TheSendersLivingWayIsNotBlamedForThePeersDeadOne)
{
    const auto routes = way("192.0.2.10:5060") + " " + way("192.0.2.20:5060");
    for (const std::string_view registered : {kRegistered, std::string_view()}) {
        const support::Folded folded(std::string(registered) + "40.0 bob>edge tcp fin\n" +
                                     bye(routes));
        EXPECT_EQ(judged(folded).which, FlowCase::PeersFlow) << registered;
        const auto text = textOf(folded, "flow-430-in-dialog");
        EXPECT_THAT(text, HasSubstr("user agent 192.0.2.20:5060"));
        EXPECT_THAT(text, Not(HasSubstr("user agent 192.0.2.10:5060")));
    }
}

TEST(FlowRoute, TheExplanationNamesThePeersFlow)
{
    const support::Folded folded(std::string(kRegistered) + "40.0 bob>edge tcp fin\n" +
                                 bye(way("192.0.2.10:5060") + " " + way("192.0.2.20:5060")));
    const auto row = folded.row(430);
    for (std::size_t i = 0; i < folded.calls(); ++i) {
        const auto evidence = folded.evidence(i);
        if (evidence.call.id != folded.trace().row(row).call)
            continue;
        const auto out = diagnosis::explain(evidence, row, diagnosis::diagnose(evidence).list);
        EXPECT_THAT(out.happened, HasSubstr("user agent 192.0.2.20:5060"));
        EXPECT_THAT(out.happened, HasSubstr("closed 20.0 s before"));
        return;
    }
    FAIL() << "the call is missing";
}

TEST(FlowRoute, AReplacedConnectionOfTheSenderIsHisOwn)
{
    const auto verdict =
        judged(support::Folded(bye(way("192.0.2.10:4999") + " " + way("192.0.2.20:5060"))));
    EXPECT_EQ(verdict.which, FlowCase::OwnOldFlow);
    ASSERT_FALSE(verdict.fixes.empty());
    EXPECT_EQ(verdict.fixes.front().party, "caller's user agent");
}

/// Our flow is made anew in mid-dialog, behind a NAT: the route set still names what it had.
constexpr std::string_view kMadeAnew = R"(
  own alice
  0.000 alice>edge flow up port=40001
  30.000 alice>edge flow failed port=40001
  31.000 alice>edge flow up
)";

/// The NAT's ports are those inside and 10000.
base::Packet behindNat(base::Packet packet)
{
    if (!packet.local || !packet.local->flow)
        return packet;
    auto report = *packet.local->flow;
    report.mapped = {end("203.0.113.5:1").address,
                     static_cast<std::uint16_t>(report.local.port + 10000)};
    auto event = *packet.local;
    event.flow = std::make_shared<const base::FlowReport>(std::move(report));
    packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
    return packet;
}

TEST(FlowRoute, AConnectionThatOurFlowHadIsItsOwn)
{
    const auto routes = way("203.0.113.5:50001") + " " + way("192.0.2.20:5060");
    const support::Folded folded(support::Conversation(std::string(kMadeAnew) + bye(routes)), {},
                                 behindNat);
    EXPECT_EQ(judged(folded).which, FlowCase::OwnOldFlow);
    EXPECT_THAT(textOf(folded, "flow-430-in-dialog"), HasSubstr("given up 29.0 s before"));
    auto evidence = folded.evidence();
    evidence.live = true;
    const auto row = folded.row(430);
    const auto out = diagnosis::explain(evidence, row, diagnosis::diagnose(evidence).list);
    EXPECT_THAT(out.happened, HasSubstr("now UP over another connection"));
    ASSERT_EQ(out.offers.size(), 5U);
    EXPECT_EQ(out.offers[1].action, diagnosis::Action::ReRegister);
    EXPECT_TRUE(out.offers[1].possible) << out.offers[1].text;
}

TEST(FlowRoute, WhatOurFlowHasNowIsStillItsWay)
{
    const auto routes = way("203.0.113.5:15060") + " " + way("192.0.2.20:5060");
    const support::Folded folded(support::Conversation(std::string(kMadeAnew) + bye(routes)), {},
                                 behindNat);
    EXPECT_EQ(judged(folded).which, FlowCase::PeersFlow);
}

TEST(FlowRoute, ACallThatLeftByAFormerConnectionIsOfItsFlow)
{
    const support::Folded folded(R"(
  own alice
  0.000 alice>edge flow up
  5.000 alice>edge INVITE tcp offer
  5.500 edge>alice 480 tcp tag=b
  6.000 alice>edge flow up port=40001
)");
    const auto evidence = folded.evidence();
    const auto *const flow = diagnosis::carrier(evidence, evidence.call.invite);
    ASSERT_NE(flow, nullptr);
    EXPECT_EQ(flow->report.local.port, 40001);
}

TEST(FlowRoute, BehindOneNatTheTokenBesideTheOwnOneIsThePeers)
{
    EXPECT_EQ(
        judged(support::Folded(bye(way("192.0.2.10:5060") + " " + way("192.0.2.10:6000")))).which,
        FlowCase::PeersFlow);
}

TEST(FlowRoute, TheEdgeSeesTheSenderAsItsViaSays)
{
    // The edge answers to the address that the NAT lent; inside, the trace sees the private one.
    const support::Conversation spoken(
        bye(way("203.0.113.5:40000") + " " + way("192.0.2.20:5060")));
    const auto seen = [](base::Packet packet) {
        std::string text(packet.payload.text());
        const std::string via = "192.0.2.10:5060;branch";
        if (const auto at = text.find(via); at != std::string::npos && text.starts_with("SIP/2.0"))
            text.insert(at + via.size() - 7, ";received=203.0.113.5;rport=40000");
        packet.payload = base::Blob::copy(text);
        return packet;
    };
    EXPECT_EQ(judged(support::Folded(spoken, {}, seen)).which, FlowCase::PeersFlow);
    const support::Conversation old(bye(way("203.0.113.5:39999") + " " + way("192.0.2.20:5060")));
    EXPECT_EQ(judged(support::Folded(old, {}, seen)).which, FlowCase::OwnOldFlow);
}

TEST(FlowRoute, TheCalleesRequestTurnsTheSidesRound)
{
    const support::Folded folded(std::string(kRegistered) +
                                 "40.0 alice>edge tcp fin\n"
                                 "50.0 edge>bob INVITE tcp offer\n"
                                 "50.5 bob>edge 200 tcp tag=b answer\n" +
                                 fmt::format("60.000 bob>edge BYE tcp reverse tag=b {} {}\n"
                                             "60.010 edge>bob 430 tcp\n",
                                             way("192.0.2.20:5060"), way("192.0.2.10:5060")));
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.which, FlowCase::PeersFlow);
    ASSERT_FALSE(verdict.fixes.empty());
    EXPECT_EQ(verdict.fixes.front().party, "caller's user agent") << "alice keeps that flow";
    EXPECT_THAT(textOf(folded, "flow-430-in-dialog"), HasSubstr("user agent 192.0.2.10:5060"));
}

TEST(FlowRoute, AnInitialRequestFailsOnTheTargetsFlow)
{
    const support::Folded own(fmt::format("5.000 alice>edge INVITE tcp offer {}\n"
                                          "5.010 edge>alice 430 tcp tag=e\n",
                                          way("192.0.2.10:5060")));
    EXPECT_EQ(judged(own).which, FlowCase::NoFlowLeft) << "it came by that very connection";
    const support::Folded stale(fmt::format("5.000 alice>edge INVITE tcp offer {}\n"
                                            "5.010 edge>alice 430 tcp tag=e\n",
                                            way("192.0.2.10:4999")));
    EXPECT_EQ(judged(stale).which, FlowCase::StaleRoute);
}

/// What is said of our own flows beside a 480 to a call of alice's own.
std::string told(const std::string &flows)
{
    const support::Folded folded("own alice\n"
                                 "0.000 alice>edge flow up\n"
                                 "0.000 alice>edge2 flow up reg=2 port=5070\n" +
                                 flows +
                                 "60.000 alice>edge INVITE tcp offer\n"
                                 "60.500 edge>alice 480 tcp tag=b\n");
    const auto evidence = folded.evidence();
    return diagnosis::explain(evidence, folded.row(480), diagnosis::diagnose(evidence).list)
        .happened;
}

TEST(FlowRoute, OnlyTheFlowThatCarriedTheRequestIsDoubted)
{
    EXPECT_THAT(told("50.0 alice>edge flow suspect\n"), HasSubstr("Our own flow 1"));
    EXPECT_THAT(told("50.0 alice>edge tcp fin\n"), HasSubstr("Our own flow 1"));
    EXPECT_THAT(told("50.0 alice>edge2 flow suspect reg=2 port=5070\n"),
                Not(HasSubstr("Our own flow")));
    EXPECT_THAT(told("50.0 alice>edge flow suspect\n55.0 alice>edge flow up\n"),
                Not(HasSubstr("Our own flow")))
        << "it had come back";
    EXPECT_THAT(told("50.0 alice>edge tcp fin\n55.0 alice>edge flow up\n"),
                Not(HasSubstr("Our own flow")))
        << "over a new connection";
}

} // namespace
