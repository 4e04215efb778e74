// SPDX-License-Identifier: Apache-2.0
// Durations as numbers: what is printed of them has no digit that nobody measured.
#include <base/time.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

TEST(Time, SecondsAreTheNearestNumber)
{
    for (const std::int64_t ms : {300LL, 1001LL, 2300LL, 4600LL, 86'399'999LL}) {
        const auto text = fmt::format("{}", base::toSeconds(std::chrono::milliseconds(ms)));
        EXPECT_LE(text.size(), fmt::format("{}.", ms).size() + 1) << text;
        EXPECT_EQ(base::toMilliseconds(std::chrono::milliseconds(ms)), static_cast<double>(ms));
    }
    EXPECT_EQ(base::toSeconds(300ms), 0.3);
    EXPECT_EQ(base::toSeconds(-1001ms), -1.001);
    EXPECT_EQ(base::toMilliseconds(57us), 0.057);
}

} // namespace
