// SPDX-License-Identifier: Apache-2.0
// What logs do to SIP, and what only looks like SIP.
#include <base/told_time.h>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ingest/text/marker.h>
#include <ingest/text/moment.h>
#include <sip/message.h>
#include <sip/sdp.h>
#include <support/log_writer.h>
#include <support/torture_invalid.h>
#include <support/torture_valid.h>

#include "reading.h"

namespace {

using ingest::text::Moment;
using ingest::text::momentIn;
using reading::read;
using testing::HasSubstr;
namespace logs = support::logs;

std::string told(std::string_view line)
{
    const Moment moment = momentIn(line);
    switch (moment.tells) {
    case Moment::Tells::Nothing:
        return "nothing";
    case Moment::Tells::Clock:
        return "clock " + base::utc(moment.time).substr(11);
    case Moment::Tells::NoYear:
        return "no year " + base::utc(moment.time).substr(5);
    default:
        return base::utc(moment.time);
    }
}

TEST(TextMoment, isReadInTheFormsOfManyLogs)
{
    const std::vector<std::pair<std::string, std::string>> lines{
        {"[2024-01-02 12:34:56.789] VERBOSE[1]: x", "2024-01-02 12:34:56.789"},
        {"2024-01-02T12:34:56.789123+01:00 host", "2024-01-02 11:34:56.789"},
        {"2024-01-02T12:34:56Z", "2024-01-02 12:34:56.000"},
        {"2024-01-02 12:34:56,5 -0330", "2024-01-02 16:04:56.500"},
        {"2024/01/02 12:34:56.789012 192.0.2.1:5060 -> x", "2024-01-02 12:34:56.789"},
        {"2024-01-02 12:34:56:789 belle-sip-message", "2024-01-02 12:34:56.789"},
        {"Jan  2 12:34:56 host kamailio[1]:", "no year 01-02 12:34:56.000"},
        {"[Jan 12 12:34:56] NOTICE", "no year 01-12 12:34:56.000"},
        {"Feb 29 23:59:59 host", "no year 02-29 23:59:59.000"},
        {"Arrival Time: Jan  2, 2024 12:34:56.789012000 UTC", "2024-01-02 12:34:56.789"},
        {"dump started at Tue Jan  2 12:34:56 2024", "2024-01-02 12:34:56.000"},
        {"10.0.0.1 - [02/Jan/2024:12:34:56 +0100] x", "2024-01-02 11:34:56.000"},
        {"recv 5 bytes from udp/[192.0.2.1]:5060 at 12:34:56.789012:", "clock 12:34:56.789"},
        {"1704198896.789012 IP 192.0.2.1.5060 > 192.0.2.2.5060", "2024-01-02 12:34:56.789"},
        {"02/01/2024 12:34:56", "clock 12:34:56.000"}, // which is the month?
        {"31/12/2025 23:59:58", "2025-12-31 23:59:58.000"},
        {"12/31/2025 11:59:58.600 PM", "2025-12-31 23:59:58.600"},
        {"02/01/2024 12:34:56.789 AM x", "2024-02-01 00:34:56.789"},
        {"2/1/2024 1:05:03 PM", "2024-02-01 13:05:03.000"},
        {"31.12.2025 23:59:58,600 x", "2025-12-31 23:59:58.600"},
        {"1.2.2024 23:59:58", "2024-02-01 23:59:58.000"},
        {"192.0.2.1 12:34:56 PMx", "clock 12:34:56.000"},
        {"version 1:05:03 of it", "nothing"},
        {"Ethernet II, Src: 00:11:22:33:44:55", "nothing"},
        {"Src: [2001:db8::12:34:56]", "nothing"},
        {"25:34:56", "nothing"},
        {"", "nothing"},
    };
    for (const auto &[line, wanted] : lines)
        EXPECT_EQ(told(line), wanted) << line;
}

TEST(TextMarker, readsEndsInTheFormsOfManyLogs)
{
    const std::vector<std::pair<std::string, std::string>> lines{
        {"<--- Received SIP request (823 bytes) from UDP:[2001:db8::1]:5060 --->",
         "[2001:db8::1]:5060 > unknown UDP 823"},
        {"Reliably Transmitting (NAT) to 192.0.2.1:5060:", "unknown > 192.0.2.1:5060 ? 0"},
        {"send 358 bytes to tls/[192.0.2.1]:5061 at 12:34:56.789012:",
         "unknown > 192.0.2.1:5061 TLS 358"},
        {"IP6 2001:db8::1.5060 > 2001:db8::2.5070: SIP", "[2001:db8::1]:5060 > [2001:db8::2]:5070 "
                                                         "? 0"},
        {"TX 12 bytes Request msg to TCP 192.0.2.1:5060:", "unknown > 192.0.2.1:5060 TCP 12"},
        {"src=192.0.2.1:5060 dst=192.0.2.2:5070 proto=udp",
         "192.0.2.1:5060 > 192.0.2.2:5070 UDP 0"},
        {"received [5] new bytes from [UDP://sip.example.test:5060]:", "unknown > unknown ? 5"},
        {"a line that says nothing", "unknown > unknown ? 0"},
        {"from here to there", "unknown > unknown ? 0"},
    };
    for (const auto &[line, wanted] : lines) {
        const auto marker = ingest::text::readMarker(line);
        EXPECT_EQ(fmt::format("{} > {} {} {}", marker.source.text(), marker.destination.text(),
                              base::transportText(marker.transport), marker.bytes),
                  wanted)
            << line;
    }
}

TEST(Text, restoredMessagesHaveNoFlawOfTheirLog)
{
    for (const std::string_view ends : {"\n", "\r\n", "\r"}) {
        std::string log;
        for (const auto &said : logs::call())
            log += logs::replaced(said.text, "\r\n", ends) + std::string(ends);
        const auto out = read(log);
        ASSERT_EQ(out.packets.size(), 9U);
        for (const auto &packet : out.packets) {
            const auto message = sip::parse(packet.payload.text());
            ASSERT_TRUE(message);
            EXPECT_TRUE(message->flaws.empty());
        }
    }
}

TEST(Text, aMessageMayFollowAnEscapedLineEndAtOnce)
{
    for (const std::string_view ends :
         {"#015#012", "#012", "\\r\\n", "\\n", "\\015\\012", "\\012", "\\x0d\\x0a"}) {
        std::string log;
        for (const auto &said : logs::call()) {
            const std::string feeds = logs::replaced(said.text, "\r\n", "\n");
            log +=
                "Jan  2 12:34:56 host kamailio[1]: DEBUG: received message:" + std::string(ends) +
                logs::replaced(feeds, "\n", ends) + "\n";
        }
        const auto out = read(log);
        ASSERT_EQ(out.packets.size(), 9U) << ends;
        for (std::size_t i = 0; i < out.packets.size(); ++i)
            EXPECT_EQ(out.payload(i), logs::call()[i].text) << ends;
    }
}

TEST(Text, lengthThatCountsBareLineFeedsIsTheSendersOwn)
{
    const std::string body = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n";
    const std::string text = logs::lineFeeds(
        logs::message("INVITE sip:bob@example.test SIP/2.0", "1 INVITE", "c", "", body));
    const auto out = read(text + "\n");
    ASSERT_EQ(out.packets.size(), 1U);
    const std::string kept = out.payload(0);
    const auto message = sip::parse(kept);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->body, body);
    EXPECT_TRUE(message->flaws.empty());
}

TEST(Text, lengthThatFitsNothingIsTold)
{
    auto said = logs::call()[0];
    said.text = logs::replaced(said.text, "Content-Length: ", "Content-Length: 9");
    const auto out =
        read(logs::lineFeeds(said.text) + "\n\n" + logs::lineFeeds(logs::call()[1].text));
    ASSERT_EQ(out.packets.size(), 2U);
    const std::string kept = out.payload(0);
    const auto message = sip::parse(kept);
    ASSERT_TRUE(message);
    ASSERT_EQ(message->flaws.size(), 1U);
    EXPECT_EQ(message->flaws[0].code, sip::FlawCode::ContentLengthTooLong);
    EXPECT_EQ(sip::parseSdp(message->sdp()).media.size(), 1U);
}

TEST(Text, aMessageThatTheLogCutIsNoFaultOfItsSender)
{
    const auto said = logs::call()[0];
    const std::string log =
        fmt::format("<--- Received SIP request ({} bytes) from UDP:{} --->\n{}", said.text.size(),
                    said.from.text(), logs::lineFeeds(said.text).substr(0, 200));
    const auto out = read(log + "\n\n[2024-01-02 12:34:56] NOTICE[1]: gone\n");
    ASSERT_EQ(out.packets.size(), 1U);
    EXPECT_TRUE(out.packets[0].cut);
    EXPECT_EQ(out.packets[0].source, said.from);
    EXPECT_THAT(out.flaws, testing::Contains(HasSubstr("only the beginning of 1 message")));
}

TEST(Text, tortureOneAfterAnotherIsReadToTheByte)
{
    auto cases = support::torture::valid();
    for (const auto &one : support::torture::invalid())
        cases.push_back(one);
    for (const auto &one : cases) {
        const auto out = read(one.text);
        ASSERT_TRUE(out.outcome) << one.name;
        ASSERT_GE(out.packets.size(), 1U) << one.name;
        // Of two messages in one datagram a text makes two.
        const auto kept = out.payload(0);
        EXPECT_EQ(one.text.substr(0, kept.size()), kept) << one.name;
        EXPECT_GE(kept.size() + 4, one.text.find("\r\n\r\n")) << one.name;
        EXPECT_FALSE(out.packets[0].source.known());
    }
}

TEST(Text, wordsOfSipInALogAreNoMessages)
{
    const std::string log = "Jan  2 12:34:56 host app: got SIP/2.0 200 OK from 192.0.2.1\n"
                            "Jan  2 12:34:57 host app: sent INVITE sip:bob@example.test SIP/2.0\n"
                            "nothing more\nVia: SIP/2.0/UDP 192.0.2.1\n"
                            "Jan  2 12:34:58 host app: 0000 done, 00000000 left\n";
    const auto out = read(log);
    ASSERT_FALSE(out.outcome);
    EXPECT_THAT(out.outcome.error().sentence, HasSubstr("holds no SIP"));
    EXPECT_THAT(out.outcome.error().sentence, HasSubstr("FreeSWITCH siptrace"));
}

TEST(Text, neverTakesWhatIsACaptureOrNoText)
{
    const auto frames = support::pcap(
        {{reading::at(0), support::ethernet(support::udp(logs::call()[0].from, logs::call()[0].to,
                                                         logs::call()[0].text))}});
    const auto source = ingest::recognise("x", frames);
    ASSERT_TRUE(source);
    EXPECT_EQ((*source)->id, "pcap");
    const std::string junk = std::string("\0\x01\x02", 3) + logs::call()[0].text;
    EXPECT_FALSE(ingest::recognise("x", junk));
    EXPECT_FALSE(ingest::recognise("x", "dear diary"));
    EXPECT_FALSE(ingest::recognise("x", std::string(4096, '\x02')));
}

TEST(Text, wrapsAtMidnight)
{
    const auto one = logs::call()[0];
    std::string log;
    for (const char *clock : {"23:59:59.900000", "00:00:00.100000"})
        log += fmt::format("recv {} bytes from udp/[192.0.2.1]:5060 at {}:\n{}\v\n",
                           one.text.size(), clock, one.text);
    const auto out = read(log);
    ASSERT_EQ(out.packets.size(), 2U);
    EXPECT_EQ(out.packets[1].time - out.packets[0].time, std::chrono::milliseconds(200));
}

TEST(Text, timesAreThoseOfTheMessageBeforeWhereOneTellsNone)
{
    const auto story = logs::call();
    const auto out = read("2024-01-02 12:34:56 192.0.2.1:5060 -> 198.51.100.7:5070\n" +
                          story[0].text + "\n" + story[1].text);
    ASSERT_EQ(out.packets.size(), 2U);
    EXPECT_EQ(out.packets[0].time, out.packets[1].time);
    EXPECT_FALSE(out.packets[1].source.known());
}

TEST(Text, aDateWithoutAYearGoesOnIntoTheNextOne)
{
    const auto story = logs::call();
    const auto line = [&](std::string_view stamp, std::size_t i) {
        return fmt::format("{} host: 192.0.2.1:5060 -> 198.51.100.7:5070\n{}\n", stamp,
                           story[i].text);
    };
    const auto out =
        read(line("Dec 31 23:59:58", 0) + line("Dec 31 23:59:59", 1) + line("Jan  1 00:00:01", 2) +
             line("Dec 31 23:59:59", 1) + line("Jan  1 00:00:02", 2));
    ASSERT_EQ(out.packets.size(), 5U);
    EXPECT_EQ(out.packets[2].time - out.packets[0].time, std::chrono::seconds(3));
    EXPECT_EQ(out.packets[3].time, out.packets[1].time) << "a line that comes late";
    EXPECT_EQ(out.packets[4].time - out.packets[0].time, std::chrono::seconds(4));
    EXPECT_FALSE(base::hasDate(out.packets[4].time)) << "no year was told";
}

/// Processor time, the best of two runs.
double secondsFor(const std::string &bytes)
{
    double best = 1e9;
    for (int i = 0; i < 2; ++i) {
        const auto begin = std::clock();
        read(bytes);
        best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    return best;
}

std::string repeated(std::string_view unit, std::size_t size)
{
    std::string out;
    while (out.size() < size)
        out += unit;
    return out;
}

TEST(Text, workGrowsWithTheInputAndNoFaster)
{
    const std::string start = "INVITE sip:bob@example.test SIP/2.0\n";
    for (const std::string &unit :
         {std::string("SIP/2.0 "), std::string("SIP/2.0 200 OK\n"), start, std::string("0000"),
          std::string("0000 00 00 00 00 00 00\n"), std::string("x INVITE sip:b SIP/2.0\nVia: x\n"),
          start + "Content-Type: a/b\nContent-Length: 99999999\n\nbody\n",
          std::string("<--- SIP read from 1.1.1.1:1 --->\n"),
          std::string("    Request-Line: INVITE sip:b SIP/2.0\n    Message Header\n"),
          std::string("a INVITE sip:b SIP/2.0#015#012Via: x"), std::string("x\x1b[1m")}) {
        // 8 times as long when linear, 64 times when quadratic; a busy machine disturbs one
        // comparison, and a sanitizer's allocator the larger ones.
        double small = 0, big = 0;
        for (int attempt = 0; attempt < 4; ++attempt) {
            small = secondsFor(repeated(unit, 100'000));
            big = secondsFor(repeated(unit, 800'000));
            if (big < small * 30 + 0.02)
                break;
        }
        EXPECT_LT(big, small * 30 + 0.02) << unit;
    }
}

TEST(Text, sipIsFoundAmongMillionsOfOtherLines)
{
    const std::string noise =
        repeated("Jan  2 12:34:56 host app[4711]: nothing of interest, 42\n", 64U << 20U);
    const auto story = logs::call();
    std::string log = noise;
    for (const auto &said : story)
        log += fmt::format("2024-01-02 12:34:56 {} -> {}\n{}\n", said.from.text(), said.to.text(),
                           said.text);
    log += noise;
    const auto begin = std::clock();
    const auto out = read(log);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_EQ(out.packets.size(), story.size());
    EXPECT_LT(seconds, 3) << "for " << log.size() << " bytes";
}

TEST(Text, aListOfPacketsIsRefused)
{
    const auto out = read("<?xml version=\"1.0\"?>\n<psml version=\"0\">\n<packet>"
                          "<section>1</section></packet></psml>\n");
    ASSERT_FALSE(out.outcome);
    EXPECT_THAT(out.outcome.error().sentence, HasSubstr("list of packets"));
    EXPECT_TRUE(out.packets.empty());
    const auto log = read("{\"log\":\"OPTIONS sip:b@example.test SIP/2.0\\r\\nCall-ID: "
                          "1\\r\\n\\r\\n\",\"time\":\"2024-01-02T12:34:56Z\"}\n");
    EXPECT_EQ(log.packets.size(), 1U);
}

} // namespace
