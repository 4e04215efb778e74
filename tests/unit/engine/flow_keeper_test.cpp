// SPDX-License-Identifier: Apache-2.0
// The flow's state machine on a manual clock: no sockets, no waiting.
#include <engine/flow_keeper.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using base::FlowState;
using engine::FlowKeeper;
using engine::KeeperAct;
using engine::RegisterResult;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class Flow : public testing::Test
{
public:
    explicit Flow(engine::KeeperSettings settings = {})
        : keeper(settings, {[this] { return random; }, [this] { return others; },
                            [this] { states.push_back(keeper.state()); }})
    {
    }
    void accept(base::Duration flowTimer = 0s, base::Duration expires = 600s)
    {
        RegisterResult result;
        result.status = 200;
        result.outbound = true;
        result.flowTimer = flowTimer;
        result.expires = expires;
        keeper.result(now, result);
    }
    void refuse(int status, base::Duration retryAfter = 0s, bool local = false)
    {
        RegisterResult result;
        result.status = status;
        result.local = local;
        result.retryAfter = retryAfter;
        keeper.result(now, result);
    }
    /// Jumps to the next deadline and returns how far that was.
    base::Duration jump()
    {
        const auto at = keeper.next();
        EXPECT_TRUE(at.has_value());
        if (!at)
            return 0s;
        const auto step = *at - now;
        now = *at;
        keeper.tick(now);
        return step;
    }
    void comeUp(base::Duration flowTimer = 0s)
    {
        keeper.start(now);
        keeper.take();
        keeper.sending(now);
        accept(flowTimer);
        jump(); // the first ping
        keeper.take();
        now = now + 3ms;
        keeper.pong(now);
        ASSERT_EQ(keeper.state(), FlowState::Up);
        keeper.take();
    }

    double random = 0.5;
    bool others = false;
    base::Instant now{1'000'000'000'000};
    std::vector<FlowState> states;
    FlowKeeper keeper;
};

TEST_F(Flow, WalksToUpOnlyWithTheFirstPong)
{
    keeper.start(now);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Connect));
    keeper.sending(now);
    accept();
    EXPECT_EQ(keeper.state(), FlowState::Provisional);
    EXPECT_EQ(jump(), 107500ms); // the middle of 95 to 120 s
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Ping));
    now = now + 2ms;
    keeper.pong(now);
    EXPECT_EQ(keeper.report().pongRoundTrip, 2ms);
    EXPECT_EQ(keeper.report().failures, 0);
    EXPECT_THAT(states, ElementsAre(FlowState::Connecting, FlowState::Registering,
                                    FlowState::Provisional, FlowState::Up));
}

TEST_F(Flow, ObeysFlowTimerBetween80And100Percent)
{
    for (const auto &[share, expected] : {std::pair{0.0, 24s}, std::pair{1.0, 30s}}) {
        random = share;
        FlowKeeper each({}, {[&] { return share; }, {}, {}});
        each.start(now);
        each.take();
        each.sending(now);
        RegisterResult result;
        result.status = 200;
        result.outbound = true;
        result.flowTimer = 30s;
        each.result(now, result);
        ASSERT_TRUE(each.next().has_value());
        EXPECT_EQ(*each.next() - now, expected);
    }
}

TEST_F(Flow, RefreshesBetweenHalfAndNineTenthsOfItsLife)
{
    keeper.start(now);
    keeper.take();
    keeper.sending(now);
    RegisterResult plain;
    plain.status = 200;
    plain.expires = 100s;
    keeper.result(now, plain);
    EXPECT_EQ(keeper.state(), FlowState::UpPlain);
    keeper.take();
    EXPECT_EQ(jump(), 70s);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Refresh));
    EXPECT_EQ(keeper.report().registeredUntil - now, 30s);
}

TEST_F(Flow, AMissingPongMakesItSuspectThenFailedThenItRecoversAtOnce)
{
    comeUp();
    jump();
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Ping));
    EXPECT_EQ(jump(), 2s);
    EXPECT_EQ(keeper.state(), FlowState::Suspect);
    EXPECT_THAT(keeper.report().reason, HasSubstr("within 2.0 s after the CRLF ping; after 10 s"));
    states.clear();
    EXPECT_EQ(jump(), 8s); // 10 s after the ping
    EXPECT_THAT(states, ElementsAre(FlowState::Failed, FlowState::Connecting));
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
    EXPECT_EQ(keeper.report().failures, 0);
}

TEST_F(Flow, AnyByteEndsSuspicionButThePongIsStillDue)
{
    comeUp();
    jump();
    jump();
    ASSERT_EQ(keeper.state(), FlowState::Suspect);
    keeper.bytes(now);
    EXPECT_EQ(keeper.state(), FlowState::Up);
    EXPECT_EQ(jump(), 8s);
    EXPECT_THAT(states, Contains(FlowState::Failed));
}

TEST_F(Flow, AFlowThatDiesBeforeItsFirstPongCountsAsAFailure)
{
    keeper.start(now);
    keeper.take();
    keeper.sending(now);
    accept();
    keeper.closed(now, "closed");
    EXPECT_EQ(keeper.state(), FlowState::BackingOff);
    EXPECT_EQ(keeper.report().failures, 1);
    EXPECT_EQ(jump(), 45s); // [0.5, 1] of 30 * 2, the middle
    EXPECT_EQ(keeper.state(), FlowState::Connecting);
}

TEST_F(Flow, BacksOffAsTheRfcSays)
{
    keeper.start(now);
    keeper.take();
    std::vector<base::Duration> waits;
    for (int i = 0; i < 9; ++i) {
        keeper.take();
        refuse(503, 0s, true);
        EXPECT_EQ(keeper.state(), FlowState::BackingOff);
        waits.push_back(jump());
    }
    EXPECT_THAT(waits, ElementsAre(45s, 90s, 180s, 360s, 720s, 1350s, 1350s, 1350s, 1350s));
    EXPECT_EQ(keeper.report().failures, 9);
}

TEST_F(Flow, WaitsThreeTimesAsLongWhileAnotherFlowIsUp)
{
    others = true;
    random = 0.0;
    keeper.start(now);
    keeper.take();
    refuse(500);
    EXPECT_EQ(jump(), 90s);
    keeper.take();
    random = 1.0;
    refuse(500);
    EXPECT_EQ(jump(), 360s);
}

TEST_F(Flow, RetryAfterMayLengthenTheWait)
{
    keeper.start(now);
    keeper.take();
    refuse(503, 300s);
    EXPECT_EQ(jump(), 300s);
}

TEST_F(Flow, A503WithRetryAfterOnARefreshIsNoFlowFailure)
{
    comeUp();
    keeper.reRegister(now);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Refresh));
    refuse(503, 100s);
    EXPECT_EQ(keeper.state(), FlowState::Up);
    EXPECT_EQ(jump(), 100s);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Refresh));
}

TEST_F(Flow, ARefreshWhoseConnectionBreaksIsAFlowFailure)
{
    comeUp();
    keeper.reRegister(now);
    keeper.take();
    refuse(503, 0s, true);
    EXPECT_EQ(keeper.state(), FlowState::Connecting);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
}

TEST_F(Flow, RefusalsAreNotTriedAgainByThemselves)
{
    for (const int status :
         {302, 400, 401, 403, 405, 407, 414, 420, 439, 494, 501, 505, 513, 603}) {
        FlowKeeper each({}, {[] { return 0.5; }, {}, {}});
        each.start(now);
        each.take();
        RegisterResult result;
        result.status = status;
        each.result(now, result);
        EXPECT_EQ(each.state(), FlowState::Rejected) << status;
        EXPECT_FALSE(each.next().has_value()) << status;
        EXPECT_FALSE(each.report().reason.empty());
        each.take();
        each.reRegister(now); // but the user may
        EXPECT_THAT(each.take(), ElementsAre(KeeperAct::Connect)) << status;
    }
}

TEST_F(Flow, A423RaisesTheIntervalAndTriesAtOnceButNotForEver)
{
    keeper.start(now);
    keeper.take();
    RegisterResult brief;
    brief.status = 423;
    brief.minExpires = 1800s;
    keeper.result(now, brief);
    EXPECT_EQ(keeper.expires(), 1800s);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Refresh));
    keeper.result(now, brief); // the same again: it does not mean it
    EXPECT_EQ(keeper.state(), FlowState::Rejected);
    EXPECT_FALSE(keeper.next().has_value());
}

TEST_F(Flow, RegisterNowWorksFromTheBackOff)
{
    keeper.start(now);
    keeper.take();
    refuse(503, 0s, true);
    ASSERT_EQ(keeper.state(), FlowState::BackingOff);
    keeper.take();
    keeper.reRegister(now);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Connect));
    EXPECT_EQ(keeper.report().failures, 1); // still counted until a pong comes
    EXPECT_FALSE(keeper.report().nextAttempt.known());
}

TEST_F(Flow, AFlowThatBreaksAllTheTimeBacksOffInTheEnd)
{
    comeUp();
    for (int i = 0; i < 5; ++i) {
        keeper.closed(now, "closed");
        ASSERT_EQ(keeper.state(), FlowState::Connecting) << i;
        keeper.take();
        keeper.sending(now);
        accept();
        keeper.ping(now);
        keeper.pong(now);
    }
    keeper.closed(now, "closed");
    EXPECT_EQ(keeper.state(), FlowState::BackingOff);
}

TEST_F(Flow, StopsWithAnUnregisterOnTheLiveFlowOnly)
{
    comeUp();
    keeper.stop(now);
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Unregister));
    EXPECT_FALSE(keeper.stopped());
    accept();
    EXPECT_TRUE(keeper.stopped());
    EXPECT_FALSE(keeper.next().has_value());
    EXPECT_EQ(keeper.report().unregistered, true);
    EXPECT_EQ(keeper.report().reason, "Un-registered.");

    FlowKeeper idle({}, {[] { return 0.5; }, {}, {}});
    idle.start(now);
    idle.take();
    idle.stop(now);
    EXPECT_THAT(idle.take(), ElementsAre(KeeperAct::Close));
    EXPECT_TRUE(idle.stopped());
    EXPECT_FALSE(idle.report().unregistered.has_value());
}

TEST_F(Flow, AnUnregisterThatIsNotTakenIsSaidSo)
{
    comeUp();
    keeper.stop(now);
    now = now + 10s;
    refuse(403);
    EXPECT_TRUE(keeper.stopped());
    EXPECT_EQ(keeper.report().unregistered, false);
    EXPECT_THAT(keeper.report().reason,
                testing::AllOf(HasSubstr("refused with 403 Forbidden"),
                               HasSubstr("may send calls here for another ")));
    EXPECT_TRUE(keeper.report().registeredUntil > now);
    EXPECT_FALSE(keeper.report().reachableSince.known());
    accept(); // too late for anything
    EXPECT_EQ(keeper.report().unregistered, false);
}

TEST_F(Flow, AnUnregisterWithoutAnswerIsSaidSo)
{
    comeUp();
    keeper.stop(now);
    refuse(408, 0s, true);
    EXPECT_EQ(keeper.report().unregistered, false);
    EXPECT_THAT(keeper.report().reason, HasSubstr("came to nothing"));
}

TEST_F(Flow, AConnectionThatEndsBeforeTheUnregistersAnswerIsSaidSo)
{
    comeUp();
    keeper.stop(now);
    keeper.closed(now, "The edge closed the connection (FIN).");
    EXPECT_EQ(keeper.report().unregistered, false);
    EXPECT_THAT(keeper.report().reason, HasSubstr("not answered"));
}

TEST_F(Flow, AnUnregisterThatLeavesTheBindingIsSaidSo)
{
    comeUp();
    keeper.stop(now);
    RegisterResult result;
    result.status = 200;
    result.bound = true;
    keeper.result(now, result);
    EXPECT_EQ(keeper.report().unregistered, false);
    EXPECT_THAT(keeper.report().reason, HasSubstr("still lists us"));
}

TEST_F(Flow, WithoutOutboundNoPongIsExpected)
{
    keeper.start(now);
    keeper.take();
    RegisterResult plain;
    plain.status = 200;
    keeper.result(now, plain);
    keeper.take();
    keeper.ping(now); // sending is always allowed
    EXPECT_THAT(keeper.take(), ElementsAre(KeeperAct::Ping));
    now = now + 20s;
    keeper.tick(now);
    EXPECT_EQ(keeper.state(), FlowState::UpPlain);
    EXPECT_THAT(keeper.take(), IsEmpty());
}

} // namespace
