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
};

/// A REGISTER of bob's over TCP and its 200.
std::string registered(const Asked &asked)
{
    const auto contact = fmt::format(R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id={};)"
                                     R"(+sip.instance=\"<urn:uuid:1>\";expires={}")",
                                     asked.regId, asked.expires);
    return fmt::format("{0:.3f} bob>{1} REGISTER tcp call={2} cseq={3} sport={4} "
                       "\"Supported: path, outbound\" {5}\n"
                       "{6:.3f} {1}>bob 200 tcp call={2} dport={4} tag=r {7} {8}\n",
                       asked.after, asked.edge, asked.call, asked.cseq, asked.port, contact,
                       asked.after + 0.05, asked.expires == 0 ? std::string_view() : asked.grant,
                       asked.expires == 0 ? std::string() : contact);
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

} // namespace
