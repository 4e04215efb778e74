// SPDX-License-Identifier: Apache-2.0
// The flow's state machine where things fail: which answers end it, when it is tried again,
// attempts that come to nothing, registrations that run out, a clock that is set.
#include "flow_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using base::FlowState;
using engine::FlowKeeper;
using engine::KeeperAct;
using engine::RegisterResult;
using machine::granted;
using machine::Machine;
using machine::status;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

RegisterResult local(int code)
{
    RegisterResult out = status(code);
    out.local = true;
    return out;
}

TEST(Attempt, ThatComesToNothingEndsByItself)
{
    for (const bool named : {true, false}) {
        Machine flow({.named = named});
        EXPECT_EQ(flow.jump(), 47s);
        EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff);
        EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close));
        EXPECT_THAT(flow.keeper.report().reason, HasSubstr("within 47 s"));
        flow.jump();
        EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Connect));
    }
}

TEST(Attempt, HasItsTimeAnewForEachAddress)
{
    Machine flow;
    flow.after(40s);
    flow.keeper.trying(flow.now);
    flow.after(40s);
    flow.keeper.tick(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
    EXPECT_EQ(flow.jump(), 7s);
    EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff);
}

TEST(Attempt, ThatIsStuckIsBegunAnewWhenAskedTo)
{
    Machine flow;
    flow.after(1s);
    flow.keeper.reRegister(flow.now);
    EXPECT_THAT(flow.keeper.take(), IsEmpty()) << "it has only begun";
    flow.after(10s);
    flow.keeper.reRegister(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Connect));
}

/// Both the transaction and the connection say that it broke, in either order.
TEST(Attempt, IsNotFailedByWhatTheFormerConnectionSays)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.result(flow.now, local(503));
    ASSERT_EQ(flow.keeper.state(), FlowState::Connecting);
    flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
    EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
    EXPECT_EQ(flow.keeper.report().failures, 0);

    Machine other;
    other.comeUp();
    other.keeper.closed(other.now, "The edge closed the connection (FIN).");
    other.keeper.result(other.now, local(503));
    EXPECT_EQ(other.keeper.state(), FlowState::Connecting);
}

TEST(Refused, ForTheMomentIsTriedAgain)
{
    for (const int code :
         {408, 410, 413, 422, 429, 430, 477, 478, 480, 482, 486, 491, 500, 502, 503, 504, 580}) {
        Machine flow;
        flow.keeper.result(flow.now, status(code));
        EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff) << code;
        EXPECT_EQ(flow.keeper.report().waitMost, 60s) << code;
    }
    for (const int code : {302, 400, 403, 404, 420, 501, 600, 603}) {
        Machine flow;
        flow.keeper.result(flow.now, status(code, 7200s));
        EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff) << code;
        EXPECT_EQ(flow.jump(), 7200s) << code;
    }
}

TEST(Refused, PerhapsForGoodIsTriedAgainSlowly)
{
    Machine flow;
    flow.keeper.result(flow.now, status(404));
    EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff);
    EXPECT_EQ(flow.jump(), 1350s); // the middle of 900 and 1800
    EXPECT_THAT(flow.keeper.take(), Contains(KeeperAct::Connect));
}

TEST(Refresh, ThatFailsForTheMomentLeavesTheFlow)
{
    for (const int code : {408, 477, 478, 480, 500, 503, 504}) {
        Machine flow;
        flow.comeUp();
        flow.keeper.reRegister(flow.now);
        flow.keeper.take();
        const auto since = flow.keeper.report().reachableSince;
        flow.keeper.result(flow.now, status(code));
        EXPECT_EQ(flow.keeper.state(), FlowState::Up) << code;
        EXPECT_THAT(flow.keeper.take(), IsEmpty()) << code;
        EXPECT_EQ(flow.keeper.report().reachableSince, since);
        EXPECT_THAT(flow.keeper.report().reason, HasSubstr("next refresh is in 45 s"));
        EXPECT_EQ(flow.jump(), 45s) << code; // the middle of 30 and 60
        EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
        flow.keeper.result(flow.now, status(code));
        EXPECT_THAT(flow.keeper.report().reason, HasSubstr("next refresh is in 90 s")) << code;
        flow.keeper.result(flow.now, granted());
        flow.keeper.result(flow.now, status(code));
        EXPECT_THAT(flow.keeper.report().reason, HasSubstr("next refresh is in 45 s")) << code;
    }
}

TEST(Refresh, WithoutAnAnswerLeavesAFlowWhosePongsCome)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.result(flow.now, local(408));
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    Machine plain;
    plain.keeper.sending(plain.now);
    plain.keeper.result(plain.now, status(200));
    ASSERT_EQ(plain.keeper.state(), FlowState::UpPlain);
    plain.keeper.take();
    plain.keeper.result(plain.now, local(408));
    EXPECT_EQ(plain.keeper.state(), FlowState::Connecting);
}

/// And whoever asked to be left alone for longer is (RFC 3261 section 21.5.4).
TEST(Refresh, TheEndOfTheRegistrationIsTheEndOfTheFlow)
{
    Machine flow({.expires = 100s});
    flow.keeper.sending(flow.now);
    const auto begin = flow.now;
    flow.keeper.result(flow.now, status(200));
    flow.jump();
    const auto asked = flow.now;
    flow.keeper.result(flow.now, status(503, 3600s));
    EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("runs out in 30.0 s"));
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("until then calls do not come here"));
    flow.keeper.take();
    flow.states.clear();
    EXPECT_EQ(flow.jump(), 30s);
    EXPECT_EQ(flow.now - begin, 100s);
    EXPECT_THAT(flow.states, ElementsAre(FlowState::Failed, FlowState::BackingOff));
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close));
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("asked to wait"));
    EXPECT_EQ(flow.keeper.report().reachableUntil, flow.now);
    EXPECT_FALSE(flow.keeper.report().registeredUntil.known());
    flow.jump();
    EXPECT_EQ(flow.now - asked, 3600s);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Connect));
}

TEST(Unbound, NobodyReachesUsThoughTheAnswerWas200)
{
    auto unbound = granted();
    unbound.unbound = true;
    unbound.sentence = "The 200 lists other Contacts but not ours.";
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, unbound);
    EXPECT_FALSE(flow.keeper.report().reachableSince.known());
    EXPECT_FALSE(flow.keeper.report().registeredUntil.known());
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("not ours"));
    EXPECT_THAT(flow.keeper.report().reason, Not(HasSubstr("Require"))) << "it was granted";
    flow.jump();
    flow.keeper.pong(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Provisional);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("not ours"));
    flow.keeper.result(flow.now, granted()); // bound after all
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_EQ(flow.keeper.report().reachableSince, flow.now);
    flow.after(5s);
    flow.keeper.result(flow.now, unbound);
    EXPECT_EQ(flow.keeper.state(), FlowState::Provisional);
    EXPECT_EQ(flow.keeper.report().reachableUntil, flow.now);
    EXPECT_FALSE(flow.keeper.report().reachableSince.known());
}

TEST(Unbound, WithoutKeepAlivesItIsNotUpEither)
{
    auto unbound = status(200);
    unbound.unbound = true;
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, unbound);
    EXPECT_EQ(flow.keeper.state(), FlowState::Provisional);
    flow.keeper.result(flow.now, status(200));
    EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain);
}

TEST(Refresh, AGrantOfASecondIsNoStormAndIsTold)
{
    auto brief = granted();
    brief.expires = 1s;
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, brief);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("grants 1 s only"));
    const auto begin = flow.now;
    int refreshes = 0;
    while (flow.now - begin < 60s) {
        flow.jump();
        for (const auto act : flow.keeper.take()) {
            EXPECT_NE(act, KeeperAct::Close) << "the flow lives";
            if (act == KeeperAct::Ping)
                flow.keeper.pong(flow.now);
            if (act != KeeperAct::Refresh)
                continue;
            ++refreshes;
            EXPECT_FALSE(flow.keeper.report().reachableSince.known()) << "it had run out";
            flow.keeper.result(flow.now, brief);
            EXPECT_TRUE(flow.keeper.report().reachableSince.known());
        }
    }
    EXPECT_THAT(refreshes, testing::AllOf(testing::Ge(11), testing::Le(13)));
    EXPECT_EQ(flow.keeper.report().losses, 0);
}

TEST(Hope, APingThatNobodyPromisedToAnswerShowsWhatCameOfIt)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, status(200));
    flow.keeper.take();
    flow.keeper.ping(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.after(7ms);
    flow.keeper.pong(flow.now);
    EXPECT_EQ(flow.keeper.report().lastPong, flow.now);
    EXPECT_EQ(flow.keeper.report().pongRoundTrip, 7ms);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("7 ms"));
    flow.keeper.ping(flow.now);
    flow.keeper.take();
    EXPECT_EQ(flow.jump(), 10s);
    EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("never promised one"));
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
}

TEST(Stopping, WaitsForTheRegisterThatIsUnderWay)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.stop(flow.now);
    EXPECT_FALSE(flow.keeper.stopped());
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    flow.keeper.result(flow.now, granted());
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Unregister));
    EXPECT_FALSE(flow.keeper.stopped());
    flow.keeper.result(flow.now, status(403));
    EXPECT_EQ(flow.keeper.report().unregistered, false);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("for another 3600 s"));

    Machine refused;
    refused.keeper.sending(refused.now);
    refused.keeper.stop(refused.now);
    refused.keeper.result(refused.now, status(401));
    EXPECT_TRUE(refused.keeper.stopped());
    EXPECT_FALSE(refused.keeper.report().unregistered.has_value());

    Machine silent;
    silent.keeper.sending(silent.now);
    silent.keeper.stop(silent.now);
    EXPECT_EQ(silent.jump(), 47s);
    EXPECT_TRUE(silent.keeper.stopped());
    EXPECT_FALSE(silent.keeper.next().has_value());
}

TEST(Stopping, TakesARegisterBackUnseenWhereNoTimeIsLeft)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    flow.keeper.leave(flow.now); // nobody switched it off
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    flow.keeper.stop(flow.now);
    flow.keeper.leave(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Unregister));
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("was not answered in time"));
    flow.keeper.leave(flow.now); // once is enough
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    EXPECT_FALSE(flow.keeper.stopped());
    flow.keeper.result(flow.now, status(200));
    EXPECT_TRUE(flow.keeper.stopped());
    EXPECT_EQ(flow.keeper.report().unregistered, true);
}

/// A server that closes after each answer: at first at once, then as rarely as after failures.
TEST(Clock, WhenItIsSetWhatIsDueKeepsItsDistance)
{
    for (const base::Duration step : {base::Duration(1h), base::Duration(-1h)}) {
        Machine flow;
        flow.comeUp();
        const auto due = *flow.keeper.next() - flow.now;
        const auto left = flow.keeper.report().registeredUntil - flow.now;
        flow.now = flow.now + step;
        flow.keeper.clockStepped(flow.now, step);
        EXPECT_EQ(*flow.keeper.next() - flow.now, due);
        EXPECT_EQ(flow.keeper.report().registeredUntil - flow.now, left);
        EXPECT_THAT(flow.keeper.report().reason,
                    testing::AllOf(HasSubstr(step > 0s ? "forward" : "back"), HasSubstr("3600")));
        EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    }
}

/// Asking for a day first would only be refused once more.
TEST(TooBrief, ATimeBeyondADayIsNotAskedFor)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    auto brief = status(423);
    brief.minExpires = 4294967295s;
    flow.keeper.result(flow.now, brief);
    EXPECT_EQ(flow.keeper.state(), FlowState::Rejected);
    EXPECT_THAT(flow.keeper.take(), testing::Not(testing::Contains(KeeperAct::Refresh)));
}

/// What this computer could not send troubled nobody, so it need not wait once there is a way
/// again.
TEST(NetworkReturn, TriesAtOnceWhatNeverLeft)
{
    Machine flow;
    auto unsent = status(503);
    unsent.local = unsent.unsent = true;
    flow.keeper.result(flow.now, unsent);
    ASSERT_EQ(flow.keeper.state(), FlowState::BackingOff);
    flow.keeper.take();
    flow.after(1s);
    flow.keeper.networkReturned(flow.now);
    EXPECT_EQ(flow.keeper.state(), FlowState::Connecting);
    EXPECT_THAT(flow.keeper.take(), testing::ElementsAre(KeeperAct::Connect));
    flow.keeper.networkReturned(flow.now); // of the same cable
    EXPECT_THAT(flow.keeper.take(), testing::IsEmpty());
}

TEST(NetworkReturn, DoesNotShortenTheWaitThatAnEdgeIsSpared)
{
    Machine flow;
    auto refused = status(503);
    refused.local = true; // nobody listens there
    for (const auto &result : {refused, status(500), status(503)}) {
        flow.keeper.result(flow.now, result);
        ASSERT_EQ(flow.keeper.state(), FlowState::BackingOff);
        flow.keeper.take();
        flow.keeper.networkReturned(flow.now);
        EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff);
        EXPECT_THAT(flow.keeper.take(), testing::IsEmpty());
        flow.jump();
        flow.keeper.take();
    }
}

} // namespace
