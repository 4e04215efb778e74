// SPDX-License-Identifier: Apache-2.0
#include <base/escape.h>

#include <gtest/gtest.h>

TEST(Escape, IsTheOctetItStandsFor)
{
    EXPECT_EQ(base::unescaped("a%40b%3d%3D"), "a@b==");
    EXPECT_EQ(base::unescaped("%61%6C%6c"), "all");
    EXPECT_EQ(base::unescaped("%2541"), "%41"); // once only
    EXPECT_EQ(base::unescaped(std::string("%00%ff")), std::string("\0\xff", 2));
}

TEST(Escape, WhatBeginsNoneStays)
{
    for (const char *text : {"", "%", "%4", "%4g", "%g4", "100%", "%%", "a%"})
        EXPECT_EQ(base::unescaped(text), text);
    EXPECT_EQ(base::unescaped("%%41"), "%A");
}

TEST(Escape, KnowsHexadecimalDigits)
{
    EXPECT_EQ(base::hexDigit('0'), 0);
    EXPECT_EQ(base::hexDigit('9'), 9);
    EXPECT_EQ(base::hexDigit('a'), 10);
    EXPECT_EQ(base::hexDigit('F'), 15);
    for (const char c : {'g', 'G', '@', '`', '/', ':', ' ', '\0', '\x1a', '\xe1', '\x10'})
        EXPECT_EQ(base::hexDigit(c), -1) << static_cast<int>(c);
}
