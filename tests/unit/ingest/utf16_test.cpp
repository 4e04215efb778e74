// SPDX-License-Identifier: Apache-2.0
// Logs that were saved in two bytes a character are read as if they had not been.
#include "reading.h"

#include <ingest/text/utf16.h>

namespace {

using ingest::text::narrowed;
using ingest::text::Wide;
using ingest::text::wideOf;

std::string units(const std::vector<char16_t> &text, Wide order)
{
    std::string out;
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xFFU), high = static_cast<char>(unit >> 8U);
        out += order == Wide::LittleEndian ? low : high;
        out += order == Wide::LittleEndian ? high : low;
    }
    return out;
}

std::string widened(std::string_view ascii, Wide order, bool mark)
{
    std::vector<char16_t> text;
    if (mark)
        text.push_back(0xFEFF);
    for (const char c : ascii)
        text.push_back(static_cast<char16_t>(c));
    return units(text, order);
}

const std::string kLog = "2026-11-25 10:00:00.000 received from 192.0.2.1:5060:\r\n"
                         "OPTIONS sip:bob@192.0.2.2 SIP/2.0\r\n"
                         "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
                         "Max-Forwards: 70\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\n"
                         "To: <sip:bob@192.0.2.2>\r\nCall-ID: wide\r\nCSeq: 1 OPTIONS\r\n"
                         "Content-Length: 0\r\n\r\n";

TEST(Utf16, aLogIsReadInEachOrderWithAndWithoutItsMark)
{
    const auto plain = reading::read(kLog);
    ASSERT_TRUE(plain.outcome);
    ASSERT_EQ(plain.packets.size(), 1U);
    for (const Wide order : {Wide::LittleEndian, Wide::BigEndian}) {
        for (const bool mark : {true, false}) {
            const auto read = reading::read(widened(kLog, order, mark));
            ASSERT_TRUE(read.outcome) << mark;
            ASSERT_EQ(read.packets.size(), 1U) << mark;
            EXPECT_EQ(read.payload(0), plain.payload(0));
            EXPECT_EQ(read.packets[0].time, plain.packets[0].time);
        }
    }
}

TEST(Utf16, isToldFromTextAndFromCaptures)
{
    EXPECT_EQ(wideOf(kLog), Wide::No);
    EXPECT_EQ(wideOf(""), Wide::No);
    EXPECT_EQ(wideOf(std::string(400, '\0')), Wide::No);
    EXPECT_EQ(wideOf(support::pcap({})), Wide::No);
    EXPECT_EQ(wideOf(widened("INVITE", Wide::BigEndian, false)), Wide::BigEndian);
    EXPECT_EQ(wideOf(widened("IN", Wide::BigEndian, false)), Wide::No); // too little to tell
}

TEST(Utf16, otherCharactersBecomeUtf8AndHalvesOfPairsAReplacement)
{
    for (const Wide order : {Wide::LittleEndian, Wide::BigEndian}) {
        EXPECT_EQ(narrowed(units({0xFEFF, 0x00E4, 0x20AC, 0xD83D, 0xDE00, 'x'}, order), order),
                  "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80x");
        EXPECT_EQ(narrowed(units({0xDE00, 0xD83D, 'x', 0xD83D}, order), order),
                  "\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD");
        EXPECT_EQ(narrowed(units({'a', 'b'}, order) + "c", order), "ab");
        EXPECT_EQ(narrowed("", order), "");
    }
}

} // namespace
