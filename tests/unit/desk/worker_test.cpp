// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <desk/worker.h>
#include <gtest/gtest.h>
#include <support/step_until.h>

namespace {

using namespace std::chrono_literals;

TEST(Worker, RunsInOrderAndTimedWorkWhenDue)
{
    desk::Worker worker;
    std::mutex mutex;
    std::vector<int> order;
    const auto note = [&](int n) {
        return [&, n] {
            std::lock_guard guard(mutex);
            order.push_back(n);
        };
    };
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(worker.postIn(60ms, note(4)));
    EXPECT_TRUE(worker.postIn(30ms, note(3)));
    EXPECT_TRUE(worker.post(note(1)));
    EXPECT_TRUE(worker.post(note(2)));
    ASSERT_TRUE(support::stepUntil([&] {
        std::lock_guard guard(mutex);
        return order.size() == 4;
    }));
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 60ms);
}

TEST(Worker, NothingRunsAfterStop)
{
    desk::Worker worker;
    std::atomic<int> runs{0};
    EXPECT_TRUE(worker.postIn(10s, [&] { ++runs; }));
    worker.stop();
    worker.stop(); // twice does no harm
    EXPECT_FALSE(worker.post([&] { ++runs; }));
    EXPECT_FALSE(worker.postIn(1ms, [&] { ++runs; }));
    EXPECT_EQ(runs, 0);
}

TEST(Worker, WorkMayPostMoreWork)
{
    desk::Worker worker;
    std::atomic<int> depth{0};
    std::function<void()> again = [&] {
        if (++depth < 50)
            worker.post(again);
    };
    worker.post(again);
    EXPECT_TRUE(support::stepUntil([&] { return depth == 50; }));
    worker.stop();
}

} // namespace
