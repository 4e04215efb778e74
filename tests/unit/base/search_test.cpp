// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/search.h>
#include <base/text.h>
#include <gtest/gtest.h>
#include <random>

namespace {

TEST(Search, findsWordsWithoutRegardToCase)
{
    EXPECT_TRUE(base::containsNoCase("", ""));
    EXPECT_FALSE(base::containsNoCase("", "a"));
    EXPECT_TRUE(base::containsNoCase("From: Alice", "alice"));
    EXPECT_TRUE(base::containsNoCase("aliCE", "alice"));
    EXPECT_FALSE(base::containsNoCase("alic", "alice"));
    EXPECT_FALSE(base::containsNoCase("@lice {", "`lice [")) << "only letters have a case";
}

/// Every length and place, against the plain way.
TEST(Search, findsWhatThePlainWayFinds)
{
    std::minstd_rand random(3);
    std::size_t hits = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 80, ' '), word(random() % 5 + 1, ' ');
        for (char &c : text)
            c = "abABc\xE4"[random() % 6];
        for (char &c : word)
            c = "abc\xE4"[random() % 4];
        const bool there = base::lower(text).find(word) != std::string::npos;
        hits += there ? 1 : 0;
        ASSERT_EQ(base::containsNoCase(text, word), there) << text << " " << word;
    }
    EXPECT_GT(hits, 1000U);
}

} // namespace
