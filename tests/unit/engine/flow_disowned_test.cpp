// SPDX-License-Identifier: Apache-2.0
// A 430 that somebody got for a flow of ours makes it suspect: it is asked, and what its answer or
// its silence means.
#include "ear.h"
#include "flow_machine.h"
#include "registrar.h"

#include <gmock/gmock.h>

namespace {

using base::FlowState;
using engine::KeeperAct;
using machine::granted;
using machine::Machine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr const char *kWhy = "192.0.2.1:5060 said 430 Flow Failed.";

TEST(Disowned, AFlowIsSuspectAndAsked)
{
    Machine flow;
    flow.comeUp();
    flow.after(5s);
    flow.keeper.disowned(flow.now, kWhy);
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr(kWhy));
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.keeper.disowned(flow.now, kWhy);
    EXPECT_THAT(flow.keeper.take(), IsEmpty()) << "it is being asked";
}

TEST(Disowned, OneThatAnswersIsRegisteredAgain)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.disowned(flow.now, kWhy);
    flow.keeper.take();
    flow.after(40ms);
    flow.keeper.pong(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("registered again"));
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
    flow.keeper.result(flow.now, granted());
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_EQ(flow.keeper.report().losses, 0);
}

TEST(Disowned, OneThatIsSilentIsMadeAnew)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.disowned(flow.now, kWhy);
    flow.keeper.take();
    base::Duration waited{0};
    while (flow.keeper.state() == FlowState::Suspect && waited < 60s)
        waited += flow.jump();
    EXPECT_EQ(waited, 10s);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
    EXPECT_EQ(flow.keeper.report().losses, 1);
}

TEST(Disowned, WithoutKeepAlivesARegisterAsks)
{
    for (const int status : {200, 430}) {
        Machine flow;
        auto plain = granted();
        plain.outbound = false;
        flow.keeper.sending(flow.now);
        flow.keeper.result(flow.now, plain);
        flow.keeper.take();
        ASSERT_EQ(flow.keeper.state(), FlowState::UpPlain);
        flow.keeper.disowned(flow.now, kWhy);
        EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
        EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
        plain.status = status;
        flow.keeper.result(flow.now, plain);
        if (status == 200)
            EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain);
        else
            EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
    }
}

/// An edge that lost its table, not its connections, answers pings and delivers nothing.
TEST(Disowned, TwiceInARowMakesANewFlow)
{
    Machine flow;
    flow.comeUp();
    for (int i = 0; i < 2; ++i) {
        flow.keeper.disowned(flow.now, kWhy);
        if (i == 1)
            break;
        flow.keeper.take();
        flow.after(40ms);
        flow.keeper.pong(flow.now);
        flow.keeper.take();
        flow.keeper.result(flow.now, granted());
        flow.after(1s);
    }
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
    EXPECT_EQ(flow.keeper.report().losses, 1);
}

TEST(Disowned, AFlowThatIsNotRegisteredIsLeftAlone)
{
    Machine flow;
    flow.keeper.disowned(flow.now, kWhy);
    EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
}

TEST(Disowned, AFlowOnTheWireIsAskedAndRegistersAgain)
{
    peer::Registrar registrar;
    auto options = ear::quick();
    options.firstPing = 20ms;
    ear::Ear ear(options);
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {registrar.proxy()};
    const auto handle = ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Up; }));
    const int pings = registrar.pingsSeen;
    ear.engine->disowned(handle, 1, kWhy);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.registers("1").size() == 2; }));
    EXPECT_EQ(registrar.pingsSeen, pings + 1);
    EXPECT_EQ(ear.states(1, FlowState::Suspect), 1);
    EXPECT_EQ(registrar.peer().connections(), 1U);
}

} // namespace
