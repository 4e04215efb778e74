// SPDX-License-Identifier: Apache-2.0
// Keep-alives that are not answered: when that is a failure, and when it is not.
#include "table_fixture.h"

namespace {

using namespace flows_test;

TEST_F(FlowTable, NoticesAPongThatDoesNotCome)
{
    registerOver(kAgent, 1);
    const auto id = last;
    wire.mark(RowKind::Ping, kAgent, kEdge);
    const auto sent = table.snapshot(id)->lastPing;
    wire.time = sent + std::chrono::seconds(10);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_FALSE(last.valid()) << "ten seconds are not over";
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(last, id);
    EXPECT_EQ(table.touched(), std::vector{id});
    EXPECT_EQ(table.snapshot(id)->events.back().what, Happening::PongMissing);
    EXPECT_EQ(table.snapshot(id)->events.back().time, sent + std::chrono::seconds(10));
}

TEST_F(FlowTable, ExpectsAnAnswerToStunOverUdpButNoneToCrlf)
{
    using namespace std::string_view_literals;
    constexpr std::string_view kBinding = "\x00\x01\x00\x00"sv;
    wire.transport = base::Transport::Udp;
    registerOver(kAgent, 1);
    const auto id = last;
    wire.mark(RowKind::Ping, kAgent, kEdge);
    wire.time = wire.time + std::chrono::seconds(20);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(table.snapshot(id)->events.back().what, Happening::Ping);

    wire.mark(RowKind::Ping, kAgent, kEdge, kBinding);
    const auto sent = table.snapshot(id)->lastPing;
    wire.mark(RowKind::Ping, kAgent, kEdge, kBinding); // sent again: the first one still waits
    wire.time = sent + std::chrono::seconds(38);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(table.snapshot(id)->events.back().what, Happening::Ping)
        << "STUN is still sent again (RFC 5389 section 7.2.1)";
    wire.time = sent + std::chrono::seconds(40);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(happenings(*table.snapshot(id)),
              (std::vector{Happening::Registered, Happening::Ping, Happening::Ping, Happening::Ping,
                           Happening::PongMissing}));
    EXPECT_EQ(table.snapshot(id)->events.back().time, sent + std::chrono::milliseconds(39'500));
}

TEST_F(FlowTable, AUdpPingThatWaitsHoldsNoOtherUp)
{
    using namespace std::string_view_literals;
    wire.transport = base::Transport::Udp;
    registerOver(kAgent, 1);
    wire.mark(RowKind::Ping, kAgent, kEdge, "\x00\x01\x00\x00"sv);
    wire.transport = base::Transport::Tcp;
    registerOver("203.0.113.8:34567", 2);
    const auto id = last;
    wire.mark(RowKind::Ping, "203.0.113.8:34567", kEdge);
    wire.time = wire.time + std::chrono::seconds(12);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(table.snapshot(id)->events.back().what, Happening::PongMissing);
}

TEST_F(FlowTable, AMessageUnderWayDefersThePong)
{
    for (const bool comes : {true, false}) {
        registerOver(kAgent, 1);
        const auto id = last;
        wire.mark(RowKind::Ping, kAgent, kEdge);
        const auto sent = table.snapshot(id)->lastPing;
        wire.time = sent + std::chrono::milliseconds(10'200);
        wire.send(kEdge, kAgent, support::request("OPTIONS"));
        EXPECT_NE(table.snapshot(id)->events.back().what, Happening::PongMissing);
        if (comes)
            wire.mark(RowKind::Pong, kEdge, kAgent);
        wire.time = sent + std::chrono::seconds(20);
        wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
        const auto all = happenings(*table.snapshot(id));
        EXPECT_EQ(std::count(all.begin(), all.end(), Happening::PongMissing), comes ? 0 : 1);
    }
}

/// It is found out by what comes later; the time line tells what happened in its order.
TEST_F(FlowTable, AMissingPongStandsWhereItHappened)
{
    registerOver(kAgent, 1);
    const auto id = last;
    wire.mark(RowKind::Ping, kAgent, kEdge);
    const auto sent = table.snapshot(id)->lastPing;
    wire.time = sent + std::chrono::seconds(20);
    registerOver(kAgent, 1, 2);
    const auto all = happenings(*table.snapshot(id));
    EXPECT_EQ(all.back(), Happening::Registered);
    EXPECT_EQ(std::count(all.begin(), all.end(), Happening::PongMissing), 1);
    const auto &events = table.snapshot(id)->events;
    EXPECT_TRUE(std::is_sorted(events.begin(), events.end(),
                               [](const auto &a, const auto &b) { return a.time < b.time; }));
}

TEST_F(FlowTable, WhoAnswersAFinIsNotSaidToHaveClosedTheFlow)
{
    registerOver(kAgent, 1);
    const auto id = last;
    wire.mark(RowKind::Fin, kAgent, kEdge, "");
    wire.mark(RowKind::Fin, kEdge, kAgent, "");
    const auto &events = table.snapshot(id)->events;
    ASSERT_GE(events.size(), 2U);
    EXPECT_EQ(events[events.size() - 2].text, "connection closed by the user agent");
    EXPECT_EQ(events.back().text, "the edge closed its side too");
}

TEST_F(FlowTable, ExpectsNoPongWithoutOutbound)
{
    wire.send(kAgent, kEdge, support::request("REGISTER", registering(1)));
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", registering(1)));
    const auto id = last;
    wire.mark(RowKind::Ping, kAgent, kEdge);
    wire.time = wire.time + std::chrono::seconds(60);
    wire.send(kHome, "192.0.2.99:5060", support::request("OPTIONS"));
    EXPECT_EQ(table.snapshot(id)->events.back().what, Happening::Ping);
    EXPECT_FALSE(table.snapshot(id)->granted);
}

} // namespace
