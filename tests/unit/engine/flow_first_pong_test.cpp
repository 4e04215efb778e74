// SPDX-License-Identifier: Apache-2.0
// When the first ping of a flow goes out, and what its pong, late or not, decides.
#include "flow_machine.h"

#include <gmock/gmock.h>

namespace {

using base::FlowState;
using engine::KeeperAct;
using machine::granted;
using machine::Machine;
using machine::status;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// A Flow-Timer is how long the server waits at most; more often is never wrong.
TEST(KeepAlive, AFlowTimerOfYearsDoesNotPutThePingsOff)
{
    for (const base::Duration timer : {base::Duration(4294967295s), base::Duration(3600s)}) {
        Machine flow;
        flow.keeper.sending(flow.now);
        flow.keeper.result(flow.now, granted(timer));
        flow.random = [] { return 1.0; };
        const auto wait = flow.jump();
        EXPECT_LE(wait, 840s);
        EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
        EXPECT_EQ(flow.keeper.report().flowTimer, timer) << "told as it was granted";
    }
}

/// The first pong decides whether a flow is a success (RFC 5626 section 4.5), so its delay is
/// shown, and other bytes do not stand for it.
TEST(Provisional, TheFirstPongThatIsLateMakesTheFlowSuspect)
{
    Machine flow;
    flow.keeper.result(flow.now, status(503)); // one failure before
    flow.jump();
    flow.keeper.take(); // the new attempt
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, granted());
    ASSERT_EQ(flow.keeper.state(), FlowState::Provisional);
    flow.jump(); // the ping
    flow.jump();
    ASSERT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("The pong is late"));
    flow.after(1s);
    flow.keeper.bytes(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Provisional);
    EXPECT_EQ(flow.keeper.report().failures, 1) << "no success yet";
    flow.keeper.pong(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_EQ(flow.keeper.report().failures, 0);
}

TEST(Provisional, AFirstPongThatIsLateAndComesIsASuccess)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, granted());
    flow.jump();
    flow.jump();
    ASSERT_EQ(flow.keeper.state(), FlowState::Suspect);
    flow.after(3s);
    flow.keeper.pong(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
    EXPECT_EQ(flow.keeper.report().losses, 1) << "it had worked: a new one at once";
}

/// RFC 5626 section 3.5.1: two CRLF are a ping, one is a pong. That the edge answers with the wrong
/// one is why the flow is given up, and is said.
TEST(KeepAlive, APingOfTheEdgeIsNoPongAndIsToldOf)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, granted());
    flow.jump(); // the ping
    flow.after(3ms);
    flow.keeper.bytes(flow.now);
    flow.keeper.pingedByEdge(flow.now);
    flow.jump();
    EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff);
    EXPECT_THAT(flow.keeper.report().reason,
                HasSubstr("3 ms after it the edge sent a double CRLF"));
    Machine silent;
    silent.keeper.sending(silent.now);
    silent.keeper.result(silent.now, granted());
    silent.keeper.pingedByEdge(silent.now); // before any ping of ours: its own
    silent.jump();
    silent.jump();
    silent.jump();
    EXPECT_EQ(silent.keeper.state(), FlowState::BackingOff);
    EXPECT_THAT(silent.keeper.report().reason, testing::Not(HasSubstr("double")));
}

} // namespace
