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
    flow.keeper.disowned(flow.now, kWhy, true);
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr(kWhy));
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.keeper.disowned(flow.now, kWhy, true);
    EXPECT_THAT(flow.keeper.take(), IsEmpty()) << "it is being asked";
}

TEST(Disowned, OneThatAnswersIsRegisteredAgain)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.disowned(flow.now, kWhy, true);
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
    flow.keeper.disowned(flow.now, kWhy, true);
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
        flow.keeper.disowned(flow.now, kWhy, true);
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
        flow.keeper.disowned(flow.now, kWhy, true);
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

/// Which flow of several it was is a guess: one that answers is not torn down for it.
TEST(Disowned, AGuessOnlyAsks)
{
    Machine flow;
    flow.comeUp();
    for (int i = 0; i < 3; ++i) {
        flow.keeper.disowned(flow.now, kWhy, false);
        EXPECT_EQ(flow.keeper.report().state, base::FlowState::Suspect);
        flow.keeper.take();
        flow.after(40ms);
        flow.keeper.pong(flow.now);
        flow.keeper.take();
        flow.keeper.result(flow.now, granted());
        flow.after(1s);
    }
    EXPECT_EQ(flow.keeper.report().losses, 0);
    EXPECT_TRUE(base::isUp(flow.keeper.report().state));
}

/// RFC 3261 section 10.2: not before the answer to the one before.
TEST(Disowned, NoRegisterIsSentBesideOneThatIsUnderWay)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.reRegister(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
    flow.keeper.disowned(flow.now, kWhy, true);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.after(40ms);
    flow.keeper.pong(flow.now);
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    flow.keeper.result(flow.now, granted());
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh)) << "it may have come before";
    flow.keeper.result(flow.now, granted());
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
}

TEST(Disowned, WithoutKeepAlivesTheRegisterUnderWayAsks)
{
    Machine flow;
    auto plain = granted();
    plain.outbound = false;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, plain);
    flow.keeper.reRegister(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
    flow.keeper.disowned(flow.now, kWhy, true);
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    flow.keeper.result(flow.now, plain);
    EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain);
}

/// Whoever measures how long a silence the flow lives through has to know that it ended.
TEST(Disowned, InASilenceThatWasAskedForTellsThatItIsOver)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.leaveAlone(flow.now, 300s);
    ASSERT_TRUE(engine::isLeftAlone(flow.keeper.report()));
    flow.after(5s);
    base::Instant pinged;
    flow.onChange = [&] { pinged = flow.keeper.report().lastPing; };
    flow.keeper.disowned(flow.now, kWhy, false);
    EXPECT_FALSE(engine::isLeftAlone(flow.keeper.report()));
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("ends the silence"));
    EXPECT_EQ(pinged, flow.now) << "the report that tells it names the ping";
}

/// RFC 5626 section 4.4.2: a request that comes in shows one direction only.
TEST(Datagrams, AreAliveByStunAlone)
{
    for (const bool datagrams : {true, false}) {
        Machine flow({}, datagrams);
        flow.comeUp();
        while (flow.keeper.state() != FlowState::Suspect)
            flow.jump();
        flow.keeper.bytes(flow.now);
        EXPECT_EQ(flow.keeper.state(), datagrams ? FlowState::Suspect : FlowState::Up);
    }
}

/// RFC 5626 section 4.4.1.
TEST(Connections, WaitForThePongBehindAMessageThatComesInSlowly)
{
    Machine flow;
    flow.comeUp();
    flow.jump();
    flow.keeper.take();
    const auto pinged = flow.keeper.report().lastPing;
    for (int i = 0; i < 14; ++i) { // each 0.8 s a piece of it
        flow.now = pinged + 800ms * (i + 1);
        flow.keeper.tick(flow.now);
        flow.keeper.bytes(flow.now);
    }
    EXPECT_EQ(flow.keeper.state(), FlowState::Up) << flow.keeper.report().reason;
    flow.keeper.pong(flow.now);
    EXPECT_EQ(flow.keeper.report().losses, 0);

    flow.jump();
    flow.keeper.take();
    for (int i = 0; i < 100 && flow.keeper.report().losses == 0; ++i) { // that never ends
        flow.after(800ms);
        flow.keeper.tick(flow.now);
        flow.keeper.bytes(flow.now);
    }
    EXPECT_EQ(flow.keeper.report().losses, 1);
}

TEST(Disowned, AFlowThatIsNotRegisteredIsLeftAlone)
{
    Machine flow;
    flow.keeper.disowned(flow.now, kWhy, true);
    EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
}

TEST(Unlisted, AFlowIsNotReachableUntilItIsRegisteredAgain)
{
    Machine flow;
    flow.comeUp();
    flow.after(5s);
    flow.keeper.unlisted(flow.now, "The registrar does not list this flow any more.");
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_FALSE(flow.keeper.report().reachableSince.known());
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
    flow.keeper.bytes(flow.now); // something on the connection binds nothing
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    flow.keeper.result(flow.now, granted());
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_TRUE(flow.keeper.report().reachableSince.known());
}

/// After a registrar's restart the flows refresh about together.
TEST(Unlisted, AFlowWhoseRegisterIsUnderWayWaitsForItsAnswer)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.reRegister(flow.now);
    flow.keeper.take();
    flow.keeper.unlisted(flow.now, "The registrar does not list this flow any more.");
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_TRUE(flow.keeper.report().reachableSince.known());
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    flow.keeper.result(flow.now, granted());
    flow.keeper.unlisted(flow.now, "The registrar does not list this flow any more.");
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh)) << "that one is over";
}

/// A registrar that restarted has lost all bindings; the first refresh tells of the other flow.
TEST(Unlisted, AFlowThatAnotherOnesAnswerMissesIsRegisteredAgain)
{
    peer::Registrar registrar;
    auto options = ear::quick();
    options.firstPing = 20ms;
    ear::Ear ear(options);
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.instance = "urn:uuid:11111111-2222-4333-8444-555555555555";
    bob.proxies = {registrar.proxy(), registrar.proxy()};
    const auto handle = ear.engine->addAccount(bob);
    const auto up = [&](std::uint32_t regId) { return ear.state(regId) == FlowState::Up; };
    ASSERT_TRUE(support::stepUntil([&] { return up(1) && up(2); }));
    const auto times = [&](const char *regId) { return registrar.registers(regId).size(); };
    ear.engine->reRegister(handle, 2); // one that lists its own only: nothing to miss
    ASSERT_TRUE(support::stepUntil([&] { return times("2") == 2; }));
    registrar.extra = std::string("Contact: <sip:bob@127.0.0.1:9>;reg-id=1;+sip.instance=\"<") +
                      bob.instance + ">\";expires=600";
    ear.engine->reRegister(handle, 2);
    ASSERT_TRUE(support::stepUntil([&] { return times("2") == 3; }));
    EXPECT_EQ(times("1"), 1U);
    registrar.extra = std::string();
    ear.engine->reRegister(handle, 2);
    ASSERT_TRUE(support::stepUntil([&] { return times("1") == 2; }));
    EXPECT_EQ(ear.states(1, FlowState::Suspect), 1);
    ASSERT_TRUE(support::stepUntil([&] { return up(1); }));
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
    ear.engine->disowned(handle, 1, kWhy, true);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.registers("1").size() == 2; }));
    EXPECT_EQ(registrar.pingsSeen, pings + 1);
    EXPECT_EQ(ear.states(1, FlowState::Suspect), 1);
    EXPECT_EQ(registrar.peer().connections(), 1U);
}

} // namespace
