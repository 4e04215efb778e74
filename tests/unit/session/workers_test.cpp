// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <session/workers.h>

namespace {

TEST(Workers, takeEachStepOnce)
{
    session::Workers workers;
    for (const std::size_t count : {0U, 1U, 31U, 32U, 1000U, 4096U}) {
        std::vector<int> done(count, 0); // each step writes its own place only
        workers.run(count, [&](std::size_t i) { ++done[i]; });
        EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0), static_cast<int>(count));
        EXPECT_EQ(std::count(done.begin(), done.end(), 1), static_cast<int>(count));
    }
}

TEST(Workers, canBeUsedOverAndOver)
{
    session::Workers workers;
    std::atomic<std::uint64_t> sum{0};
    for (int round = 0; round < 500; ++round)
        workers.run(64, [&](std::size_t i) { sum += i; });
    EXPECT_EQ(sum, 500U * (63U * 64U / 2U));
}

} // namespace
