// SPDX-License-Identifier: Apache-2.0
// Somebody sets the computer's clock while flows are up: what the engine waits for comes in time
// all the same.
#include "ear.h"
#include "registrar.h"

#include <atomic>
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {
std::atomic<long> g_step{0}; // s that the clock was set by
} // namespace

/// This program's clock, for every library in it.
extern "C" int clock_gettime(clockid_t clock, timespec *time) noexcept
{
    const auto out = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (out == 0 && clock == CLOCK_REALTIME)
        time->tv_sec += g_step.load(std::memory_order_relaxed);
    return out;
}

namespace {

using base::FlowState;
using ear::Ear;
using namespace std::chrono_literals;

class ClockJump : public testing::TestWithParam<long>
{
protected:
    ClockJump()
    {
        auto options = ear::quick();
        options.firstPing = 20ms;
        options.pongTimeout = 400ms;
        options.backOffBase = 20ms;
        m_ear.emplace(options);
        engine::Account account;
        account.aor = "sip:bob@example.test";
        account.proxies = {registrar.proxy()};
        handle = ear().engine->addAccount(account);
        EXPECT_TRUE(support::stepUntil([&] { return ear().states(1, FlowState::Up) > 0; }));
    }
    ~ClockJump() override { g_step = 0; }
    Ear &ear() { return *m_ear; }

    peer::Registrar registrar;
    engine::AccountHandle handle;

private:
    std::optional<Ear> m_ear;
};

TEST_P(ClockJump, ANewPingFindsADeadFlowInTime)
{
    g_step = GetParam();
    registrar.pongs = false;
    ear().engine->ping(handle, 1);
    EXPECT_TRUE(support::stepUntil([&] { return ear().states(1, FlowState::Failed) > 0; }))
        << "no pong in 400 ms";
    registrar.pongs = true;
    EXPECT_TRUE(support::stepUntil([&] { return ear().state(1) == FlowState::Up; }));
}

TEST_P(ClockJump, APingThatWaitsIsNeitherForgottenNorTakenForLate)
{
    registrar.pongs = false;
    const auto pings = registrar.pingsSeen.load();
    ear().engine->ping(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.pingsSeen > pings; }));
    const auto begun = std::chrono::steady_clock::now();
    g_step = GetParam();
    EXPECT_TRUE(support::stepUntil([&] { return ear().states(1, FlowState::Failed) > 0; }));
    EXPECT_GT(std::chrono::steady_clock::now() - begun, 150ms) << "it had its time";
}

INSTANTIATE_TEST_SUITE_P(BackAndForth, ClockJump, testing::Values(-3600L, 3600L));

} // namespace
