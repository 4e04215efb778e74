// SPDX-License-Identifier: Apache-2.0
// A step of a story gives way when its caption was read, or when its reader says so.
#include <desk/story_pace.h>

#include <gtest/gtest.h>
#include <string>

namespace {

using desk::StoryPace;
using namespace std::chrono_literals;

TEST(StoryPace, NobodyReadsWithoutAWindow)
{
    const StoryPace pace;
    EXPECT_TRUE(pace.goesOn("A long caption that takes its time.", 0s, 0));
}

TEST(StoryPace, ACaptionStandsAsLongAsItTakesToRead)
{
    StoryPace pace;
    pace.set(StoryPace::Kind::ToRead);
    const std::string caption(100, 'x');
    EXPECT_GE(desk::timeToRead(caption), 5s);
    EXPECT_EQ(desk::timeToRead("Short"), 2s);
    EXPECT_FALSE(pace.goesOn(caption, 5s, 0));
    EXPECT_TRUE(pace.goesOn(caption, 7s, 0));
    pace.set(StoryPace::Kind::Slow);
    EXPECT_FALSE(pace.goesOn(caption, 7s, 0));
    EXPECT_TRUE(pace.goesOn(caption, 14s, 0));
}

TEST(StoryPace, ByHandItWaitsForItsReader)
{
    StoryPace pace;
    pace.set(StoryPace::Kind::ByHand);
    const unsigned before = pace.nexts();
    EXPECT_FALSE(pace.goesOn("x", 1h, before));
    pace.next();
    EXPECT_TRUE(pace.goesOn("x", 0s, before));
    EXPECT_FALSE(pace.goesOn("x", 0s, pace.nexts()));
}

} // namespace
