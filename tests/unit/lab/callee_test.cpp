// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <lab/lab.h>
#include <numbers>
#include <sip/sdp.h>

#include "phone.h"

using test::Phone;
using test::request;

namespace {

class Callee : public ::testing::Test
{
protected:
    void start(const std::string &does)
    {
        const auto toml =
            "title=\"t\"\nsummary=\"s\"\nt1_ms=20\n[[step]]\ndo=\"call\"\ncaption=\"c\"\n" + does;
        auto scenario = lab::parseScenario("test", toml);
        ASSERT_TRUE(scenario) << scenario.error().sentence;
        auto started = lab::Lab::start(*scenario, m_sink);
        ASSERT_TRUE(started);
        m_lab = std::move(*started);
        m_uri = m_lab->target();
        m_peer = test::endpointOf(m_uri);
    }
    std::string offer(std::string_view codecs = "PCMA,PCMU")
    {
        sip::SdpDraft draft;
        draft.media = m_media.local();
        draft.codecs = sip::codecsByName(codecs);
        return sip::writeSdp(draft);
    }
    std::string invite(std::string_view supported = "100rel", std::string_view codecs = "PCMA,PCMU")
    {
        return request(m_phone, "INVITE", m_uri, "", 1)
            .header("Supported", supported)
            .body("application/sdp", offer(codecs))
            .text();
    }
    void ack(std::string_view toTag, std::string_view branch = "ack")
    {
        m_phone.send(request(m_phone, "ACK", m_uri, toTag, 1, "call-1", branch).text(), m_peer);
    }

    base::Inbox<base::Packet> m_sink{1000};
    std::unique_ptr<lab::Lab> m_lab;
    std::string m_uri;
    base::Endpoint m_peer;
    Phone m_phone, m_media;
};

// Share of a block's power that is at one frequency.
double share(const std::vector<double> &samples, double hertz)
{
    double re = 0;
    double im = 0;
    double all = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 8000;
        re += samples[i] * std::cos(phase);
        im += samples[i] * std::sin(phase);
        all += samples[i] * samples[i];
    }
    return 2 * (re * re + im * im) / (static_cast<double>(samples.size()) * all);
}

double linear(unsigned char coded)
{
    const unsigned value = ~coded & 0xFFU;
    const int magnitude = static_cast<int>(((value & 0x0FU) << 3U) + 0x84U) << (value >> 4U & 7U);
    return (value & 0x80U) != 0 ? 0x84 - magnitude : magnitude - 0x84;
}

} // namespace

TEST_F(Callee, ReliableProvisionalIsRepeatedUntilItsPrack)
{
    start("[[callee.does]]\nstatus=183\nsdp=true\nreliable=true\n[[callee.does]]\nafter_ms="
          "60\nstatus=180\n[[callee.does]]\nafter_ms=80\nstatus=200\n");
    m_phone.send(invite(), m_peer);
    ASSERT_TRUE(m_phone.awaitStatus(100));
    const auto progress = m_phone.awaitStatus(183);
    ASSERT_TRUE(progress);
    EXPECT_TRUE(progress->flaws.empty());
    EXPECT_TRUE(progress->lists(sip::HeaderId::Require, "100rel"));
    const auto rseq = progress->number(sip::HeaderId::RSeq);
    ASSERT_TRUE(rseq);
    const auto sdp = sip::parseSdp(progress->sdp());
    ASSERT_NE(sdp.audio(), nullptr);
    EXPECT_EQ(sdp.audio()->formats[0].map.encoding, "PCMU");
    EXPECT_EQ(sdp.audio()->port % 2, 0U);
    ASSERT_TRUE(m_phone.awaitStatus(183)) << "repeated while no PRACK comes";
    ASSERT_TRUE(m_phone.awaitStatus(183));
    const auto tag = std::string(progress->toTag());
    m_phone.send(request(m_phone, "PRACK", m_uri, tag, 2)
                     .header("RAck", fmt::format("{} 1 INVITE", *rseq + 1))
                     .text(),
                 m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(481, "PRACK"));
    const auto prack = request(m_phone, "PRACK", m_uri, tag, 3)
                           .header("RAck", fmt::format("{}  1 INVITE", *rseq))
                           .text();
    m_phone.send(prack, m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(200, "PRACK"));
    EXPECT_TRUE(m_phone.awaitStatus(180)) << "waited behind the reliable one";
    const auto answer = m_phone.awaitStatus(200);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->sdp().empty()) << "the answer was in the 183";
    m_phone.send(prack, m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(200, "PRACK")) << "a retransmission of the PRACK";
    ack(tag);
    m_phone.send(request(m_phone, "BYE", m_uri, tag, 4).text(), m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(200, "BYE"));
    EXPECT_EQ(m_sink.size(), 0U) << "both ends of no hop were the lab's";
}

TEST_F(Callee, WithoutAPrackTheCallFails)
{
    start("[[callee.does]]\nstatus=183\nreliable=true\n[[callee.does]]\nafter_ms=1\nstatus=200\n");
    m_phone.send(invite(), m_peer);
    const auto failed = m_phone.awaitStatus(504);
    ASSERT_TRUE(failed) << "64*T1 later (RFC 3262 section 3)";
    EXPECT_GE(m_phone.skipped, 5);
    ack(failed->toTag(), "INVITE1");
}

TEST_F(Callee, WithoutSupportTheAnswerIsInThe200)
{
    start("[[callee.does]]\nstatus=183\nsdp=true\nreliable=true\n[[callee.does]]\nafter_ms="
          "30\nstatus=200\n");
    m_phone.send(invite("path"), m_peer);
    const auto progress = m_phone.awaitStatus(183);
    ASSERT_TRUE(progress);
    EXPECT_EQ(progress->find(sip::HeaderId::RSeq), nullptr);
    EXPECT_FALSE(progress->sdp().empty());
    const auto answer = m_phone.awaitStatus(200);
    ASSERT_TRUE(answer);
    EXPECT_EQ(sip::mediaDifferences(sip::parseSdp(progress->sdp()), sip::parseSdp(answer->sdp())),
              std::vector<std::string>{});
    EXPECT_TRUE(m_phone.awaitStatus(200)) << "the 2xx is repeated until its ACK";
    ack(answer->toTag());
    while (!m_phone.receive(60).empty()) {
    }
    EXPECT_EQ(m_phone.receive(200), "") << "and not after it";
}

TEST_F(Callee, SpeaksToTheOfferedPortEvery20Milliseconds)
{
    start("[[callee.does]]\nstatus=183\nsdp=true\nplay=[\"ringback\"]\n[[callee.does]]\nafter_ms="
          "60000\nstatus=200\n");
    const auto from = std::chrono::steady_clock::now();
    m_phone.send(invite(), m_peer);
    std::vector<double> samples;
    std::string last;
    for (int i = 0; i < 40; ++i) {
        const auto packet = m_media.receive();
        ASSERT_EQ(packet.size(), 172U);
        const auto word = [](const std::string &p, std::size_t at) {
            return static_cast<unsigned>(static_cast<unsigned char>(p[at])) << 8U |
                   static_cast<unsigned char>(p[at + 1]);
        };
        EXPECT_EQ(static_cast<unsigned char>(packet[0]), 0x80);
        EXPECT_EQ(static_cast<unsigned char>(packet[1]), i == 0 ? 0x80 : 0);
        if (!last.empty()) {
            EXPECT_EQ(word(packet, 2), (word(last, 2) + 1) & 0xFFFFU);
            EXPECT_EQ((word(packet, 6) - word(last, 6)) & 0xFFFFU, 160U);
            EXPECT_EQ(packet.substr(8, 4), last.substr(8, 4));
        }
        last = packet;
        for (const char c : packet.substr(12))
            samples.push_back(linear(static_cast<unsigned char>(c)));
    }
    const auto took = std::chrono::steady_clock::now() - from;
    EXPECT_GE(took, std::chrono::milliseconds(
                        770)); // never faster than the clock; slower only if the machine is
    EXPECT_GT(share(samples, 425), 0.95);
    EXPECT_LT(share(samples, 950), 0.02);
}

TEST_F(Callee, NoSoundIsNoRtp)
{
    start("[[callee.does]]\nstatus=183\nsdp=true\n[[callee.does]]\nafter_ms=100\nstatus=180\n[["
          "callee.does]]\nafter_ms=60000\nstatus=200\n");
    m_phone.send(invite(), m_peer);
    ASSERT_TRUE(m_phone.awaitStatus(180));
    EXPECT_EQ(m_media.receive(100), "");
}

TEST_F(Callee, CancelEndsIt)
{
    start("[[callee.does]]\nstatus=180\nplay=[\"talk\"]\n[[callee.does]]\nafter_ms=60000\nstatus="
          "200\n");
    m_phone.send(invite(), m_peer);
    const auto ringing = m_phone.awaitStatus(180);
    ASSERT_TRUE(ringing);
    m_phone.send(request(m_phone, "CANCEL", m_uri, "", 1, "call-1", "other").text(), m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(481, "CANCEL"));
    m_phone.send(request(m_phone, "CANCEL", m_uri, "", 1, "call-1", "INVITE1").text(), m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(200, "CANCEL"));
    ASSERT_TRUE(m_phone.awaitStatus(487));
    ASSERT_TRUE(m_phone.awaitStatus(487)) << "until the ACK";
    ack(ringing->toTag(), "INVITE1");
    while (!m_phone.receive(60).empty()) {
    }
    while (!m_media.receive(40).empty()) {
    }
    EXPECT_EQ(m_media.receive(100), "");
    EXPECT_EQ(m_phone.receive(150), "");
}

TEST_F(Callee, AnInviteAgainGetsTheSameResponse)
{
    start("[[callee.does]]\nstatus=180\n[[callee.does]]\nafter_ms=60000\nstatus=200\n");
    m_phone.send(invite(), m_peer);
    const auto first = m_phone.awaitStatus(180);
    m_phone.send(invite(), m_peer);
    const auto second = m_phone.awaitStatus(180);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->text, second->text);
}

TEST_F(Callee, RefusesWhatItCannotTake)
{
    start("[[callee.does]]\nstatus=200\n");
    m_phone.send(invite("", "G729"), m_peer);
    const auto refused = m_phone.awaitStatus(488);
    ASSERT_TRUE(refused);
    ack(refused->toTag(), "INVITE1");
    m_phone.send(request(m_phone, "BYE", m_uri, "nobody", 9, "other").text(), m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(481, "BYE"));
    m_phone.send(request(m_phone, "OPTIONS", m_uri, "", 9, "other").text(), m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(200, "OPTIONS"));
    m_phone.send("nonsense\r\n\r\n", m_peer);
    m_phone.send(std::string(60000, 'x'), m_peer);
    m_phone.send(request(m_phone, "OPTIONS", m_uri, "", 10, "other").text(), m_peer);
    EXPECT_TRUE(m_phone.awaitStatus(200, "OPTIONS"));
}

TEST_F(Callee, ALateOfferIsAnsweredInTheAck)
{
    start("[[callee.does]]\nstatus=183\nsdp=true\n[[callee.does]]\nafter_ms=20\nstatus=200\nplay=["
          "\"talk\"]\n");
    m_phone.send(request(m_phone, "INVITE", m_uri, "", 1).text(), m_peer);
    const auto progress = m_phone.awaitStatus(183);
    ASSERT_TRUE(progress);
    EXPECT_TRUE(progress->sdp().empty()) << "an unreliable response may not carry an offer";
    const auto answer = m_phone.awaitStatus(200);
    ASSERT_TRUE(answer);
    ASSERT_FALSE(answer->sdp().empty());
    m_phone.send(request(m_phone, "ACK", m_uri, answer->toTag(), 1, "call-1", "ack")
                     .body("application/sdp", offer("PCMU"))
                     .text(),
                 m_peer);
    EXPECT_EQ(m_media.receive().size(), 172U);
}

TEST_F(Callee, WithoutAnAckItHangsUp)
{
    start("[[callee.does]]\nstatus=200\n");
    m_phone.send(invite(), m_peer);
    const auto bye = m_phone.awaitRequest("BYE");
    ASSERT_TRUE(bye);
    EXPECT_TRUE(bye->flaws.empty());
    EXPECT_EQ(bye->toTag(), "alice");
    EXPECT_GE(m_phone.skipped, 5);
}
