// SPDX-License-Identifier: Apache-2.0
// A 430 says that an edge has a flow no more (RFC 5626 section 5.3): which flow that is, and how
// long it holds.
#include "table_fixture.h"

#include <flows/standing.h>

namespace {

using flows::Standing;

class DisownedFlow : public flows_test::FlowTable
{
protected:
    DisownedFlow()
    {
        registerWithPath(1, "flow-one", flows_test::kAgent);
        one = last;
        registerWithPath(2, "flow-two", "203.0.113.9:40000");
        two = last;
    }
    void registerWithPath(int regId, const std::string &token, const char *agent, int cseq = 1)
    {
        auto answer = granted(regId, cseq);
        answer.extra += "Path: <sip:" + token + "@192.0.2.5;lr;ob>\r\n";
        wire.send(agent, flows_test::kEdge, support::request("REGISTER", registering(regId, cseq)));
        wire.send(flows_test::kEdge, agent, support::response(200, "REGISTER", answer));
    }
    /// What was changed by a 430 to a request from there with that Route.
    std::vector<flows::FlowId> refuse(const char *from, const std::string &route)
    {
        flows_test::Fields fields;
        fields.callId = "call";
        fields.branch = "i" + std::to_string(++requests);
        fields.extra = route;
        const auto asked = wire.send(from, flows_test::kEdge, support::request("INVITE", fields));
        fields.extra.clear();
        const auto refusal =
            wire.send(flows_test::kEdge, from, support::response(430, "INVITE", fields));
        return table.disown(refusal, asked);
    }
    Standing standing(flows::FlowId id)
    {
        return standingOf(*table.snapshot(id), table.all(), wire.time).what;
    }

    flows::FlowId one, two;
    int requests = 0;
};

TEST_F(DisownedFlow, IsTheOneThatTheRouteNames)
{
    EXPECT_EQ(standing(one), Standing::Registered);
    EXPECT_EQ(refuse(flows_test::kHome, "Route: <sip:flow-one@192.0.2.5;lr;ob>\r\n"),
              std::vector{one});
    EXPECT_EQ(standing(one), Standing::Failed);
    EXPECT_EQ(standing(two), Standing::Registered);
    const auto &event = table.snapshot(one)->events.back();
    EXPECT_EQ(event.what, flows::Happening::Disowned);
    EXPECT_EQ(event.status, 430);
    EXPECT_TRUE(refuse(flows_test::kHome, "Route: <sip:flow-one@192.0.2.5;lr;ob>\r\n").empty())
        << "said once";
    EXPECT_TRUE(refuse(flows_test::kHome, "Route: <sip:nobody@192.0.2.5;lr;ob>\r\n").empty());
    EXPECT_TRUE(refuse(flows_test::kHome, {}).empty());
}

TEST_F(DisownedFlow, IsNotTheOneThatTheRequestCameBy)
{
    const std::string both = "Route: <sip:flow-one@192.0.2.5;lr>\r\n"
                             "Route: <sip:flow-two@192.0.2.5;lr>\r\n";
    EXPECT_EQ(refuse(flows_test::kAgent, both), std::vector{two});
    EXPECT_EQ(standing(one), Standing::Registered);
    EXPECT_TRUE(refuse(flows_test::kAgent, "Route: <sip:flow-one@192.0.2.5;lr>\r\n").empty())
        << "what the refusal came by stands";
}

TEST_F(DisownedFlow, StandsAgainOnceItIsRegisteredOrUsed)
{
    const std::string route = "Route: <sip:flow-one@192.0.2.5;lr;ob>\r\n";
    refuse(flows_test::kHome, route);
    wire.mark(flows_test::RowKind::Ping, flows_test::kAgent, flows_test::kEdge);
    wire.mark(flows_test::RowKind::Pong, flows_test::kEdge, flows_test::kAgent);
    EXPECT_EQ(standing(one), Standing::Failed) << "a pong brings no call";
    registerWithPath(1, "flow-one", flows_test::kAgent, 2);
    EXPECT_EQ(standing(one), Standing::Registered);
    refuse(flows_test::kHome, route);
    EXPECT_EQ(standing(one), Standing::Failed);
    wire.send(flows_test::kEdge, flows_test::kAgent, support::request("OPTIONS"));
    wire.send(flows_test::kAgent, flows_test::kEdge, support::response(200, "OPTIONS"));
    EXPECT_EQ(standing(one), Standing::Registered) << "a request came over it";
}

TEST_F(DisownedFlow, ARefusedRegisterIsNoRegistration)
{
    wire.send(flows_test::kAgent, flows_test::kEdge,
              support::request("REGISTER", registering(1, 2)));
    auto refused = registering(1, 2);
    refused.extra.clear();
    wire.send(flows_test::kEdge, flows_test::kAgent, support::response(430, "REGISTER", refused));
    EXPECT_EQ(standing(one), Standing::Failed);
}

} // namespace
