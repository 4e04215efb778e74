// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <base/time.h>
#include <gtest/gtest.h>

namespace {

using namespace base;

TEST(Printable, ControlCharactersBecomeEscapes)
{
    EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
    EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(printable("a\r\nb"), "a\\x0d\\x0ab");
    EXPECT_EQ(printable("a\r\nb", true), "a\nb");
}

TEST(Printable, BidiOverridesAndBrokenUtf8AreShown)
{
    EXPECT_EQ(printable("abc\xE2\x80\xAE"
                        "def"),
              "abc\\u202edef");
    EXPECT_EQ(printable("\xC3\x28"), "\\xc3(");
    EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf"); // overlong
    EXPECT_EQ(printable("Gr\xC3\xBC\xC3\x9F"), "Gr\xC3\xBC\xC3\x9F");
}

TEST(Printable, LongTextIsCutWithACount)
{
    EXPECT_EQ(printable("abcd" + std::string(19, 'x'), false, 4), "abcd... (19 bytes more)");
    EXPECT_EQ(printable("abcdef", false, 4), "abcdef"); // no shorter with a note
}

TEST(Base64, RoundTripOfEveryLength)
{
    std::string bytes;
    for (int i = 0; i < 60; ++i) {
        const auto back = fromBase64(base64(bytes));
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, bytes);
        bytes += static_cast<char>(i * 37);
    }
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_FALSE(fromBase64("Zm9v!"));
    EXPECT_FALSE(fromBase64("Z"));
}

TEST(FileNamePart, OnlyHarmlessNames)
{
    EXPECT_EQ(fileNamePart("../../etc/passwd"), "_._.._etc_passwd");
    EXPECT_EQ(fileNamePart(""), "_");
    EXPECT_EQ(fileNamePart("a1-B_c.wav"), "a1-B_c.wav");
    EXPECT_EQ(fileNamePart(std::string(500, 'x')).size(), 100U);
}

TEST(ToInteger, WholeTextOrNothing)
{
    EXPECT_EQ(toInteger("42"), 42);
    EXPECT_FALSE(toInteger("42x"));
    EXPECT_FALSE(toInteger(""));
    EXPECT_FALSE(toInteger("99999999999999999999999"));
}

TEST(Time, SecondsAreCutNotRounded)
{
    EXPECT_EQ(seconds(Duration(12'345'678'901)), "12.345");
    EXPECT_EQ(seconds(Duration(-1'500'000'000), 1), "-1.5");
    EXPECT_EQ(seconds(Duration(999'999'999), 0), "0");
    EXPECT_EQ(utc(Instant{1'700'000'000'123'000'000}), "2023-11-14 22:13:20.123");
}

} // namespace
