// SPDX-License-Identifier: Apache-2.0
// The flow's state machine on a manual clock: back-off as a distribution, STUN, what the answers of
// a registrar lead to, when others can reach us.
#include "flow_machine.h"

#include <algorithm>
#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <numeric>
#include <random>

namespace {

using base::FlowState;
using engine::FlowKeeper;
using engine::KeeperAct;
using engine::RegisterResult;
using machine::at;
using machine::granted;
using machine::Machine;
using machine::status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// RFC 5626 section 4.5: every wait in [0.5 W, W], and evenly spread over it.
TEST(BackOff, IsEvenlySpreadWithinItsBoundsOverAThousandFailures)
{
    Machine flow;
    std::mt19937 source(20261125);
    std::uniform_real_distribution<double> spread(0.0, 1.0);
    flow.random = [&] { return spread(source); };
    std::array<int, 20> slots{};
    for (int failures = 1; failures <= 1000; ++failures) {
        flow.others = failures % 2 == 0; // 30 s or 90 s
        flow.keeper.result(flow.now, status(500));
        ASSERT_EQ(flow.keeper.state(), FlowState::BackingOff);
        ASSERT_EQ(flow.keeper.report().failures, failures);
        base::Duration whole = flow.others ? 90s : 30s;
        for (int i = 0; i < failures && whole < 1800s; ++i)
            whole *= 2;
        whole = std::min<base::Duration>(whole, 1800s);
        EXPECT_EQ(flow.keeper.report().waitMost, whole);
        const auto wait = flow.jump();
        ASSERT_GE(wait, whole / 2);
        ASSERT_LE(wait, whole);
        const double share = 2.0 * base::toSeconds(wait) / base::toSeconds(whole) - 1.0;
        ++slots.at(std::min<std::size_t>(19, static_cast<std::size_t>(share * 20)));
        flow.keeper.take();
    }
    double chi = 0;
    for (const int seen : slots)
        chi += (seen - 50.0) * (seen - 50.0) / 50.0;
    std::cout << "figure  1000 waits within [W/2, W]; chi-square " << chi
              << " over 20 slots (a uniform draw stays below 43.8 in 999 of 1000 runs)\n";
    EXPECT_LT(chi, 43.82) << "0.1 % limit of 19 degrees of freedom";
    EXPECT_GT(chi, 3.0) << "too even to be random";
}

/// An edge restarts and is away for two minutes: a hundred user agents do not come back as one.
TEST(BackOff, KeepsAHundredUserAgentsApart)
{
    std::mt19937 source(430);
    std::uniform_real_distribution<double> spread(0.0, 1.0);
    std::array<int, 1000> attempts{}; // by second
    for (int i = 0; i < 100; ++i) {
        Machine flow;
        flow.random = [&] { return spread(source); };
        flow.comeUp();
        const auto begin = flow.now;
        flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
        while (flow.now - begin < 120s) { // then the edge is back
            flow.keeper.failed(flow.now, "Nobody listens on that port.");
            flow.jump();
            ++attempts.at(static_cast<std::size_t>((flow.now - begin) / std::chrono::seconds(1)));
        }
        EXPECT_LT(flow.now - begin, 600s) << "back within its longest wait";
    }
    EXPECT_EQ(std::accumulate(attempts.begin(), attempts.begin() + 30, 0), 0); // W/2 at least
    EXPECT_LE(*std::max_element(attempts.begin(), attempts.end()), 12)
        << "more in one second than chance makes of 100 over 30 s and more";
}

TEST(Stun, IsSentAgainAtTwiceTheDistanceAndThenTheFlowIsDead)
{
    Machine flow({}, true);
    flow.comeUp(at("192.0.2.7:40000"));
    ASSERT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_EQ(flow.keeper.report().keepAlive, "STUN");
    EXPECT_EQ(flow.jump(), 26496ms); // 26.5 s after the ping, the middle of 24 to 29 s
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    const auto asked = flow.now;
    const auto heard = flow.keeper.report().lastReceived;
    std::vector<base::Duration> again;
    while (flow.keeper.state() == FlowState::Up || flow.keeper.state() == FlowState::Suspect) {
        flow.jump();
        for (const auto act : flow.keeper.take())
            if (act == KeeperAct::PingAgain)
                again.push_back(flow.now - asked);
        ASSERT_LT(flow.now - asked, 60s);
    }
    EXPECT_THAT(again, ElementsAre(500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms));
    EXPECT_EQ(flow.now - asked, 39500ms);
    EXPECT_THAT(flow.states, testing::IsSupersetOf({FlowState::Suspect, FlowState::Failed}));
    EXPECT_EQ(flow.keeper.report().reachableUntil, heard); // nobody knows when since then
    EXPECT_FALSE(flow.keeper.report().reachableSince.known());
}

TEST(Stun, IsNamedWhereItsAnswerIsLate)
{
    Machine flow({}, true);
    flow.comeUp(at("192.0.2.7:40000"));
    flow.keeper.ping(flow.now);
    for (int i = 0; i < 8 && flow.keeper.state() == FlowState::Up; ++i)
        flow.jump();
    ASSERT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("STUN is late: 3 requests within 2.0 s"));
}

TEST(Stun, AnotherMappedAddressIsAnotherFlow)
{
    Machine flow({}, true);
    flow.comeUp(at("192.0.2.7:40000"));
    flow.keeper.ping(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.keeper.pong(flow.now, at("192.0.2.7:40000"));
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    flow.states.clear();
    flow.keeper.ping(flow.now);
    flow.keeper.take();
    flow.keeper.pong(flow.now, at("192.0.2.7:40017"));
    EXPECT_THAT(flow.states, testing::IsSupersetOf({FlowState::Failed, FlowState::Connecting}));
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
    EXPECT_EQ(flow.keeper.report().mapped, at("192.0.2.7:40017"));
    EXPECT_EQ(flow.keeper.report().losses, 1);
}

TEST(Stun, IsNotSentWhereNobodyAnnouncedIt)
{
    Machine flow({}, true);
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, status(200));
    EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain);
    flow.keeper.ping(flow.now);
    EXPECT_THAT(flow.keeper.take(), IsEmpty());
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("STUN"));
}

TEST(Stun, IsSentWhereTheEdgeOrTheViaOrTheUserAnnouncedIt)
{
    auto byPath = status(200), byVia = status(200);
    byPath.edgeKeepsFlows = true;
    byVia.keep = 20s;
    for (const auto &[result, always, period] :
         {std::tuple(byPath, false, 26500ms), std::tuple(byVia, false, 18000ms),
          std::tuple(status(200), true, 26500ms)}) {
        Machine flow({.keepAlive = always}, true);
        flow.keeper.sending(flow.now);
        flow.keeper.result(flow.now, result);
        EXPECT_EQ(flow.keeper.state(), FlowState::Provisional);
        EXPECT_EQ(flow.jump(), period);
        EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
        flow.keeper.pong(flow.now);
        EXPECT_EQ(flow.keeper.state(), FlowState::UpPlain); // outbound was not granted
    }
}

TEST(Refusal, WithoutOutboundOnlyWhereTheUserChoseIt)
{
    Machine flow({.plainAfter439 = true});
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, status(439));
    EXPECT_TRUE(flow.keeper.plain());
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
    flow.keeper.result(flow.now, status(439)); // asked for nothing, refused all the same
    EXPECT_EQ(flow.keeper.state(), FlowState::Rejected);
    EXPECT_FALSE(flow.keeper.next().has_value());

    Machine strict;
    strict.keeper.sending(strict.now);
    strict.keeper.result(strict.now, status(439));
    EXPECT_EQ(strict.keeper.state(), FlowState::Rejected);
}

TEST(Refusal, A430ToARegisterIsTriedAgainButNeverInALoop)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.reRegister(flow.now);
    flow.keeper.take();
    flow.keeper.result(flow.now, status(430)); // the flow is said to be gone: a new one at once
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Close, KeeperAct::Connect));
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, status(430));
    EXPECT_EQ(flow.keeper.state(), FlowState::BackingOff);
    EXPECT_GE(flow.jump(), 30s);
}

TEST(LeftAlone, PingsOnceAfterTheSilenceAndNotBefore)
{
    Machine flow;
    flow.comeUp(); // of an hour
    const auto begun = flow.now;
    flow.keeper.leaveAlone(flow.now, 600s);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("Left alone for 600 s"));
    EXPECT_EQ(flow.jump(), 600s) << "no keep-alive of 95 to 120 s in between";
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    EXPECT_EQ(flow.keeper.report().lastPing, begun + 600s);
    flow.keeper.pong(flow.now);
    EXPECT_LE(flow.jump(), 120s) << "and as ever afterwards";
}

TEST(LeftAlone, BytesInBetweenBeginTheSilenceAnew)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.leaveAlone(flow.now, 300s);
    flow.after(100s);
    flow.keeper.bytes(flow.now);
    EXPECT_EQ(flow.jump(), 300s);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
}

TEST(LeftAlone, WhatWeSendBeginsTheSilenceAnewTooAndIsTold)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.leaveAlone(flow.now, 300s);
    EXPECT_TRUE(engine::isLeftAlone(flow.keeper.report()));
    flow.after(120s);
    const auto told = flow.states.size();
    flow.keeper.sent(flow.now); // a call leaves over it
    EXPECT_GT(flow.states.size(), told);
    EXPECT_EQ(flow.jump(), 300s);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.keeper.sent(flow.now); // the ping itself
    flow.keeper.pong(flow.now);
    EXPECT_LE(flow.jump(), 120s);
}

TEST(LeftAlone, CountsFromWhatCameLast)
{
    Machine flow;
    flow.comeUp();
    flow.after(40s);
    flow.keeper.leaveAlone(flow.now, 300s);
    EXPECT_EQ(flow.jump(), 260s);
    Machine late;
    late.comeUp();
    late.after(90s);
    late.keeper.leaveAlone(late.now, 60s); // it was silent for longer already
    EXPECT_EQ(late.jump(), 0s);
    EXPECT_THAT(late.keeper.take(), ElementsAre(KeeperAct::Ping));
}

TEST(LeftAlone, ARefusalIsTold)
{
    Machine flow;
    flow.comeUp();
    flow.jump(); // a ping is out
    flow.keeper.leaveAlone(flow.now, 300s);
    EXPECT_FALSE(engine::isLeftAlone(flow.keeper.report()));
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("not at rest"));
}

TEST(LeftAlone, EndsAtOnceWhereItIsNotWantedAnyMore)
{
    Machine flow;
    flow.comeUp();
    const auto refresh = flow.now + 2520s;   // 70 % of the hour, less the first ping
    flow.keeper.leaveAlone(flow.now, 2800s); // puts the refresh off
    flow.after(50s);
    flow.keeper.leaveAlone(flow.now, 0s);
    EXPECT_FALSE(engine::isLeftAlone(flow.keeper.report()));
    EXPECT_EQ(flow.jump(), 0s);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Ping));
    flow.keeper.pong(flow.now);
    bool refreshed = false;
    while (!refreshed && flow.now < refresh + 200s) {
        flow.jump();
        for (const auto what : flow.keeper.take()) {
            refreshed = refreshed || what == KeeperAct::Refresh;
            if (what == KeeperAct::Ping)
                flow.keeper.pong(flow.now);
        }
    }
    EXPECT_TRUE(refreshed);
    EXPECT_LE(flow.now, refresh) << "nor is the refresh as late as the silence wanted it";
    Machine calm;
    calm.comeUp();
    const auto before = calm.keeper.next();
    calm.keeper.leaveAlone(calm.now, 0s); // nobody asked for a silence
    EXPECT_EQ(calm.keeper.next(), before);
}

TEST(LeftAlone, NotBeyondTheRegistrationNorWhereNobodyAnswersPings)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.leaveAlone(flow.now, 2h);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("The registration ends before"));
    EXPECT_LE(flow.jump(), 120s);
    Machine mute;
    mute.keeper.sending(mute.now);
    mute.keeper.result(mute.now, status(200));
    mute.keeper.leaveAlone(mute.now, 60s);
    EXPECT_THAT(mute.keeper.report().reason, HasSubstr("would prove nothing"));
}

TEST(Reach, BeginsWithTheRegistrationAndEndsWithTheFlow)
{
    Machine flow;
    flow.keeper.sending(flow.now);
    const auto registered = flow.now;
    flow.keeper.result(flow.now, granted(30s));
    EXPECT_EQ(flow.keeper.report().reachableSince, registered);
    flow.jump();
    flow.keeper.pong(flow.now);
    flow.after(5s);
    flow.keeper.closed(flow.now, "The edge closed the connection (FIN).");
    EXPECT_FALSE(flow.keeper.report().reachableSince.known());
    EXPECT_EQ(flow.keeper.report().reachableUntil, flow.now);
    flow.keeper.take();
    flow.after(1s);
    flow.keeper.sending(flow.now);
    flow.keeper.result(flow.now, granted());
    EXPECT_EQ(flow.keeper.report().reachableSince, flow.now);
}

TEST(Reach, RoundTripsOfTheLastPongsAreKept)
{
    Machine flow;
    flow.comeUp();
    for (int i = 0; i < 40; ++i) {
        flow.keeper.ping(flow.now);
        flow.after(std::chrono::milliseconds(i + 1));
        flow.keeper.pong(flow.now);
    }
    ASSERT_EQ(flow.keeper.report().roundTrips.size(), 32U);
    EXPECT_EQ(flow.keeper.report().roundTrips.back(), 40ms);
    EXPECT_EQ(flow.keeper.report().roundTrips.front(), 9ms);
}

TEST(Resolving, ComesFirstWhereTheEdgeHasAName)
{
    FlowKeeper keeper({.named = true}, {[] { return 0.5; }, {}, {}});
    const base::Instant now{1'000'000'000};
    keeper.start(now);
    EXPECT_EQ(keeper.state(), FlowState::Resolving);
    keeper.located(now);
    EXPECT_EQ(keeper.state(), FlowState::Connecting);
    keeper.failed(now, "No answer from the name server.");
    EXPECT_EQ(keeper.state(), FlowState::BackingOff);
    EXPECT_EQ(keeper.report().failures, 1);
}

} // namespace
