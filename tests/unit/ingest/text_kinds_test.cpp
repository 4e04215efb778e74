// SPDX-License-Identifier: Apache-2.0
// One call as the logs of many programs show it: recognised by content, each message whole, with
// the times, addresses and directions that the log tells, and none that it does not.
#include <base/told_time.h>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sip/message.h>
#include <support/log_writer.h>

#include "reading.h"

namespace {

using support::logs::Said;
using Story = std::vector<Said>;
using testing::HasSubstr;

enum class Told { Both, Remote, Neither };
enum class Times { Full, Clock, Seconds, None };

struct Kind {
    std::string id;
    Told addresses;
    Times times;
    bool exact; // CRs are kept
    std::function<std::string(const Story &)> write;
};

std::string each(const Story &story, const std::function<std::string(const Said &)> &write,
                 std::string_view before = {})
{
    std::string out(before);
    for (const Said &said : story)
        out += write(said);
    return out;
}

const base::Endpoint &remote(const Said &said)
{
    return said.received ? said.from : said.to;
}

std::string asteriskPjsip(const Story &story, bool returns)
{
    return each(story, [&](const Said &said) {
        const bool request = said.text.rfind("SIP/", 0) != 0;
        return fmt::format("[{}] VERBOSE[4711] res_pjsip_logger.c: <--- {} SIP {} ({} bytes) {} "
                           "UDP:{} --->\n{}\n[{}] DEBUG[4711] res_pjsip.c: nothing of interest\n",
                           base::utc(said.time), said.received ? "Received" : "Transmitting",
                           request ? "request" : "response", said.text.size(),
                           said.received ? "from" : "to", remote(said).text(),
                           returns ? said.text : support::logs::lineFeeds(said.text),
                           base::utc(said.time));
    });
}

std::string chanSip(const Story &story)
{
    return each(story, [&](const Said &said) {
        const std::string text = support::logs::lineFeeds(said.text);
        if (said.received)
            return fmt::format("\n<--- SIP read from UDP:{} --->\n{}\n<------------->\n--- (9 "
                               "headers 7 lines) ---\n",
                               remote(said).text(), text);
        return fmt::format("\n<--- Transmitting (NAT) to {} --->\n{}\n\n<------------>\n",
                           remote(said).text(), text);
    });
}

std::string sofiaStamp(const Said &said)
{
    return fmt::format("{} {} bytes {} udp/[{}]:{} at {}:\n", said.received ? "recv" : "send",
                       said.text.size(), said.received ? "from" : "to", remote(said).address.text(),
                       remote(said).port, support::logs::clock(said.time));
}

std::string freeswitch(const Story &story)
{
    return each(story, [&](const Said &said) {
        const std::string border = "   " + std::string(72, '-') + "\n";
        return sofiaStamp(said) + border + support::logs::behind("   ", said.text) + border;
    });
}

std::string sofiaDump(const Story &story)
{
    return each(
        story, [](const Said &said) { return sofiaStamp(said) + said.text + "\v\n"; },
        "dump started at Tue Jan  2 12:34:50 2024\n\n\n");
}

std::string kamailioEscaped(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("{} gw /usr/sbin/kamailio[812]: NOTICE: <script>: from {} to {}: {}\n"
                           "{} gw /usr/sbin/kamailio[812]: INFO: tm: done\n",
                           support::logs::syslogTime(said.time), said.from.text(), said.to.text(),
                           support::logs::replaced(said.text, "\r\n", "#015#012"),
                           support::logs::syslogTime(said.time));
    });
}

std::string opensipsLines(const Story &story)
{
    return each(story, [](const Said &said) {
        const std::string prefix =
            support::logs::syslogTime(said.time) + " gw /usr/sbin/opensips[44]: ";
        return prefix + "INFO: " + said.from.text() + " -> " + said.to.text() + "\n" +
               support::logs::behind(prefix, said.text) + support::logs::syslogTime(said.time) +
               " gw cron[9]: job\n";
    });
}

std::string sngrep(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("{} {} -> {}\n{}\n\n",
                           support::logs::replaced(base::utc(said.time), "-", "/") + "000",
                           said.from.text(), said.to.text(), said.text);
    });
}

std::string ngrep(const Story &story)
{
    return each(
        story,
        [](const Said &said) {
            return fmt::format("#\nU {} {} -> {} #1\n{}\n",
                               support::logs::replaced(base::utc(said.time), "-", "/") + "000",
                               said.from.text(), said.to.text(),
                               support::logs::replaced(said.text, "\r\n", ".\n"));
        },
        "interface: eth0 (192.0.2.0/255.255.255.0)\nfilter: port 5060\n");
}

std::string tcpdumpText(const Story &story)
{
    return each(story, [](const Said &said) {
        const auto dotted = [](const base::Endpoint &end) {
            return fmt::format("{}.{}", end.address.text(), end.port);
        };
        const std::string first = said.text.substr(0, said.text.find("\r\n"));
        return fmt::format("{} IP {} > {}: SIP: {}\nE..4.@.@.~.f....3d......4.3.{}\n\n",
                           support::logs::clock(said.time), dotted(said.from), dotted(said.to),
                           first, support::logs::lineFeeds(said.text));
    });
}

std::string tcpdumpVerbose(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("{} IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), "
                           "length {})\n    {}.{} > {}.{}: SIP, length: {}\n{}\n",
                           support::logs::clock(said.time), said.text.size() + 28,
                           said.from.address.text(), said.from.port, said.to.address.text(),
                           said.to.port, said.text.size(), support::logs::behind("\t", said.text));
    });
}

std::string hexLines(std::string_view bytes, bool grouped)
{
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        const auto part = bytes.substr(at, 16);
        out += fmt::format("{}{:04x}{} ", grouped ? "\t0x" : "", at, grouped ? ": " : " ");
        for (std::size_t i = 0; i < 16; ++i) {
            const bool gap = !grouped || i % 2 == 0;
            out += gap ? " " : "";
            out += i < part.size() ? base::hex(part.substr(i, 1)) : "  ";
        }
        out += grouped ? "  " : "   ";
        for (const char c : part)
            out += c > ' ' && c < 127 ? c : '.';
        out += "\n";
    }
    return out;
}

std::string frameOf(const Said &said)
{
    return support::ethernet(support::udp(said.from, said.to, said.text));
}

std::string wiresharkHex(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("{}\n{}\n", base::utc(said.time), hexLines(frameOf(said), false));
    });
}

std::string tcpdumpHex(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("{} IP {}.{} > {}.{}: SIP\n{}", support::logs::clock(said.time),
                           said.from.address.text(), said.from.port, said.to.address.text(),
                           said.to.port,
                           hexLines(support::udp(said.from, said.to, said.text), true));
    });
}

std::string wiresharkTree(const Story &story)
{
    int number = 0;
    return each(story, [&](const Said &said) {
        const auto parsed = sip::parse(said.text);
        const bool request = parsed->isRequest();
        std::string out = fmt::format(
            "Frame {0}: {1} bytes on wire ({2} bits), {1} bytes captured ({2} bits)\n"
            "    Arrival Time: Jan  2, 2024 {3}000 UTC\n    Epoch Time: 1.000000000 seconds\n"
            "Ethernet II, Src: 00:11:22:33:44:55, Dst: 66:77:88:99:aa:bb\n"
            "Internet Protocol Version 4, Src: {4}, Dst: {5}\n    0100 .... = Version: 4\n"
            "User Datagram Protocol, Src Port: {6}, Dst Port: {7}\n    Source Port: {6}\n"
            "Session Initiation Protocol ({8})\n    {9}: {10}\n        Method: INVITE\n"
            "    Message Header\n",
            ++number, said.text.size() + 42, (said.text.size() + 42) * 8,
            support::logs::clock(said.time), said.from.address.text(), said.to.address.text(),
            said.from.port, said.to.port, parsed->methodText,
            request ? "Request-Line" : "Status-Line", parsed->startLine);
        for (const auto &header : parsed->headers)
            out += fmt::format("        {}\n            Detail: of it\n", header.line);
        if (!parsed->body.empty()) {
            out += "    Message Body\n        Session Description Protocol\n";
            const std::string body = support::logs::lineFeeds(parsed->body);
            for (const auto line : base::split(body, '\n'))
                if (!line.empty())
                    out += fmt::format("            Some Name ({}): {}\n                Part: x\n",
                                       line[0], line.substr(2));
        }
        return out + "\n";
    });
}

std::string pjsua(const Story &story)
{
    return each(story, [](const Said &said) {
        const bool request = said.text.rfind("SIP/", 0) != 0;
        return fmt::format("{} {:>18} .{} {} bytes {} msg X/cseq=1 ({}0x7f01) {} UDP {}:\n{}\n"
                           "--end msg--\n{} sip_endpoint.c  .Done\n",
                           base::utc(said.time).substr(11), "pjsua_core.c",
                           said.received ? "RX" : "TX", said.text.size(),
                           request ? "Request" : "Response", said.received ? "rdata" : "tdta",
                           said.received ? "from" : "to", remote(said).text(),
                           support::logs::lineFeeds(said.text), base::utc(said.time).substr(11));
    });
}

std::string linphone(const Story &story)
{
    return each(story, [](const Said &said) {
        const std::string stamp =
            support::logs::replaced(base::utc(said.time), ".", ":") + " belle-sip-message-";
        const std::string end = "UDP://" + remote(said).text();
        return said.received
                   ? fmt::format("{}channel [0x55aa]: received [{}] new bytes from [{}]:\n{}\n",
                                 stamp, said.text.size(), end, said.text)
                   : fmt::format("{}channel [0x55aa]: message sent to [{}], size: [{}] bytes\n{}\n",
                                 stamp, end, said.text.size(), said.text);
    });
}

std::string baresip(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("\x1b[36;1m{}#\nUDP {} -> {}\n{}\x1b[;m\n",
                           base::utc(said.time).substr(11), said.from.text(), said.to.text(),
                           said.text);
    });
}

std::string homer(const Story &story)
{
    return each(story, [](const Said &said) {
        return fmt::format("proto:UDP {}Z  {} ---> {}\n\n{}\n\n",
                           support::logs::replaced(base::utc(said.time), " ", "T"),
                           said.from.text(), said.to.text(), said.text);
    });
}

std::string sipdump(const Story &story) // Kamailio's module
{
    return each(story, [](const Said &said) {
        return fmt::format("====================\ntag: {}\npid: 4711\ntime: {}.{:06}\nproto: udp "
                           "ipv4\nsrcip: {}\nsrcport: {}\ndstip: {}\ndstport: {}\n"
                           "~~~~~~~~~~~~~~~~~~~~\n{}||||||||||||||||||||\n",
                           said.received ? "rcv" : "snd", said.time.ns / 1'000'000'000,
                           said.time.ns % 1'000'000'000 / 1000, said.from.address.text(),
                           said.from.port, said.to.address.text(), said.to.port, said.text);
    });
}

std::string bare(const Story &story, std::string_view between, bool returns)
{
    return each(story, [&](const Said &said) {
        return (returns ? said.text : support::logs::lineFeeds(said.text)) + std::string(between);
    });
}

std::vector<Kind> kinds()
{
    using K = std::vector<Kind>;
    return K{
        {"asterisk_pjsip", Told::Remote, Times::Full, false,
         [](const Story &s) { return asteriskPjsip(s, false); }},
        {"asterisk_pjsip", Told::Remote, Times::Full, true,
         [](const Story &s) { return asteriskPjsip(s, true); }},
        {"asterisk_chan_sip", Told::Remote, Times::None, false, chanSip},
        {"freeswitch", Told::Remote, Times::Clock, false, freeswitch},
        {"sofia_dump", Told::Remote, Times::Clock, true, sofiaDump},
        {"kamailio", Told::Both, Times::Seconds, false, kamailioEscaped},
        {"opensips", Told::Both, Times::Seconds, false, opensipsLines},
        {"sngrep", Told::Both, Times::Full, true, sngrep},
        {"ngrep", Told::Both, Times::Full, false, ngrep},
        {"tcpdump", Told::Both, Times::Clock, false, tcpdumpText},
        {"tcpdump", Told::Both, Times::Clock, false, tcpdumpVerbose},
        {"hexdump", Told::Both, Times::Full, true, wiresharkHex},
        {"tcpdump", Told::Both, Times::Clock, true, tcpdumpHex},
        {"wireshark", Told::Both, Times::Full, false, wiresharkTree},
        {"pjsua", Told::Remote, Times::Clock, false, pjsua},
        {"linphone", Told::Remote, Times::Full, true, linphone},
        {"baresip", Told::Both, Times::Clock, true, baresip},
        {"homer", Told::Both, Times::Full, true, homer},
        {"sip_text", Told::Both, Times::Full, true, sipdump},
        {"sip_text", Told::Neither, Times::None, true,
         [](const Story &s) { return bare(s, "", true); }},
        {"sip_text", Told::Neither, Times::None, false,
         [](const Story &s) { return bare(s, "\n\n", false); }},
        {"sip_text", Told::Neither, Times::None, false,
         [](const Story &s) { return bare(s, "--------\n", false); }},
    };
}

class EachKind : public testing::TestWithParam<std::size_t>
{
};

void expectEnds(const Kind &kind, const Said &said, const base::Packet &packet)
{
    const base::Endpoint unknown;
    const bool both = kind.addresses == Told::Both, remote = kind.addresses == Told::Remote;
    EXPECT_EQ(packet.source, both || (remote && said.received) ? said.from : unknown);
    EXPECT_EQ(packet.destination, both || (remote && !said.received) ? said.to : unknown);
}

void expectTime(const Kind &kind, const Story &story, const reading::Read &read, std::size_t i)
{
    const auto since = read.packets[i].time - read.packets[0].time;
    const auto truth = story[i].time - story[0].time;
    switch (kind.times) {
    case Times::Full:
        EXPECT_EQ(read.packets[i].time, story[i].time);
        break;
    case Times::Clock:
        EXPECT_EQ(since, truth);
        EXPECT_FALSE(base::hasDate(read.packets[i].time));
        EXPECT_EQ(base::utc(read.packets[i].time).substr(11), base::utc(story[i].time).substr(11));
        break;
    case Times::Seconds:
        EXPECT_LT(std::abs((since - truth).count()), 1'000'000'000);
        EXPECT_FALSE(base::hasDate(read.packets[i].time));
        break;
    case Times::None:
        EXPECT_FALSE(base::hasClock(read.packets[i].time));
        EXPECT_EQ(read.packets[i].time.ns, static_cast<std::int64_t>(i) + 1);
        break;
    }
}

TEST_P(EachKind, isReadAsItWas)
{
    const Kind kind = kinds()[GetParam()];
    SCOPED_TRACE(kind.id);
    Story story = support::logs::call();
    const std::string log = kind.write(story);
    const auto source = ingest::recognise("log", log);
    ASSERT_TRUE(source) << source.error().sentence << log;
    EXPECT_EQ((*source)->id, kind.id);
    const auto read = reading::read(log);
    ASSERT_TRUE(read.outcome) << read.outcome.error().sentence << log;
    ASSERT_EQ(read.packets.size(), story.size()) << log;
    for (std::size_t i = 0; i < story.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(read.payload(i), story[i].text) << log.substr(0, 3000);
        EXPECT_FALSE(read.packets[i].cut);
        expectEnds(kind, story[i], read.packets[i]);
        expectTime(kind, story, read, i);
    }
    bool lost = false;
    for (const std::string &flaw : read.flaws)
        lost = lost || flaw.find("Line ends were lost by the log") == 0;
    const bool tells = kind.id != "wireshark" && kind.id != "kamailio";
    EXPECT_EQ(lost, !kind.exact && tells);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachKind, testing::Range<std::size_t>(0, kinds().size()),
                         [](const auto &which) {
                             return kinds()[which.param].id + std::to_string(which.param);
                         });

} // namespace
