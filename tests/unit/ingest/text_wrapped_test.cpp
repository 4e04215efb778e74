// SPDX-License-Identifier: Apache-2.0
// Messages inside of something: JSON lines of a container, quotes, a caption between a message and
// the line that tells its time.
#include <base/told_time.h>
#include <functional>
#include <gtest/gtest.h>
#include <support/log_writer.h>

#include "reading.h"

namespace {

using support::logs::lineFeeds;
using support::logs::replaced;
using support::logs::Said;

std::string log(const std::function<std::string(const Said &)> &write)
{
    std::string out;
    for (const Said &said : support::logs::call())
        out += write(said);
    return out;
}

/// Every message of the call, whole and at its time.
void expectCall(const std::string &text)
{
    const auto story = support::logs::call();
    const auto read = reading::read(text);
    ASSERT_TRUE(read.outcome) << read.outcome.error().sentence << text;
    ASSERT_EQ(read.packets.size(), story.size()) << text.substr(0, 3000);
    for (std::size_t i = 0; i < story.size(); ++i) {
        EXPECT_EQ(read.payload(i), story[i].text) << i;
        EXPECT_EQ(read.packets[i].time - read.packets[0].time, story[i].time - story[0].time) << i;
        EXPECT_TRUE(base::hasClock(read.packets[i].time));
    }
}

std::string contained(const Said &said, std::size_t longest)
{
    const std::string text =
        fmt::format("<--- {} SIP message ({} bytes) {} UDP:192.0.2.1:5060 --->\n{}\n",
                    said.received ? "Received" : "Transmitting", said.text.size(),
                    said.received ? "from" : "to", said.text);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = std::min(text.find('\n', at) + 1 - at, longest);
        std::string part = replaced(replaced(text.substr(at, size), "\\", "\\\\"), "\"", "\\\"");
        part = replaced(replaced(part, "\r", "\\r"), "\n", "\\n");
        out += fmt::format("{{\"log\":\"{}\",\"stream\":\"stdout\",\"time\":\"{}Z\"}}\n",
                           replaced(part, "<", "\\u003c"),
                           replaced(base::utc(said.time), " ", "T") + "456789");
        at += size;
    }
    return out;
}

TEST(TextWrapped, inTheJsonLinesOfAContainer)
{
    for (const std::size_t longest : {16384U, 20U}) { // runtimes cut long lines into pieces
        const std::string text =
            log([longest](const Said &said) { return contained(said, longest); });
        ASSERT_EQ((*ingest::recognise("log", text))->id, "container_log");
        expectCall(text);
        expectCall(replaced(text, "\":\"", "\": \""));
    }
    EXPECT_FALSE(reading::read("{\"log\":\"\\u00\",\"time\":\"\n{\"log\":\"\\").outcome);
}

/// Web pages show each line as a paragraph.
TEST(TextWrapped, withAnEmptyLineBehindEach)
{
    const auto shown = [](std::string_view lineEnd) {
        return log([&](const Said &said) {
            const std::string plain =
                fmt::format("{} {} -> {}\n{}\n", base::utc(said.time), said.from.text(),
                            said.to.text(), support::logs::lineFeeds(said.text));
            return replaced(plain, "\n", lineEnd);
        });
    };
    expectCall(shown("\n"));
    expectCall(shown("\n\n"));
    expectCall(shown("\r\n\r\n"));
}

TEST(TextWrapped, inQuotesOfAScript)
{
    expectCall(log([](const Said &said) {
        return fmt::format("{} msg from 192.0.2.1:5060: '{}'\n", base::utc(said.time),
                           replaced(lineFeeds(said.text), "\n", "\\n"));
    }));
}

TEST(TextWrapped, behindACaptionBelowTheTime)
{
    expectCall(log([](const Said &said) {
        return fmt::format("Jan  2 {}: //1/AB/SIP/Msg/ccsipDisplayMsg:\n{}: \n{}\n",
                           base::utc(said.time).substr(11), said.received ? "Received" : "Sent",
                           lineFeeds(said.text));
    }));
    expectCall(log([](const Said &said) {
        return fmt::format("----------------------------------------------- {}\n"
                           "UDP message {} ({} bytes):\n\n{}\n",
                           replaced(base::utc(said.time), " ", "\t"),
                           said.received ? "received" : "sent", said.text.size(),
                           lineFeeds(said.text));
    }));
}

/// A console's lines as "script" or "tee" keep them, and what somebody copied off a web page.
TEST(TextWrapped, asATerminalAndAPageShowIt)
{
    const std::string plain = log([](const Said &said) {
        return fmt::format("[{}] VERBOSE[1] res_pjsip_logger.c: <--- {} SIP message ({} bytes) {} "
                           "UDP:192.0.2.1:5060 --->\n{}\n",
                           base::utc(said.time), said.received ? "Received" : "Transmitting",
                           said.text.size(), said.received ? "from" : "to", said.text);
    });
    expectCall(plain);
    std::string coloured;
    for (std::size_t at = 0; at < plain.size();) {
        const std::size_t end = plain.find('\n', at);
        const std::size_t text = end > at && plain[end - 1] == '\r' ? end - 1 : end;
        coloured += "\x1B[0;37m" + plain.substr(at, text - at) + "\x1B[0m" +
                    plain.substr(text, end + 1 - text);
        at = end + 1;
    }
    expectCall(coloured);
    expectCall(replaced(replaced(replaced(replaced(plain, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"),
                        "\"", "&quot;"));
}

} // namespace
