// SPDX-License-Identifier: Apache-2.0
// Flows that are lost or answered late again and again: what counts as a failure, and what it is
// called.
#include "flow_machine.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using base::FlowState;
using engine::KeeperAct;
using machine::granted;
using machine::Machine;
using machine::status;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(Brief, LivesOfAFlowAreFailuresInTheEnd)
{
    Machine flow;
    const auto begin = flow.now;
    int attempts = 0;
    while (flow.now - begin < 24h) {
        ++attempts;
        flow.keeper.sending(flow.now);
        flow.keeper.result(flow.now, status(200));
        flow.after(10ms);
        flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
        while (flow.keeper.state() == FlowState::BackingOff)
            flow.jump();
        flow.keeper.take();
    }
    EXPECT_LT(attempts, 80); // one in 22 minutes, after the first ones
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, status(200));
    flow.after(120s); // a good one, and what was is forgotten
    flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
    EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
}

/// RFC 5626 section 4.5: a flow whose keep-alive was answered was a success, and the next one need
/// not wait, however many came before. One that is lost every few seconds must still not storm.
TEST(Brief, LivesOfAFlowThatAnswersItsPingsAreNone)
{
    for (const auto life : {40s, 3s}) {
        Machine flow({.firstPing = 500ms});
        std::size_t waits = 0;
        for (int lost = 0; lost < 30; ++lost) {
            flow.comeUp();
            ASSERT_EQ(flow.keeper.state(), FlowState::Up);
            flow.after(life);
            flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
            if (flow.keeper.state() == FlowState::BackingOff) {
                ++waits;
                EXPECT_THAT(flow.keeper.report().reason, HasSubstr("6 times within a minute"));
            }
            EXPECT_LE(flow.keeper.report().failures, 1) << lost;
            while (flow.keeper.state() == FlowState::BackingOff)
                flow.jump();
            flow.keeper.take();
        }
        EXPECT_EQ(waits > 0, life == 3s) << waits;
    }
}

TEST(Attempt, WhoseEdgeHasANameSaysThatItIsLookedUp)
{
    EXPECT_THAT(Machine({.named = true}).keeper.report().reason, HasSubstr("being looked up"));
    EXPECT_THAT(Machine().keeper.report().reason, Not(HasSubstr("being looked up")));
}

/// Section 4.4 has a keep-alive at least every Flow-Timer seconds, however late its answer is.
TEST(Pong, ThatIsLateDoesNotPutOffTheNextPing)
{
    Machine flow({.firstPing = 1s});
    flow.keeper.sending(flow.now);
    auto result = granted();
    result.flowTimer = 5s;
    flow.keeper.result(flow.now, result);
    base::Instant last;
    for (int pings = 0; pings < 4;) {
        flow.jump();
        for (const auto act : flow.keeper.take()) {
            if (act != KeeperAct::Ping)
                continue;
            if (last.known()) {
                EXPECT_LE(flow.now - last, 5s);
            }
            last = flow.now;
            ++pings;
            flow.after(4s);
            flow.keeper.tick(flow.now); // it is suspect by then
            EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
            const auto known = flow.states.size();
            flow.keeper.pong(flow.now);
            EXPECT_EQ(flow.keeper.state(), FlowState::Up);
            EXPECT_EQ(flow.states.size(), known + 1) << "one event, and no PROVISIONAL between";
        }
    }
}

TEST(Stun, AnAddressThatChangesEachTimeIsSaidToDoSo)
{
    Machine flow({}, true);
    const auto seen = [](int port) {
        return base::Endpoint{*base::Address::parse("198.51.100.4"),
                              static_cast<std::uint16_t>(port)};
    };
    for (int i = 1; i <= 3; ++i) {
        flow.comeUp(seen(4000 + i));
        flow.jump();
        flow.keeper.take();
        flow.keeper.pong(flow.now, seen(5000 + i));
        EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
        const auto &told = flow.keeper.report().reason;
        EXPECT_THAT(told, HasSubstr("makes the flow anew")); // over the same port
        flow.keeper.take();
    }
    EXPECT_TRUE(std::any_of(flow.reasons.begin(), flow.reasons.end(), [](const auto &reason) {
        return reason.find("3 times in a row") != std::string::npos;
    }));
}

TEST(Stun, AnAnswerWithoutAnAddressIsSaidToHaveNone)
{
    Machine flow({}, true);
    flow.comeUp();
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("no mapped address"));
    Machine seen({}, true);
    seen.comeUp(base::Endpoint::parse("198.51.100.4:4000").value());
    EXPECT_THAT(seen.keeper.report().reason, Not(HasSubstr("no mapped address")));
}

} // namespace
