// SPDX-License-Identifier: Apache-2.0
#include "table_fixture.h"
#include "token_writer.h"

namespace {

using namespace flows_test;

TEST_F(FlowTable, LearnsAFlowFromItsRegistration)
{
    const auto request = wire.send(kAgent, kEdge, support::request("REGISTER", registering(1)));
    ASSERT_TRUE(flow());
    EXPECT_FALSE(flow()->granted);
    const auto response = wire.send(kEdge, kAgent, support::response(200, "REGISTER", granted(1)));
    const auto known = flow();
    ASSERT_TRUE(known);
    EXPECT_FALSE(known->ours);
    EXPECT_TRUE(known->granted);
    EXPECT_EQ(known->userAgent.text(), kAgent);
    EXPECT_EQ(known->edge.text(), kEdge);
    EXPECT_EQ(known->transport, base::Transport::Tcp);
    EXPECT_EQ(known->lastRegister, request);
    EXPECT_EQ(known->lastResponse, response);
    EXPECT_EQ(known->report.aor, "sip:bob@example.test");
    EXPECT_EQ(known->report.regId, 1U);
    EXPECT_EQ(known->report.instance, "urn:uuid:00000000-0000-1000-8000-000A95A0E128");
    EXPECT_EQ(known->report.flowTimer, std::chrono::seconds(120));
    EXPECT_EQ(known->registered, wire.trace.row(response).time);
    EXPECT_EQ(known->report.registeredUntil, known->registered + std::chrono::seconds(3600));
    EXPECT_EQ(happenings(*known), std::vector{Happening::Registered});
    EXPECT_EQ(table.all().size(), 1U);
}

TEST_F(FlowTable, TakesTheTokenFromThePathBehindTheEdge)
{
    const auto token = flows_test::encodeToken(
        {base::Transport::Tcp, support::Wire::at(kEdge), support::Wire::at(kAgent)}, "0123456789");
    wire.send(kAgent, kEdge, support::request("REGISTER", registering(1)));
    Fields forwarded = registering(1, 1, "Path: <sip:" + token + "@192.0.2.5;lr;ob>\r\n");
    forwarded.relays = "Via: SIP/2.0/TCP 203.0.113.7:34567;branch=z9hG4bKr1\r\n";
    wire.send(kEdge, kHome, support::request("REGISTER", forwarded));
    Fields back = granted(1);
    wire.send(kHome, kEdge, support::response(200, "REGISTER", back));
    EXPECT_FALSE(table.all().at(0)->granted) << "only what reaches the user agent counts";
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", back));
    ASSERT_EQ(table.all().size(), 1U);
    EXPECT_TRUE(flow()->withPath);
    EXPECT_EQ(flow()->token, token);
    EXPECT_TRUE(flow()->granted);
    EXPECT_EQ(flows::decodeToken(flow()->token)->userAgent, flow()->userAgent);
}

TEST_F(FlowTable, FindsTheConnectionInTheTokenWhenOnlyTheFarSideWasSeen)
{
    const auto token = flows_test::encodeToken(
        {base::Transport::Tls, support::Wire::at(kEdge), support::Wire::at(kAgent)}, "0123456789");
    Fields forwarded = registering(2, 1, "Path: <sip:" + token + "@192.0.2.5;lr;ob>\r\n");
    forwarded.relays = "Via: SIP/2.0/TLS 203.0.113.7:34567;branch=z9hG4bKr1\r\n";
    wire.send(kEdge, kHome, support::request("REGISTER", forwarded));
    wire.send(kHome, kEdge, support::response(200, "REGISTER", granted(2)));
    ASSERT_TRUE(flow());
    EXPECT_EQ(flow()->userAgent.text(), kAgent);
    EXPECT_EQ(flow()->transport, base::Transport::Tls);
    EXPECT_TRUE(flow()->granted);
}

TEST_F(FlowTable, KnowsARefusalFromAChallenge)
{
    wire.send(kAgent, kEdge, support::request("REGISTER", registering(1)));
    wire.send(kEdge, kAgent, support::response(401, "REGISTER", granted(1)));
    EXPECT_TRUE(flow()->events.empty());
    wire.send(kAgent, kEdge, support::request("REGISTER", registering(1, 2)));
    wire.send(kEdge, kAgent, support::response(439, "REGISTER", granted(1, 2)));
    ASSERT_EQ(happenings(*flow()), std::vector{Happening::RegisterFailed});
    EXPECT_EQ(flow()->events[0].status, 439);
    EXPECT_FALSE(flow()->registered.known());
}

TEST_F(FlowTable, FollowsKeepAlivesAndTheEndOfTheConnection)
{
    registerOver(kAgent, 1);
    wire.mark(RowKind::Ping, kAgent, kEdge);
    wire.mark(RowKind::Pong, kEdge, kAgent);
    EXPECT_GT(flow()->lastPong, flow()->lastPing);
    const auto end = wire.mark(RowKind::Fin, kEdge, kAgent);
    EXPECT_EQ(flow()->closedAt, end);
    wire.mark(RowKind::Reset, kAgent, kEdge);
    EXPECT_EQ(flow()->closedAt, end);
    EXPECT_EQ(happenings(*flow()),
              (std::vector{Happening::Registered, Happening::Ping, Happening::Pong,
                           Happening::Closed, Happening::Reset}));
    wire.mark(RowKind::Ping, kHome, kAgent);
    EXPECT_FALSE(last.valid()) << "a connection nobody registered over";
}

TEST_F(FlowTable, JoinsOurOwnFlowWithWhatTheWireTold)
{
    tell(report(base::FlowState::Connecting, ""));
    const auto own = last;
    registerOver(kAgent, 1);
    EXPECT_NE(last, own) << "the engine has not told the addresses yet";
    EXPECT_EQ(table.all().size(), 2U);
    tell(report(base::FlowState::Up, kAgent));
    EXPECT_EQ(last, own);
    ASSERT_EQ(table.all().size(), 1U);
    EXPECT_TRUE(flow()->ours);
    EXPECT_TRUE(flow()->granted);
    EXPECT_TRUE(flow()->lastRegister.valid());
    EXPECT_EQ(flow()->report.state, base::FlowState::Up);
    EXPECT_EQ(flow()->events.back().text, "UP: told by a test");
    EXPECT_EQ(happenings(*flow()), (std::vector{Happening::StateChanged, Happening::Registered,
                                                Happening::StateChanged}));

    // The wire finds it by its ends from now on; the next connection has other ends, the flow stays
    // the same.
    wire.mark(RowKind::Fin, kEdge, kAgent);
    EXPECT_EQ(last, own);
    EXPECT_TRUE(flow()->closedAt.valid());
    tell(report(base::FlowState::Registering, "203.0.113.7:40000"));
    EXPECT_EQ(last, own);
    EXPECT_FALSE(flow()->closedAt.valid());
    EXPECT_FALSE(flow()->granted);
    registerOver("203.0.113.7:40000", 1, 2);
    EXPECT_EQ(last, own);
    EXPECT_TRUE(flow()->granted);
    EXPECT_EQ(flow()->report.state, base::FlowState::Registering)
        << "the engine alone knows our state";
    wire.mark(RowKind::Ping, kAgent, kEdge);
    EXPECT_FALSE(last.valid()) << "the old connection is nobody's";
}

TEST_F(FlowTable, RemovesARegistrationWithExpiresZero)
{
    registerOver(kAgent, 1);
    EXPECT_TRUE(flow()->registered.known());
    wire.send(kAgent, kEdge, support::request("REGISTER", registering(1, 2, "Expires: 0\r\n")));
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", granted(1, 2)));
    EXPECT_FALSE(flow()->registered.known());
    EXPECT_FALSE(flow()->report.registeredUntil.known());
    EXPECT_EQ(flow()->events.back().text, "registration removed");
    EXPECT_EQ(happenings(*flow()), (std::vector{Happening::Registered, Happening::Removed}));
    EXPECT_TRUE(flow()->events.front().granted);
    EXPECT_EQ(flow()->events.front().flowTimer, std::chrono::seconds(120));
    EXPECT_EQ(flow()->flowTimer, std::chrono::seconds(120)) << "what was granted stays known";
    EXPECT_TRUE(flow()->grantedBy.valid());
}

TEST_F(FlowTable, TakesAStarContactForARemoval)
{
    registerOver(kAgent, 1);
    Fields all = registering(1, 2);
    all.extra = "Contact: *\r\nExpires: 0\r\n";
    wire.send(kAgent, kEdge, support::request("REGISTER", all));
    Fields none = registering(1, 2);
    none.extra.clear();
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", none));
    EXPECT_FALSE(flow()->registered.known());
    EXPECT_FALSE(flow()->granted);
    EXPECT_EQ(flow()->events.back().text, "registration removed");
}

TEST_F(FlowTable, IsLeftAsItIsByAQuestionAndByAnotherUsersRegistration)
{
    registerOver(kAgent, 1);
    const auto id = last;
    const auto registered = flow()->registered;
    Fields asks = registering(1, 2);
    asks.extra.clear(); // RFC 3261 section 10.2.3: only asks for the bindings
    wire.send(kAgent, kEdge, support::request("REGISTER", asks));
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", asks));
    EXPECT_TRUE(table.snapshot(id)->granted);
    EXPECT_EQ(table.snapshot(id)->registered, registered);

    Fields other = registering(1, 3);
    other.callId = "other";
    other.extra = "Contact: <sip:carol@203.0.113.7:34567;transport=tcp>\r\n";
    const auto replace = [](std::string text) {
        const auto at = text.find("To: <sip:bob@");
        return text.replace(at, 13, "To: <sip:carol@");
    };
    wire.send(kAgent, kEdge, replace(support::request("REGISTER", other)));
    wire.send(kEdge, kAgent, replace(support::response(200, "REGISTER", other)));
    EXPECT_TRUE(table.snapshot(id)->granted);
    EXPECT_EQ(table.snapshot(id)->registered, registered);
    EXPECT_EQ(table.snapshot(id)->report.aor, "sip:bob@example.test");
}

TEST_F(FlowTable, LivesAgainWhenTheSamePortsCarryANewConnection)
{
    registerOver(kAgent, 1);
    const auto id = last;
    wire.mark(RowKind::Ping, kAgent, kEdge);
    wire.mark(RowKind::Fin, kEdge, kAgent);
    registerOver(kAgent, 1, 2);
    ASSERT_EQ(last, id);
    EXPECT_FALSE(flow()->closedAt.valid());
    wire.time = wire.time + std::chrono::seconds(60);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(table.snapshot(id)->events.back().what, Happening::Registered)
        << "nobody waits for the pong of the connection that ended";
    const auto end = wire.mark(RowKind::Reset, kAgent, kEdge);
    EXPECT_EQ(table.snapshot(id)->closedAt, end);
}

TEST_F(FlowTable, StaysClosedWhenOnlyTheAnswerToAnEarlierRequestComes)
{
    wire.send(kAgent, kEdge, support::request("REGISTER", registering(1)));
    const auto end = wire.mark(RowKind::Fin, kAgent, kEdge);
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", granted(1)));
    EXPECT_EQ(flow()->closedAt, end);
}

TEST_F(FlowTable, NotesWhatElseTravelsOnAFlow)
{
    registerOver(kAgent, 1);
    wire.send(kEdge, kAgent, support::request("INVITE"));
    EXPECT_EQ(flow()->events.back().what, Happening::Used);
    EXPECT_EQ(flow()->events.back().text, "INVITE");
    const auto answer = wire.send(kAgent, kEdge, support::response(180, "INVITE", {.toTag = "b"}));
    EXPECT_EQ(flow()->lastSeen, wire.trace.row(answer).time);
}

TEST_F(FlowTable, AsksForRegIdAndInstanceBoth)
{
    Fields fields;
    fields.extra = "Contact: <sip:bob@203.0.113.7>;reg-id=1\r\n";
    wire.send(kAgent, kEdge, support::request("REGISTER", fields));
    EXPECT_FALSE(last.valid());
    fields.extra = "Contact: <sip:bob@203.0.113.7>;reg-id=0;+sip.instance=\"<urn:uuid:1>\"\r\n";
    wire.send(kAgent, kEdge, support::request("REGISTER", fields));
    EXPECT_FALSE(last.valid());
    fields.extra = "Contact: *\r\nExpires: 0\r\n";
    wire.send(kAgent, kEdge, support::request("REGISTER", fields));
    EXPECT_FALSE(last.valid());
    EXPECT_TRUE(table.all().empty());
}

TEST_F(FlowTable, IsBoundedAndForgetsTheLongestUnseen)
{
    flows::FlowTable small(wire.trace, 2);
    const auto feed = [&](const char *agent, int regId) {
        const auto text = support::request("REGISTER", registering(regId));
        const auto row = wire.send(agent, kEdge, text);
        const auto message = sip::parse(text);
        return small.add(row, &*message);
    };
    const auto one = feed("203.0.113.7:1", 1);
    const auto two = feed("203.0.113.7:2", 2);
    EXPECT_EQ(feed("203.0.113.7:1", 1), one);
    const auto three = feed("203.0.113.7:3", 3);
    EXPECT_EQ(small.evicted(), 1U);
    EXPECT_EQ(small.snapshot(two), nullptr);
    EXPECT_TRUE(small.snapshot(one));
    EXPECT_TRUE(small.snapshot(three));
    EXPECT_NE(feed("203.0.113.7:2", 2), two) << "an id is never used again";
}

TEST_F(FlowTable, KeepsTheNewestEventsOnly)
{
    registerOver(kAgent, 1);
    for (int i = 0; i < 1000; ++i)
        wire.mark(RowKind::Ping, kAgent, kEdge);
    EXPECT_EQ(flow()->events.size(), 256U);
    EXPECT_EQ(flow()->events.back().row.value, wire.trace.size() - 1);
}

} // namespace

TEST_F(FlowTable, AFlowOfOursThatNeverConnectedTellsWhereItTries)
{
    auto told = report(base::FlowState::BackingOff, {});
    told.remote = support::Wire::at(kEdge);
    tell(told);
    const auto known = flow();
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->ours);
    EXPECT_EQ(known->edge.text(), kEdge);
    EXPECT_EQ(known->transport, base::Transport::Tcp);
    EXPECT_FALSE(known->userAgent.known());
}
