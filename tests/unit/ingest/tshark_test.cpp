// SPDX-License-Identifier: Apache-2.0
// What tshark writes of a capture is read as the capture is: it is run here over captures of ours.
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <support/tunnel_writer.h>
#include <unistd.h>

#include "talks.h"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const base::Endpoint kAlice = support::endpoint("192.0.2.10:5060");
const base::Endpoint kBob = support::endpoint("198.51.100.20:5062");

class Tshark : public testing::Test
{
protected:
    Tshark()
    {
        std::string name = (std::filesystem::temp_directory_path() / "earshot-tshark-XXXXXX");
        m_folder = ::mkdtemp(name.data());
    }
    ~Tshark() override { std::filesystem::remove_all(m_folder); }
    void SetUp() override
    {
        if (std::system("tshark -v >/dev/null 2>&1") != 0)
            GTEST_SKIP() << "tshark is not installed";
    }

    std::string file(const std::string &name, std::string_view bytes) const
    {
        const std::string path = m_folder + "/" + name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    /// What tshark prints of the capture.
    std::string told(std::string_view capture, const std::string &arguments) const
    {
        const std::string command = "LC_ALL=C.UTF-8 TZ=UTC tshark -r " + file("in.pcap", capture) +
                                    " " + arguments + " 2>/dev/null";
        std::string out;
        FILE *pipe = ::popen(command.c_str(), "r");
        char buffer[65536];
        for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) != 0;)
            out.append(buffer, got);
        EXPECT_EQ(::pclose(pipe), 0) << command;
        EXPECT_FALSE(out.empty()) << command;
        return out;
    }

    std::string m_folder;
};

std::string sip(std::string_view start, std::string_view more = {}, std::string_view body = {})
{
    std::string out =
        std::string(start) +
        "\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1\r\n"
        "From: \"Gr\xC3\xBC\xC3\x9F\x65 \\\"A\\\" & <b> 'q'\" <sip:a@example.test>;tag=1\r\n"
        "To: <sip:b@example.test>\r\nCall-ID: c1@example.test\r\nCSeq: 1 INVITE\r\n"
        "Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\nX-Odd:   two  blanks \t tab\r\n" +
        std::string(more);
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return out.append(body);
}

std::string offer()
{
    return sip("INVITE sip:b@example.test SIP/2.0", "Content-Type: application/sdp\r\n",
               "v=0\r\no=a 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
               "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n");
}

/// Frames of Ethernet, a millisecond apart.
std::string capture(const std::vector<std::string> &packets)
{
    std::vector<support::CapturedFrame> frames;
    for (const std::string &packet : packets)
        frames.push_back({reading::at(static_cast<std::int64_t>(frames.size())),
                          support::etherFrame(packet[0] >> 4 == 6 ? 0x86DD : 0x0800, packet)});
    return support::pcap(frames);
}

std::string udpCapture()
{
    const auto six = support::endpoint("[2001:db8::1]:5060"),
               seven = support::endpoint("[2001:db8::2]:5060");
    std::string rtp("\x80\x00\x00\x07\x00\x00\x00\x10\x00\x00\x00\x01", 12);
    rtp += std::string(160, '\xFF');
    return capture({support::udp(kAlice, kBob, offer()),
                    support::udp(kAlice, kBob, offer()), // sent again
                    support::udp(kBob, kAlice, sip("SIP/2.0 100 Trying")),
                    support::udp(kBob, kAlice, sip("SIP/2.0 486 Busy Here")),
                    support::udp(support::endpoint("192.0.2.10:40000"),
                                 support::endpoint("198.51.100.20:50000"), rtp),
                    support::udp(six, seven, sip("OPTIONS sip:b@example.test SIP/2.0"))});
}

std::string tcpCapture()
{
    const talks::Flights flights{{true, offer() + sip("BYE sip:b@example.test SIP/2.0")},
                                 {false, sip("SIP/2.0 100 Trying") + sip("SIP/2.0 200 OK")},
                                 {true, "\r\n\r\n"}};
    return capture(talks::segments(flights, {300, {}, 0}, support::endpoint("10.0.0.2:5060")));
}

std::vector<std::string> facts(const reading::Read &read, bool timed = true)
{
    std::vector<std::string> out;
    for (const base::Packet &packet : read.packets)
        out.push_back(fmt::format("{} {} {} {} > {} {}", timed ? packet.time.ns : 0,
                                  static_cast<int>(packet.kind), static_cast<int>(packet.transport),
                                  packet.source.text(), packet.destination.text(),
                                  packet.payload.text()));
    return out;
}

TEST_F(Tshark, whatItTookApartIsReadAsTheCaptureIs)
{
    for (const std::string &bytes : {udpCapture(), tcpCapture()}) {
        const auto captured = reading::read(bytes);
        ASSERT_GT(captured.packets.size(), 5U);
        for (const std::string form : {"-T json", "-T json -x", "-T json --no-duplicate-keys",
                                       "-T jsonraw", "-T ek", "-T ek -x", "-T pdml"}) {
            const auto read = reading::read(told(bytes, form));
            ASSERT_TRUE(read.outcome) << form << ": " << read.outcome.error().sentence;
            const bool timed = form != "-T jsonraw"; // which tells none
            EXPECT_EQ(facts(read, timed), facts(captured, timed)) << form;
            EXPECT_THAT(read.flaws, IsEmpty()) << form;
        }
    }
}

std::vector<std::string> payloads(const reading::Read &read)
{
    std::vector<std::string> out;
    for (const base::Packet &packet : read.packets)
        if (!packet.payload.empty() && packet.kind != base::PacketKind::Local)
            out.emplace_back(packet.payload.text());
    return out;
}

TEST_F(Tshark, whatItOpenedOfTlsIsInTheFields)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        support::TlsSettings settings;
        settings.version = version;
        support::TlsTalk talk(settings);
        talk.handshake();
        talk.client(offer());
        talk.server(sip("SIP/2.0 100 Trying") + sip("SIP/2.0 486 Busy Here"));
        talk.close();
        const std::string bytes = capture(talks::segments(talk.flights));
        const std::string keys = "-o tls.keylog_file:" + file("keys", talk.keyLog);
        for (const std::string form : {" -T json", " -T json -x", " -T ek", " -T ek -x"}) {
            const auto read = reading::read(told(bytes, keys + form));
            EXPECT_THAT(payloads(read), ElementsAre(offer(), sip("SIP/2.0 100 Trying"),
                                                    sip("SIP/2.0 486 Busy Here")))
                << form;
            EXPECT_THAT(read.flaws, IsEmpty()) << form;
            for (const base::Packet &packet : read.packets)
                EXPECT_TRUE(packet.payload.empty() || packet.transport == base::Transport::Tls);
        }
        const auto read = reading::read(told(bytes, "-T json"), talk.keyLog);
        EXPECT_EQ(talks::said(read, true), offer()) << "with the keys the records are opened here";
    }
}

TEST_F(Tshark, aPacketThatIcmpQuotesIsNone)
{
    const std::string quoted = support::udp(kAlice, kBob, offer());
    const std::string icmp =
        support::ipPacket(kBob.address, kAlice.address, 1,
                          std::string("\x03\x03\x00\x00\x00\x00\x00\x00", 8) + quoted);
    const std::string bytes = capture({quoted, icmp});
    for (const std::string form : {"-T json", "-T ek", "-T pdml"}) {
        const auto read = reading::read(told(bytes, form));
        EXPECT_THAT(payloads(read), ElementsAre(offer())) << form;
        EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("1 ICMP packet was left out"))) << form;
    }
    EXPECT_EQ(facts(reading::read(told(bytes, "-T json -x"))), facts(reading::read(bytes)));
}

TEST_F(Tshark, oneDamagedPacketCostsNoOther)
{
    for (const std::string form : {"-T json", "-T ek", "-T pdml"}) {
        std::string text = told(udpCapture(), form);
        const std::size_t at = text.find(form == "-T pdml" ? "\"/>" : "\",", text.size() / 3);
        ASSERT_LT(at, text.size());
        text[at] = '\x01';
        const auto read = reading::read(text);
        ASSERT_TRUE(read.outcome) << form;
        EXPECT_GE(read.packets.size(), 4U) << form;
        EXPECT_THAT(read.flaws, testing::Contains(HasSubstr("could not be read"))) << form;
    }
}

TEST_F(Tshark, everyCutAndEveryDamageIsSurvived)
{
    const std::string bytes = capture({support::udp(kAlice, kBob, offer()),
                                       support::udp(kBob, kAlice, sip("SIP/2.0 100 Trying"))});
    for (const std::string form : {"-T json", "-T ek -x", "-T pdml", "-q -z follow,udp,hex,0",
                                   "-q -z follow,udp,ascii,0", "-q -z follow,udp,yaml,0"}) {
        const std::string text = told(bytes, form);
        for (std::size_t at = 1; at < text.size(); at += 1 + text.size() / 200) {
            EXPECT_LE(reading::read(std::string_view(text).substr(0, at)).packets.size(), 2U);
            std::string damaged = text;
            for (const char c : {'"', '{', '}', '<', '\n', '9'}) {
                damaged[at] = c;
                EXPECT_LE(reading::read(damaged).packets.size(), 4U) << form << " at " << at;
            }
        }
    }
}

TEST_F(Tshark, aFollowedStreamKeepsItsSides)
{
    for (const std::string form : {"hex", "raw", "yaml", "ascii"}) {
        const auto udp = reading::read(told(udpCapture(), "-q -z follow,udp," + form + ",0"));
        ASSERT_TRUE(udp.outcome) << form << ": " << udp.outcome.error().sentence;
        std::vector<std::string> starts;
        for (const base::Packet &packet : udp.packets) {
            starts.emplace_back(packet.payload.text().substr(0, 11));
            EXPECT_EQ(packet.source, starts.back()[0] == 'I' ? kAlice : kBob) << form;
            EXPECT_EQ(packet.kind, base::PacketKind::Datagram) << form;
            if (form != "ascii") {
                EXPECT_EQ(packet.payload.text().size(),
                          starts.back()[0] == 'I' ? offer().size()
                                                  : sip(packet.payload.text().substr(
                                                            0, packet.payload.text().find('\r')))
                                                        .size())
                    << form;
            }
        }
        EXPECT_THAT(starts, ElementsAre("INVITE sip:", "INVITE sip:", "SIP/2.0 100", "SIP/2.0 486"))
            << form;
        EXPECT_EQ(udp.flaws.size(), form == "ascii" ? 1U : 0U) << form;

        const auto tcp = reading::read(told(tcpCapture(), "-q -z follow,tcp," + form + ",0"));
        // A gap at the beginning: whether the connection began there is not told.
        const std::string gap = form == "yaml" ? "" : "~";
        if (form != "ascii") {
            EXPECT_EQ(talks::said(tcp, true),
                      gap + offer() + sip("BYE sip:b@example.test SIP/2.0") + "\r\n\r\n")
                << form;
            EXPECT_EQ(talks::said(tcp, false),
                      gap + sip("SIP/2.0 100 Trying") + sip("SIP/2.0 200 OK"))
                << form;
        }
    }
}

/// As the window saves it: without a head, the second side indented by four blanks.
TEST_F(Tshark, aSavedHexDumpOfAFollowedStreamIsRead)
{
    for (const std::string protocol : {"udp", "tcp"}) {
        const std::string bytes = protocol == "udp" ? udpCapture() : tcpCapture();
        std::string text = told(bytes, "-q -z follow," + protocol + ",hex,0");
        const std::size_t begin = text.find('\n', text.find("Node 1")) + 1;
        text = text.substr(begin, text.rfind("=====") - begin);
        for (std::size_t at = 0; (at = text.find('\t', at)) != std::string::npos; at += 4)
            text.replace(at, 1, "    ");
        const auto read = reading::read(text);
        std::string sides[2];
        ASSERT_TRUE(read.outcome) << read.outcome.error().sentence;
        for (const base::Packet &packet : read.packets) {
            EXPECT_FALSE(packet.source.known()) << "nothing tells it";
            EXPECT_EQ(packet.kind, protocol == "udp" ? base::PacketKind::Datagram
                                                     : base::PacketKind::StreamData);
            const bool second =
                protocol == "udp" ? packet.payload.text()[0] == 'S' : packet.stream % 2 == 1;
            sides[second ? 1 : 0] += packet.payload.text();
        }
        EXPECT_EQ(sides[0], protocol == "udp"
                                ? offer() + offer()
                                : offer() + sip("BYE sip:b@example.test SIP/2.0") + "\r\n\r\n");
        EXPECT_EQ(sides[1],
                  sip("SIP/2.0 100 Trying") +
                      sip(protocol == "udp" ? "SIP/2.0 486 Busy Here" : "SIP/2.0 200 OK"));
    }
}

std::string dump(std::string_view bytes, const char *offset)
{
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        out += fmt::format(fmt::runtime(offset), at);
        for (const char c : bytes.substr(at, 16))
            out += fmt::format(" {:02x}", static_cast<unsigned char>(c));
        out += "\n";
    }
    return out;
}

TEST(Hexdump, offsetsMayBeOctal)
{
    const std::string frame = support::udp(kAlice, kBob, offer());
    for (const char *offset : {"{:07o}", "{:06x}", "{:04x} ", "0x{:08x}:"}) {
        const auto read = reading::read("2023-11-14 22:13:20.250000\n" + dump(frame, offset));
        ASSERT_EQ(read.packets.size(), 1U) << offset;
        EXPECT_EQ(read.payload(0), offer()) << offset;
        EXPECT_EQ(read.packets[0].source, kAlice) << offset;
        EXPECT_EQ(read.packets[0].time, reading::at(250)) << offset;
    }
}

TEST(Dissected, depthAndEntitiesAreBounded)
{
    const std::string head = "{\"timestamp\":\"1700000000000\",\"layers\":{\"sip\":";
    std::string deep = head;
    for (int i = 0; i < 200000; ++i)
        deep += "{\"a\":";
    deep += "1" + std::string(200002, '}');
    const auto json =
        reading::read(deep + "\n" + head +
                      "{\"sip_sip_Request-Line\":\"OPTIONS sip:b@example.test "
                      "SIP/2.0\",\"sip_sip_msg_hdr\":\"Call-ID: 1\\r\\n\\r\\n\"}}}\n");
    ASSERT_TRUE(json.outcome);
    EXPECT_THAT(json.flaws, ElementsAre(HasSubstr("1 packet could not be read")));
    EXPECT_EQ(json.payload(0), "OPTIONS sip:b@example.test SIP/2.0\r\nCall-ID: 1\r\n\r\n");

    const auto xml = reading::read(
        "<?xml version=\"1.0\"?><!DOCTYPE pdml [<!ENTITY a \"bbbbbbbbbb\">]><pdml version=\"0\">"
        "<packet><proto name=\"sip\"><field name=\"sip.Request-Line\" "
        "show=\"&a;\"/></proto></packet>"
        "<packet><proto name=\"sip\"><field name=\"sip.Request-Line\" "
        "show=\"OPTIONS sip:b@example.test SIP/2.0\"/><field name=\"sip.msg_hdr\" "
        "value=\"43616c6c2d49443a20310d0a0d0a\"/></proto></packet></pdml>");
    ASSERT_TRUE(xml.outcome);
    EXPECT_THAT(xml.flaws, ElementsAre(HasSubstr("1 packet could not be read")));
    EXPECT_EQ(xml.payload(0), "OPTIONS sip:b@example.test SIP/2.0\r\nCall-ID: 1\r\n\r\n");
}

} // namespace
