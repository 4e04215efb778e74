// SPDX-License-Identifier: Apache-2.0
// A user agent that leaves takes its registrations away, often over another connection than the one
// that is told of: the rules judge what was true while it was registered.
#include <diagnosis/explain.h>

#include "folded.h"

#include <fmt/format.h>

namespace {

using diagnosis::Severity;

struct Asked {
    double after = 0;
    int cseq = 1;
    int port = 5060;
    int expires = 600;
    std::string_view edge = "edge";
    int regId = 1;
    std::string_view call = "r1";
    std::string_view grant = "\"Require: outbound\"";
    int instance = 1;
    std::string_view path = {};
};

/// A REGISTER of bob's over TCP and its 200.
std::string registered(const Asked &asked)
{
    const auto contact = fmt::format(R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id={};)"
                                     R"(+sip.instance=\"<urn:uuid:{}>\";expires={}")",
                                     asked.regId, asked.instance, asked.expires);
    return fmt::format("{0:.3f} bob>{1} REGISTER tcp call={2} cseq={3} sport={4} "
                       "\"Supported: path, outbound\" {5}\n"
                       "{6:.3f} {1}>bob 200 tcp call={2} dport={4} tag=r {7} {8} {9}\n",
                       asked.after, asked.edge, asked.call, asked.cseq, asked.port, contact,
                       asked.after + 0.05, asked.expires == 0 ? std::string_view() : asked.grant,
                       asked.expires == 0 ? std::string() : contact, asked.path);
}

std::string leaves(double after, int cseq, int port = 5060)
{
    return registered({.after = after, .cseq = cseq, .port = port, .expires = 0});
}

/// Our own flow, as the engine tells of it.
std::string told(double when, std::string_view state, int port)
{
    return fmt::format("{:.3f} bob>edge flow {} port={}\n", when, state, port);
}

const std::string kOwn = "own bob\n" + registered({.port = 5071}) + told(0.06, "up", 5071);

std::string textOf(const support::Folded &folded, std::string_view rule)
{
    const auto found = folded.find(rule);
    return found == nullptr ? std::string() : found->text;
}

TEST(FlowLeaving, TheConnectionThatWasClosedIsNamedAndTheReturnIsKnown)
{
    for (const std::string_view end : {"fin", "reset"}) {
        const std::string lost = kOwn + fmt::format("2.500 edge>bob tcp {} dport=5071\n", end) +
                                 told(2.501, "failed", 5071) +
                                 registered({.after = 2.6, .cseq = 2, .port = 5072}) +
                                 told(2.66, "up", 5072);
        for (const std::string &tail : {std::string(), leaves(6, 3, 5072), leaves(6, 3, 5073)}) {
            const auto text = textOf(support::Folded(lost + tail), "flow-closed-by-peer");
            EXPECT_NE(text.find("192.0.2.20:5071 [1]"), std::string::npos) << text;
            EXPECT_NE(text.find("it was registered again 150 ms later"), std::string::npos) << text;
        }
    }
}

TEST(FlowLeaving, TakingTheBindingAwayIsNoReturn)
{
    const std::string lost = kOwn + "2.500 edge>bob tcp fin dport=5071\n";
    const auto text = textOf(support::Folded(lost + told(2.6, "failed", 5071) + leaves(6, 2, 5072) +
                                             told(6.1, "off", 5072)),
                             "flow-closed-by-peer");
    EXPECT_NE(text.find("192.0.2.20:5071 [1]"), std::string::npos) << text;
    EXPECT_NE(text.find("it was not registered again"), std::string::npos) << text;
}

TEST(FlowLeaving, WhatIsClosedAfterTheLeaveIsNoLoss)
{
    EXPECT_FALSE(support::Folded(kOwn + leaves(6, 2, 5071) + "6.2 edge>bob tcp fin dport=5071\n")
                     .has("flow-closed-by-peer"));
}

TEST(FlowLeaving, ARefusalOfOutboundIsToldAfterTheLeaveToo)
{
    const auto plain = registered({.grant = ""});
    const auto text = textOf(support::Folded(plain + leaves(30, 2)), "flow-not-granted");
    EXPECT_NE(text.find("reg-id 1 [1]"), std::string::npos) << text;
    const std::string all =
        "20 bob>edge REGISTER tcp call=r1 cseq=2 \"Contact: *\" \"Expires: 0\"\n"
        "20.1 edge>bob 200 tcp call=r1 tag=r\n";
    EXPECT_TRUE(support::Folded(plain + all).has("flow-not-granted"));
}

TEST(FlowLeaving, ARegisterThatOnlyAsksIsNoRegistration)
{
    const support::Conversation spoken(registered({.grant = ""}) +
                                       "20 bob>edge REGISTER tcp call=r1 cseq=2\n"
                                       "20.1 edge>bob 200 tcp call=r1 tag=r\n");
    const auto withoutContact = [](base::Packet packet) {
        std::string text(packet.payload.text());
        const auto from =
            text.find("CSeq: 2") == std::string::npos ? std::string::npos : text.find("Contact: ");
        if (from != std::string::npos)
            packet.payload = base::Blob::copy(text.erase(from, text.find("\r\n", from) + 2 - from));
        return packet;
    };
    EXPECT_TRUE(support::Folded(spoken, {}, withoutContact).has("flow-not-granted"));
}

TEST(FlowLeaving, TheNewestRegistrationTellsWhetherOutboundIsGranted)
{
    const auto plain = registered({.grant = ""});
    const auto granted = registered({.after = 10, .cseq = 2});
    EXPECT_FALSE(support::Folded(plain + granted + leaves(30, 3)).has("flow-not-granted"));
    EXPECT_FALSE(support::Folded(granted + leaves(30, 3)).has("flow-not-granted"));
    const std::string withoutRegId =
        "20 bob>edge REGISTER tcp call=r1 cseq=2 \"Contact: <sip:bob@192.0.2.20>\"\n"
        "20.1 edge>bob 200 tcp call=r1 tag=r \"Contact: <sip:bob@192.0.2.20>;expires=600\"\n";
    EXPECT_FALSE(support::Folded(plain + withoutRegId + leaves(30, 3)).has("flow-not-granted"));
}

TEST(FlowLeaving, ALatePongIsToldThoughTheEngineDoubtedTheFlow)
{
    const std::string late = kOwn + "20 bob>edge tcp ping sport=5071\n" +
                             told(24, "suspect", 5071) + "25 edge>bob tcp pong dport=5071\n" +
                             told(25.001, "up", 5071);
    const auto text = textOf(support::Folded(late + leaves(60, 2, 5071) + told(60.1, "off", 5071)),
                             "flow-pong-late");
    EXPECT_NE(text.find("5.0 s after the ping"), std::string::npos) << text;
    EXPECT_TRUE(support::Folded(late + "60 tick\n").has("flow-pong-late"));
}

TEST(FlowLeaving, APongThatNobodyPromisedIsNotLate)
{
    const std::string pinged = "20 bob>edge tcp ping\n25 edge>bob tcp pong\n";
    const auto again = registered({.after = 40, .cseq = 2});
    EXPECT_TRUE(support::Folded(registered({}) + pinged + leaves(60, 3)).has("flow-pong-late"));
    EXPECT_FALSE(support::Folded(registered({.grant = ""}) + pinged + again).has("flow-pong-late"))
        << "outbound was granted later";
    EXPECT_FALSE(
        support::Folded(registered({}) + leaves(10, 2) + pinged + again).has("flow-pong-late"))
        << "it had left, and came back";
}

TEST(FlowLeaving, A430ToARegisterIsNotOneToACall)
{
    const std::string refused =
        "0 bob>edge REGISTER tcp call=r1\n0.01 edge>bob 430 tcp call=r1 tag=r\n";
    const support::Folded alone(refused);
    EXPECT_FALSE(alone.has("flow-430-initial"));
    const auto found = alone.find("flow-430-register");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, Severity::Error);
    EXPECT_EQ(found->text.find("caller"), std::string::npos) << found->text;
    EXPECT_EQ(found->text.find("connection is gone"), std::string::npos) << found->text;
    const auto evidence = alone.evidence();
    const auto told =
        diagnosis::explain(evidence, alone.row(430), diagnosis::diagnose(evidence).list);
    EXPECT_EQ(told.happened.find("connection is gone"), std::string::npos) << told.happened;
    EXPECT_EQ(told.happened.find("target"), std::string::npos) << told.happened;
}

TEST(FlowLeaving, OnlyARegisterThatBindsMendsARefusal)
{
    for (const int code : {430, 439}) {
        const std::string refused = fmt::format(
            "0 bob>edge REGISTER tcp call=r1 cseq=1 \"Supported: path, outbound\" "
            R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"")"
            "\n0.01 edge>bob {} tcp call=r1 tag=r\n",
            code);
        const std::string rule = code == 430 ? "flow-430-register" : "flow-439";
        const auto severity = [&](const std::string &conversation) {
            const auto found = support::Folded(conversation).find(rule);
            return found == nullptr ? Severity::Info : found->severity;
        };
        EXPECT_EQ(severity(refused + leaves(5, 2)), Severity::Error) << code;
        EXPECT_EQ(severity(refused + registered({.after = 5, .cseq = 2}) + leaves(9, 3)),
                  Severity::Warning)
            << code;
    }
}

TEST(FlowLeaving, AFlowOfOursThatCameBackHadNoPongAllTheSame)
{
    const std::string dead = kOwn + "20 bob>edge tcp ping sport=5071\n" + told(24, "suspect", 5071);
    const std::string gaveUp =
        dead + "30.1 bob>edge tcp fin sport=5071\n" + told(30.1, "failed", 5071);
    const std::string back = gaveUp + registered({.after = 30.2, .cseq = 2, .port = 5072}) +
                             told(30.3, "up", 5072) +
                             "31 bob>edge tcp ping sport=5072\n31.1 edge>bob tcp pong dport=5072\n";
    for (const std::string &end : {std::string(), leaves(60, 3, 5072)}) {
        const auto found = support::Folded(back + end).find("flow-pong-timeout");
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->severity, Severity::Warning) << found->text;
        EXPECT_NE(found->text.find("The ping of 192.0.2.20:5071"), std::string::npos);
        EXPECT_NE(found->text.find("again 250 ms later from 192.0.2.20:5072 [2]"),
                  std::string::npos)
            << found->text;
    }
    const auto lost = support::Folded(gaveUp + leaves(60, 2, 5072)).find("flow-pong-timeout");
    ASSERT_NE(lost, nullptr);
    EXPECT_EQ(lost->severity, Severity::Error) << lost->text;
    EXPECT_FALSE(support::Folded(dead + "29 edge>bob tcp pong dport=5071\n" + leaves(60, 2, 5071))
                     .has("flow-pong-timeout"));
}

TEST(FlowLeaving, TwoFlowsToOneHostAreToldOfAfterBothLeft)
{
    const auto one = registered({});
    const auto two = registered({.after = 1, .port = 5062, .regId = 2, .call = "r2"});
    const auto oneLeaves = registered({.after = 60, .cseq = 2, .expires = 0});
    const auto twoLeaves = registered(
        {.after = 60.2, .cseq = 2, .port = 5062, .expires = 0, .regId = 2, .call = "r2"});
    EXPECT_TRUE(support::Folded(one + two + oneLeaves).has("flow-same-host"));
    EXPECT_TRUE(support::Folded(one + two + oneLeaves + twoLeaves).has("flow-same-host"));
    const auto moves = registered({.after = 1.5, .cseq = 2, .expires = 0});
    EXPECT_FALSE(support::Folded(one + two + moves).has("flow-same-host")) << "a move";
    EXPECT_FALSE(support::Folded(one + two + moves + twoLeaves).has("flow-same-host"));
}

TEST(FlowLeaving, TwoFlowsUnderOneCallIdAreToldOfAfterBothLeft)
{
    const auto both =
        registered({}) + registered({.after = 1, .cseq = 2, .edge = "edge2", .regId = 2});
    const auto leave =
        leaves(60, 3) +
        registered({.after = 60.2, .cseq = 4, .expires = 0, .edge = "edge2", .regId = 2});
    EXPECT_TRUE(support::Folded(both + leave).has("flow-shared-callid"));
    EXPECT_FALSE(
        support::Folded(
            registered({}) + "0.5 edge>bob tcp fin\n" +
            registered({.after = 1, .cseq = 2, .edge = "edge2", .regId = 2}) +
            registered({.after = 60, .cseq = 3, .expires = 0, .edge = "edge2", .regId = 2}))
            .has("flow-shared-callid"))
        << "the first was dead by then";
}

TEST(FlowLeaving, ADeviceWithAnotherInstanceIsKnownThoughItLeft)
{
    const auto one = registered({});
    const auto two = registered({.after = 30, .port = 5062, .call = "r2", .instance = 2});
    const auto left = registered(
        {.after = 60, .cseq = 2, .port = 5062, .expires = 0, .call = "r2", .instance = 2});
    const auto text = textOf(support::Folded(one + two + left), "flow-instance-changed");
    EXPECT_NE(text.find("30.0 s later"), std::string::npos) << text;
    EXPECT_FALSE(support::Folded(one + leaves(20, 2) + two + left).has("flow-instance-changed"));
}

TEST(FlowLeaving, AChangedAddressThatWasMendedStaysMended)
{
    const auto over = [](double after, int cseq, int expires) {
        const auto contact = fmt::format(
            R"("Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires={}")",
            expires);
        return fmt::format(
            "{:.2f} bob>edge REGISTER call=r1 cseq={} \"Supported: path, outbound\" {}\n"
            "{:.2f} edge>bob 200 call=r1 tag=r {}\n",
            after, cseq, contact, after + 0.05,
            expires == 0 ? "" : "\"Require: outbound\" " + contact);
    };
    const std::string moved = over(0, 1, 600) +
                              "20 bob>edge stun ping\n20.01 edge>bob stun pong mapped=40001\n"
                              "45 bob>edge stun ping\n45.01 edge>bob stun pong mapped=40002\n";
    const auto severity = [](const std::string &conversation) {
        const auto found = support::Folded(conversation).find("flow-mapped-changed");
        return found == nullptr ? Severity::Info : found->severity;
    };
    EXPECT_EQ(severity(moved + over(46, 2, 600) + over(60, 3, 0)), Severity::Warning);
    EXPECT_EQ(severity(moved + over(60, 2, 0)), Severity::Error) << "it only left";
    const std::string mute = "20 bob>edge ping\n30 bob>edge ping\n40 bob>edge ping\n";
    EXPECT_TRUE(support::Folded(over(0, 1, 600) + mute + over(60, 2, 0)).has("flow-ka-wrong"));
}

/// Two flows of bob's, the first of which nobody has any more when he is called.
std::string called(const std::string &second, std::string_view failure)
{
    return registered({.path = "\"Path: <sip:flow-one@192.0.2.2;lr;ob>\""}) + second +
           fmt::format("30.000 home>edge INVITE offer branch=one "
                       "\"Route: <sip:flow-one@192.0.2.2;lr;ob>\"\n{}\n50 tick\n",
                       failure);
}

TEST(FlowLeaving, TheSecondFlowCountsAsItWasWhenTheCallCame)
{
    const auto second = [](double after, int cseq, int expires) {
        return registered({.after = after,
                           .cseq = cseq,
                           .expires = expires,
                           .edge = "edge2",
                           .regId = 2,
                           .call = "r2"});
    };
    const auto missing = [](const std::string &flow) {
        return textOf(support::Folded(called(flow, "30.010 edge>home 430 tag=e")),
                      "flow-failover-missing");
    };
    const auto stood = second(1, 1, 600);
    EXPECT_NE(missing(stood).find("registered 28.9 s before"), std::string::npos);
    EXPECT_NE(missing(stood + second(40, 2, 600)).find("registered 28.9 s before"),
              std::string::npos)
        << "refreshed later";
    EXPECT_FALSE(missing(stood + second(40, 2, 0)).empty()) << "it left later";
    EXPECT_TRUE(missing(stood + second(20, 2, 0)).empty()) << "it had left";
    EXPECT_TRUE(missing(second(40, 1, 600)).empty()) << "it came later";
}

TEST(FlowLeaving, AnotherFlowThatLivedWhenTheCallCameHidesNothing)
{
    const auto second = [](double after, int cseq, int expires) {
        return registered({.after = after,
                           .cseq = cseq,
                           .expires = expires,
                           .edge = "edge2",
                           .regId = 2,
                           .call = "r2"});
    };
    const auto hidden = [&](const std::string &later) {
        return support::Folded(registered({}) + "20 bob>edge tcp fin\n" + later +
                               "30 alice>edge INVITE offer\n30.005 edge>alice 480 tag=e\n")
            .has("flow-hidden");
    };
    EXPECT_TRUE(hidden(""));
    EXPECT_FALSE(hidden(second(1, 1, 600)));
    EXPECT_FALSE(hidden(second(1, 1, 600) + second(40, 2, 600))) << "refreshed later";
    EXPECT_FALSE(hidden(second(1, 1, 600) + second(40, 2, 0))) << "it left later";
    EXPECT_TRUE(hidden(second(1, 1, 600) + second(10, 2, 0))) << "it had left";
    EXPECT_TRUE(hidden(second(40, 1, 600))) << "it came later";
}

TEST(FlowLeaving, ACallIsJudgedByTheFlowAsItStoodThen)
{
    const auto missing = [](double when, const std::string &later) {
        return support::Folded(registered({}) + later +
                               fmt::format("{0}.00 bob>edge INVITE tcp offer\n"
                                           "{0}.50 edge>bob 200 tcp tag=b answer\n"
                                           "{0}.55 bob>edge ACK tcp tag=b\n",
                                           when))
            .has("flow-ob-missing");
    };
    EXPECT_TRUE(missing(5, ""));
    EXPECT_TRUE(missing(5, registered({.after = 300, .cseq = 2}))) << "refreshed later";
    EXPECT_TRUE(missing(5, leaves(300, 2))) << "it left later";
    EXPECT_FALSE(missing(5, leaves(3, 2))) << "it had left";
    EXPECT_FALSE(missing(700, registered({.after = 800, .cseq = 2}))) << "it had run out";
}

} // namespace
