// SPDX-License-Identifier: Apache-2.0
#include "talks.h"

#include <gmock/gmock.h>
#include <support/packing.h>

using support::TlsSettings;
using support::TlsTalk;
using talks::message;
using talks::said;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

reading::Read readTalk(const TlsTalk &talk, const talks::Cut &cut = {})
{
    return reading::readIp(talks::segments(talk.flights, cut), 100, talk.keyLog);
}

struct Suite {
    int version;
    const char *name;
    bool elliptic, encryptThenMac;
};

void PrintTo(const Suite &suite, std::ostream *out)
{
    *out << suite.name << (suite.encryptThenMac ? "" : " without encrypt-then-mac");
}

class TlsSuites : public testing::TestWithParam<Suite>
{
};

TEST_P(TlsSuites, whatWasSaidIsRead)
{
    TlsSettings settings;
    settings.version = GetParam().version;
    settings.suites = GetParam().name;
    settings.elliptic = GetParam().elliptic;
    settings.encryptThenMac = GetParam().encryptThenMac;
    TlsTalk talk(settings);
    talk.handshake();
    const std::string big = message("MESSAGE", 20000); // more than one record
    talk.client(message("OPTIONS"));
    talk.server("SIP/2.0 200 OK\r\n\r\n");
    talk.client(big);
    talk.server("\r\n");
    talk.close();
    for (const std::size_t segment : {1400U, 1U << 15U, 7U}) {
        const auto read = readTalk(talk, {segment, {}, 0});
        EXPECT_EQ(said(read, true), message("OPTIONS") + big);
        EXPECT_EQ(said(read, false), "SIP/2.0 200 OK\r\n\r\n\r\n");
        EXPECT_THAT(read.flaws, IsEmpty());
        for (const base::Packet &packet : read.packets)
            EXPECT_EQ(packet.transport, base::Transport::Tls);
        EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("edge.example.test")));
        EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("CN=edge.example.test")));
        EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("all opened")));
    }
}

constexpr int k12 = TLS1_2_VERSION, k13 = TLS1_3_VERSION;
INSTANTIATE_TEST_SUITE_P(All, TlsSuites,
                         testing::Values(Suite{k13, "TLS_AES_128_GCM_SHA256", false, true},
                                         Suite{k13, "TLS_AES_256_GCM_SHA384", true, true},
                                         Suite{k13, "TLS_CHACHA20_POLY1305_SHA256", true, true},
                                         Suite{k13, "TLS_AES_128_CCM_SHA256", true, true},
                                         Suite{k13, "TLS_AES_128_CCM_8_SHA256", true, true},
                                         Suite{k12, "ECDHE-RSA-AES128-GCM-SHA256", false, true},
                                         Suite{k12, "ECDHE-ECDSA-AES256-GCM-SHA384", true, true},
                                         Suite{k12, "AES256-GCM-SHA384", false, true},
                                         Suite{k12, "ECDHE-ECDSA-CHACHA20-POLY1305", true, true},
                                         Suite{k12, "ECDHE-ECDSA-AES128-CCM", true, true},
                                         Suite{k12, "ECDHE-ECDSA-AES256-CCM8", true, true},
                                         Suite{k12, "AES128-SHA", false, true},
                                         Suite{k12, "AES128-SHA", false, false},
                                         Suite{k12, "ECDHE-ECDSA-AES256-SHA", true, false},
                                         Suite{k12, "AES256-SHA256", false, true},
                                         Suite{k12, "ECDHE-RSA-AES128-SHA256", false, false},
                                         Suite{k12, "ECDHE-RSA-AES256-SHA384", false, true},
                                         Suite{k12, "ECDHE-RSA-AES256-SHA384", false, false}));

TEST(Tls, whereNoKeyLogHelpsNoneIsAskedFor)
{
    TlsSettings settings;
    settings.version = k12;
    settings.suites = "CAMELLIA128-SHA";
    settings.elliptic = false;
    TlsTalk talk(settings);
    talk.handshake();
    talk.client(message("OPTIONS"));
    const auto read = readTalk(talk);
    EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("cipher suite 0x0041 cannot be read")));
    EXPECT_THAT(read.flaws, ElementsAre(AllOf(HasSubstr("no key log opens that"),
                                              Not(HasSubstr("Give a key log")))));
}

TEST(Tls, keyUpdatesAreFollowed)
{
    TlsTalk talk({});
    talk.handshake();
    talk.client("one");
    talk.updateKeys();
    talk.client("two");
    talk.updateKeys();
    talk.server("three");
    EXPECT_EQ(said(readTalk(talk), true), "one\r\n\r\ntwo\r\n\r\n");
    EXPECT_EQ(said(readTalk(talk), false), "\r\n\r\nthree");
}

TEST(Tls, resumedSessionsAreRead)
{
    for (const int version : {k12, k13}) {
        TlsSettings settings;
        settings.version = version;
        TlsTalk talk(settings);
        talk.handshake();
        talk.client("first");
        talk.server("answer");
        talk.flights.clear();
        talk.handshake();
        ASSERT_TRUE(talk.resumed());
        talk.client("second");
        EXPECT_EQ(said(readTalk(talk), true), "second");
    }
}

TEST(Tls, renegotiationGoesOnWithTheNewKeys)
{
    TlsSettings settings;
    settings.version = k12;
    TlsTalk talk(settings);
    talk.handshake();
    talk.client("before");
    talk.renegotiate();
    talk.client("behind");
    talk.server("answer");
    EXPECT_EQ(said(readTalk(talk), true), "beforebehind");
    EXPECT_EQ(said(readTalk(talk), false), "answer");
}

void expectLostSegmentsCostTheirRecordsOnly(bool chance)
{
    for (const Suite &suite : {Suite{k13, "TLS_AES_128_GCM_SHA256", true, true},
                               Suite{k12, "ECDHE-ECDSA-AES128-GCM-SHA256", true, true},
                               Suite{k12, "ECDHE-ECDSA-CHACHA20-POLY1305", true, true},
                               Suite{k12, "ECDHE-ECDSA-AES128-SHA", true, true}}) {
        TlsSettings settings;
        settings.version = suite.version;
        settings.suites = suite.name;
        settings.elliptic = true;
        TlsTalk talk(settings);
        talk.handshake();
        std::size_t before = 0;
        for (const auto &flight : talk.flights)
            before += (flight.bytes.size() + 1399) / 1400;
        talk.client("one");
        talk.client("two");
        talk.client("three");
        talk.client(std::string(3000, 'x')); // the record's middle is lost
        // What is left of it may look like the beginning of a record that is never whole.
        if (chance)
            talk.flights.back().bytes.replace(2900, 5, std::string("\x17\x03\x03\x3F\xFF"));
        talk.client("five");
        talk.client("six");
        const auto read = readTalk(talk, {1400, {before + 1, before + 4}, 0});
        EXPECT_EQ(said(read, true), "one~three~fivesix") << suite.name;
        EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("the capture lacks")));
    }
}

TEST(Tls, lostSegmentsCostTheirRecordsOnly)
{
    expectLostSegmentsCostTheirRecordsOnly(false);
    expectLostSegmentsCostTheirRecordsOnly(true);
}

TEST(Tls, withoutKeyTheBytesAreCountedAndTheWayOutIsTold)
{
    TlsTalk talk({});
    talk.handshake();
    talk.client(message("OPTIONS"));
    talk.close();
    talk.keyLog = "# nothing\nCLIENT_RANDOM 00 11\nCLIENT_RANDOM\n";
    const auto read = readTalk(talk);
    EXPECT_EQ(said(read, true), "");
    EXPECT_THAT(talks::notes(read),
                ElementsAre(testing::AllOf(HasSubstr("TLS 1.3 to edge.example.test for sip"),
                                           HasSubstr("bytes encrypted"), HasSubstr("no key"))));
    EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("The key log holds no secret that can be read "
                                                  "(2 lines"),
                                        HasSubstr("1 TLS connection holds")));
}

TEST(Tls, aKeyLogOfAnotherCaptureIsTold)
{
    TlsTalk other({}), talk({});
    other.handshake();
    talk.handshake();
    talk.client(message("OPTIONS"));
    talk.close();
    talk.keyLog = other.keyLog;
    EXPECT_THAT(readTalk(talk).flaws,
                ElementsAre(HasSubstr("secrets of 1 TLS session, none of them of the 1"),
                            HasSubstr("1 TLS connection holds")));
    const std::string plain = support::ethernet(support::udp(
        support::endpoint("192.0.2.1:5060"), support::endpoint("192.0.2.2:5060"), "hello"));
    EXPECT_THAT(reading::read(support::pcap({{reading::at(0), plain}}), other.keyLog).flaws,
                ElementsAre(HasSubstr("no TLS connection in this capture")));
}

TEST(Tls, middleOfAConnectionIsCountedNotShown)
{
    TlsTalk talk({});
    talk.handshake();
    const std::size_t handshake = talk.flights.size();
    talk.client(message("OPTIONS"));
    talk.server("SIP/2.0 200 OK\r\n\r\n");
    talk.flights.erase(talk.flights.begin(),
                       talk.flights.begin() + static_cast<std::ptrdiff_t>(handshake));
    auto packets = talks::segments(talk.flights);
    packets.erase(packets.begin(), packets.begin() + 2); // neither SYN
    const auto read = reading::readIp(packets, 10, talk.keyLog);
    EXPECT_EQ(said(read, true), "~");
    EXPECT_THAT(talks::notes(read), ElementsAre(HasSubstr("beginning of the connection")));
}

TEST(Tls, onlyTheSecretsOfTheTrafficAreEnough)
{
    TlsTalk talk({});
    talk.handshake();
    talk.client("said");
    std::string kept;
    std::istringstream lines(talk.keyLog);
    for (std::string line; std::getline(lines, line);) {
        if (line.find("HANDSHAKE") == std::string::npos)
            kept += line + "\r\n";
    }
    talk.keyLog = kept;
    EXPECT_EQ(said(readTalk(talk), true), "said");
}

TEST(Tls, alertsAreToldByName)
{
    const auto read = reading::readIp(
        talks::segments({{true, std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10)},
                         {false, std::string("\x15\x03\x03\x00\x02\x02\x28", 7)}}));
    EXPECT_THAT(talks::notes(read),
                testing::Contains(HasSubstr("TLS alert from 10.0.0.2:5061: handshake failure.")));
}

/// A trunk that does not come up: no message, but a sentence in which all attempts are one.
TEST(Tls, handshakesThatFailAreTold)
{
    for (const auto &[server, told] :
         {std::pair(talks::kServer, true), std::pair(support::endpoint("10.0.0.2:15061"), true),
          std::pair(support::endpoint("10.0.0.2:443"), false)}) {
        std::vector<std::string> packets;
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            for (std::string packet : talks::segments(
                     {{true, std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10)},
                      {false, std::string("\x15\x03\x03\x00\x02\x02\x30", 7)}},
                     {}, server))
                packets.push_back(packet.replace(packet.find(support::be16(40000)), 2,
                                                 support::be16(40000 + attempt)));
        }
        const auto read = reading::readIp(packets, 10);
        const std::string sentence = server.text() +
                                     " ended the TLS handshake with 10.0.0.1 by the fatal alert "
                                     "\"unknown CA\", 3 times";
        const auto found =
            std::count_if(read.flaws.begin(), read.flaws.end(),
                          [&](const std::string &flaw) { return flaw.find(sentence) == 0; });
        EXPECT_EQ(found, told ? 1 : 0) << server.text();
    }
}

TEST(Tls, whatOnlyLooksLikeTlsPasses)
{
    for (const std::string &text :
         {std::string("\x16\x03\x01\x00\x05\x09zzzz"), std::string("\x16\x09zz"),
          std::string("\x16\x03\x01\x00\x00zzz"), std::string("\x17\x03\x03zz"),
          std::string("\x16\x03\x01")}) {
        const auto read = reading::readIp(talks::segments({{true, text}, {true, "more"}}));
        EXPECT_EQ(said(read, true), text + "more");
    }
}

struct Secrets {
    bool big = false, behind = true;
};

/// A pcapng file of the talk, its secrets before or behind the packets, in a section of its own.
std::string fileOf(const TlsTalk &talk, const Secrets &secrets)
{
    const support::Writer w(secrets.big);
    const std::string block = support::secretsBlock(w, 0x544C534B, talk.keyLog);
    std::string out =
        support::sectionBlock(w) + (secrets.behind ? "" : block) + support::interfaceBlock(w, 101);
    std::uint64_t stamp = 1'700'000'000'000'000;
    for (const std::string &segment : talks::segments(talk.flights))
        out += support::packetBlock(w, 0, stamp += 1000, segment);
    const support::Writer other(!secrets.big);
    if (secrets.behind)
        out += support::sectionBlock(other) + support::secretsBlock(other, 0x544C534B, talk.keyLog);
    return out;
}

struct TlsSecrets : testing::Test {
    TlsSecrets()
    {
        talk.handshake();
        talk.client(message("OPTIONS"));
        talk.close();
    }
    TlsTalk talk{TlsSettings{}};
};

TEST_F(TlsSecrets, ofTheFileOpenWhereverTheyStand)
{
    for (const bool big : {false, true}) {
        for (const bool behind : {false, true}) {
            const auto read = reading::read(fileOf(talk, {big, behind}));
            EXPECT_EQ(said(read, true), message("OPTIONS")) << big << behind;
            EXPECT_THAT(read.flaws, IsEmpty());
        }
    }
}

TEST_F(TlsSecrets, behindADamageAreTakenInTheirTurn)
{
    const std::string file = fileOf(talk, {});
    const std::size_t last = file.size() - support::padded(talk.keyLog).size() - 20 - 28;
    const std::string broken = file.substr(0, last) + std::string(16, 'x') + file.substr(last);
    const auto read = reading::read(broken);
    EXPECT_EQ(said(read, true), "");
    EXPECT_THAT(read.flaws, testing::Contains(HasSubstr("too late to open")));
}

TEST_F(TlsSecrets, behindPacketsOfACompressedFileAreToldOf)
{
    const std::string filler =
        support::packetBlock(support::Writer(false), 0, 1, std::string(60000, 'f'));
    std::string file = fileOf(talk, {false, false});
    EXPECT_EQ(said(reading::read(support::gzip(file)), true), message("OPTIONS"));
    file = fileOf(talk, {});
    const std::size_t last = file.size() - support::padded(talk.keyLog).size() - 20 - 28;
    std::string between;
    while (between.size() < (4U << 20U)) // more than is unpacked at once
        between += filler;
    const auto read =
        reading::read(support::gzip(file.substr(0, last) + between + file.substr(last)));
    EXPECT_EQ(said(read, true), "");
    EXPECT_THAT(read.flaws, testing::Contains(HasSubstr("too late to open")));
}

} // namespace
