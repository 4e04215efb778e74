// SPDX-License-Identifier: Apache-2.0
#include <desk/idle_search.h>
#include <gmock/gmock.h>

using base::FlowState;
using desk::DrillVerdict;
using desk::IdleEnd;
using desk::IdleSearch;
using testing::HasSubstr;
using namespace std::chrono_literals;

namespace {

/// A flow behind something that forgets it after `limit`, on a manual clock.
struct Way {
    explicit Way(base::Duration forgetsAfter, IdleSearch::Limits limits = {15s, 900s},
                 base::Duration registration = 24h, const std::string &transport = "TCP")
        : limit(forgetsAfter), granted(registration)
    {
        flow.aor = "sip:bob@example.test";
        flow.regId = 1;
        flow.edge = "sip:192.0.2.1";
        flow.transport = transport;
        flow.keepAlive = "CRLF";
        flow.flowTimer = 60s;
        comeUp();
        search.emplace(flow, now, limits, desk::DrillSheet::Terms{});
    }
    void comeUp()
    {
        flow.state = FlowState::Up;
        flow.since = flow.lastReceived = now;
        flow.registeredUntil = now + granted;
    }
    void lose(base::Duration silence, const std::string &why)
    {
        now = now + silence;
        ++flow.losses;
        flow.state = FlowState::Failed;
        flow.since = now;
        flow.reason = why;
        search->add(flow);
        now = now + 1s;
        comeUp();
        search->add(flow);
    }
    /// One silence; false: there was none.
    bool step()
    {
        auto act = search->next(now);
        if (act == IdleSearch::Act::Register) {
            ++refreshed;
            flow.registeredUntil = now + granted;
            search->add(flow);
            now = now + 6s;
            act = search->next(now);
        }
        if (act != IdleSearch::Act::LeaveAlone)
            return false;
        const auto silence = search->silence();
        if (silence >= limit && closes) {
            lose(limit, "The edge closed the connection (FIN).");
        } else if (silence >= limit) {
            flow.lastPing = now + silence;
            lose(silence + (resets ? 20ms : 10s), resets ? "The edge reset the connection (RST)."
                                                         : "No pong within 10 s after the ping.");
        } else {
            now = now + silence;
            flow.lastPing = now;
            now = now + 20ms;
            flow.lastPong = flow.lastReceived = now;
            search->add(flow);
        }
        return true;
    }
    void run()
    {
        for (int i = 0; i < 40 && step(); ++i) {
        }
    }

    base::Duration limit, granted;
    bool closes = false, resets = false;
    int refreshed = 0;
    base::Instant now{1'700'000'000'000'000'000};
    base::FlowReport flow;
    std::optional<IdleSearch> search;
};

} // namespace

TEST(IdleSearch, PutsTheLimitIntoABracketOfATenth)
{
    for (const auto limit : {20s, 31s, 60s, 181s, 300s, 600s}) {
        Way way(limit);
        way.run();
        ASSERT_TRUE(way.search->over()) << limit.count();
        EXPECT_LT(way.search->survived(), limit);
        ASSERT_TRUE(way.search->fatal());
        EXPECT_GE(*way.search->fatal(), limit);
        EXPECT_LE(*way.search->fatal() - way.search->survived(), *way.search->fatal() / 10);
        EXPECT_LE(way.search->steps().size(), 12U);
    }
}

TEST(IdleSearch, JudgesTheKeepAlivesByIt)
{
    Way rare(31s);
    rare.run();
    EXPECT_EQ(rare.search->verdict(), DrillVerdict::Fail);
    EXPECT_THAT(rare.search->conclusion(), HasSubstr("60 s apart, which is too long"));
    Way often(300s);
    often.run();
    EXPECT_EQ(often.search->verdict(), DrillVerdict::Pass);
    EXPECT_THAT(often.search->conclusion(), HasSubstr("come in time"));
}

TEST(IdleSearch, WhereNothingForgetsItEndsWithTheLongestSilence)
{
    Way way(10h, {15s, 100s});
    way.run();
    EXPECT_TRUE(way.search->over());
    EXPECT_EQ(way.search->survived(), 100s);
    EXPECT_FALSE(way.search->fatal());
    EXPECT_THAT(way.search->conclusion(), HasSubstr("its end was not found"));
}

TEST(IdleSearch, AConnectionThatIsClosedTwiceAtOneTimeTellsItsLimit)
{
    Way way(40s);
    way.closes = true;
    way.run();
    ASSERT_EQ(way.search->steps().size(), 4U); // 15, 30, and twice 60
    EXPECT_EQ(way.search->steps().back().end, IdleEnd::Closed);
    EXPECT_EQ(way.search->fatal(), std::optional<base::Duration>(40s));
    EXPECT_EQ(way.search->survived(), 30s);
}

TEST(IdleSearch, AResetUponThePingIsNoSilence)
{
    Way way(40s);
    way.run();
    const auto &silent = way.search->steps();
    EXPECT_TRUE(std::any_of(silent.begin(), silent.end(),
                            [](const auto &step) { return step.end == IdleEnd::Silent; }));
    Way told(40s);
    told.resets = true;
    told.run();
    ASSERT_TRUE(told.search->fatal());
    EXPECT_EQ(told.search->survived(), way.search->survived()) << "it is searched for as ever";
    const auto &steps = told.search->steps();
    EXPECT_TRUE(std::any_of(steps.begin(), steps.end(),
                            [](const auto &step) { return step.end == IdleEnd::Refused; }));
    EXPECT_TRUE(std::none_of(steps.begin(), steps.end(),
                             [](const auto &step) { return step.end == IdleEnd::Silent; }));
}

TEST(IdleSearch, AConnectionThatIsClosedOnceByChanceDoesNotMisleadIt)
{
    Way way(10h, {15s, 60s});
    ASSERT_TRUE(way.step());
    ASSERT_EQ(way.search->next(way.now), IdleSearch::Act::LeaveAlone);
    way.lose(3s, "The edge reset the connection (RST).");
    way.run();
    EXPECT_TRUE(way.search->over());
    EXPECT_FALSE(way.search->fatal());
    EXPECT_EQ(way.search->survived(), 60s);
}

TEST(IdleSearch, RegistersAnewBeforeASilenceThatTheRegistrationWouldNotOutlive)
{
    Way way(10h, {15s, 900s}, 200s);
    way.run();
    EXPECT_TRUE(way.search->over());
    EXPECT_GE(way.refreshed, 1);
    EXPECT_GT(way.search->survived(), 150s);
    EXPECT_LT(way.search->survived(), 200s);
}

TEST(IdleSearch, SomebodyElsesPingSpoilsTheStepButNotTheSearch)
{
    Way way(31s);
    ASSERT_EQ(way.search->next(way.now), IdleSearch::Act::LeaveAlone);
    way.now = way.now + 4s;
    way.flow.lastPing = way.now;
    way.flow.lastPong = way.now + 10ms;
    way.flow.lastReceived = way.flow.lastPong;
    way.search->add(way.flow);
    EXPECT_TRUE(way.search->steps().empty());
    way.run();
    EXPECT_TRUE(way.search->over());
    EXPECT_LT(way.search->survived(), 31s);
    EXPECT_GE(way.search->fatal().value_or(0s), 31s);
}

TEST(IdleSearch, AFlowThatDoesNotComeBackEndsIt)
{
    Way way(10s);
    ASSERT_EQ(way.search->next(way.now), IdleSearch::Act::LeaveAlone);
    way.flow.state = FlowState::BackingOff;
    way.flow.reason = "Connection refused.";
    ++way.flow.losses;
    way.search->add(way.flow);
    way.now = way.now + 10min;
    EXPECT_EQ(way.search->next(way.now), IdleSearch::Act::Nothing);
    EXPECT_TRUE(way.search->over());
    EXPECT_THAT(way.search->conclusion(), HasSubstr("did not come back: Connection refused."));
}

TEST(IdleSearch, WithoutKeepAlivesNothingIsTried)
{
    Way way(10s);
    way.flow.keepAlive.clear();
    IdleSearch search(way.flow, way.now, {}, {});
    EXPECT_TRUE(search.over());
    EXPECT_EQ(search.verdict(), DrillVerdict::NotSeen);
    EXPECT_THAT(search.conclusion(), HasSubstr("would prove nothing"));
}

TEST(IdleSearch, CountsTheSilenceThatThereWasAndNotTheOneAskedFor)
{
    Way way(10h, {15s, 60s});
    way.now = way.now + 3s; // silent already
    ASSERT_EQ(way.search->next(way.now), IdleSearch::Act::LeaveAlone);
    way.now = way.now + 15s;
    way.flow.lastPing = way.now;
    way.flow.lastReceived = way.flow.lastPong = way.now + 20ms;
    way.search->add(way.flow);
    ASSERT_EQ(way.search->steps().size(), 1U);
    EXPECT_EQ(way.search->steps().front().silence, 18s);
    EXPECT_EQ(way.search->survived(), 18s);
    way.now = way.now + 20ms;
    ASSERT_EQ(way.search->next(way.now), IdleSearch::Act::LeaveAlone);
    EXPECT_EQ(way.search->silence(), 30s);
    way.now = way.now + 4s; // a request comes in: the silence begins anew, and that is reported
    way.flow.lastReceived = way.now;
    way.search->add(way.flow);
    way.flow.lastPing = way.now + 30s;
    way.lose(40s, "No pong within 10 s after the ping.");
    EXPECT_EQ(way.search->fatal(), std::optional<base::Duration>(30s));
}

TEST(IdleSearch, AFlowThatIsNotLeftAloneIsAskedAgainAndThenTheReasonIsTold)
{
    Way way(10h);
    int asked = 0, resumed = 0;
    for (int i = 0; i < 60; ++i) {
        const auto act = way.search->next(way.now);
        asked += act == IdleSearch::Act::LeaveAlone ? 1 : 0;
        resumed += act == IdleSearch::Act::Resume ? 1 : 0;
        way.flow.reason = "The flow is not at rest, so it cannot be left alone now.";
        way.search->add(way.flow);
        way.now = way.now + 500ms;
    }
    EXPECT_EQ(asked, 3);
    EXPECT_TRUE(way.search->over());
    EXPECT_EQ(way.search->verdict(), DrillVerdict::NotSeen);
    EXPECT_THAT(way.search->conclusion(),
                testing::AllOf(HasSubstr("cannot be left alone"), HasSubstr("not at rest")));
    EXPECT_EQ(resumed, 1);
}

TEST(IdleSearch, ASilenceThatIsAgreedToIsWaitedFor)
{
    Way way(10h);
    ASSERT_EQ(way.search->next(way.now), IdleSearch::Act::LeaveAlone);
    way.flow.reason = "Left alone for 15 s, on request: no keep-alive goes out.";
    way.search->add(way.flow);
    way.now = way.now + 14s;
    EXPECT_EQ(way.search->next(way.now), IdleSearch::Act::Nothing);
    EXPECT_FALSE(way.search->over());
    EXPECT_TRUE(way.search->measuring());
}

TEST(IdleSearch, KeepAlivesGoOnWhenItIsOver)
{
    Way way(31s);
    way.run();
    ASSERT_TRUE(way.search->over());
    EXPECT_FALSE(way.search->holds()) << "run() was told to resume";
    EXPECT_EQ(way.search->next(way.now), IdleSearch::Act::Nothing) << "once";
    Way never(10h);
    ASSERT_EQ(never.search->next(never.now), IdleSearch::Act::LeaveAlone);
    never.flow.reason = "Left alone for 15 s, on request: no keep-alive goes out.";
    never.search->add(never.flow);
    EXPECT_TRUE(never.search->holds());
    EXPECT_EQ(never.search->next(never.now + 10min), IdleSearch::Act::Resume);
    EXPECT_THAT(never.search->conclusion(), HasSubstr("never silent for long enough"));
}
