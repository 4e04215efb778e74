// SPDX-License-Identifier: Apache-2.0
// Media of captures through the whole session: keys, digits, reports, forks.
#include "talk.h"

#include <diagnosis/explain.h>
#include <random>
#include <rtp/voice.h>
#include <support/sounds.h>
#include <support/srtp_sender.h>

using namespace talk;
using diagnosis::Certainty;

namespace {

std::string described(const base::Endpoint &media, std::string_view protocol,
                      std::string_view attributes)
{
    return fmt::format("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
                       "m=audio {1} {2} 0 101\r\na=rtpmap:101 telephone-event/8000\r\n{3}",
                       media.address.text(), media.port, protocol, attributes);
}

base::Packet invited(std::string_view attributes, std::string_view protocol = "RTP/AVP")
{
    return datagram(at(0), kCaller, kCallee,
                    message("INVITE sip:b@example.test SIP/2.0", "1 INVITE", "one", "",
                            described(kCallerMedia, protocol, attributes)));
}
base::Packet progressed(int ms, std::string_view tag, std::string_view attributes,
                        std::string_view protocol = "RTP/AVP")
{
    return datagram(at(ms), kCallee, kCaller,
                    message("SIP/2.0 183 Session Progress", "1 INVITE", "one", tag,
                            described(kCalleeMedia, protocol, attributes)));
}

std::string voice(int number, std::uint32_t ssrc = 7)
{
    return support::rtp(static_cast<std::uint16_t>(number),
                        static_cast<std::uint32_t>(number) * 160U, ssrc, std::string(160, '\x10'));
}

std::vector<diagnosis::BoundStream> streamsOf(const std::vector<base::Packet> &packets)
{
    const auto session = open(false);
    push(*session, packets);
    EXPECT_TRUE(session->settle(kLimit));
    const auto calls = session->calls();
    return calls.empty() ? std::vector<diagnosis::BoundStream>() : calls.at(0)->streams.list();
}

/// A payload type is what the SDP of its receiver says: nobody needs a plug-in to be told.
TEST(Media, whatIsHeardOfADynamicPayloadTypeIsTold)
{
    constexpr std::size_t kFrame = 320; // 20 ms of 16 kHz
    std::vector<base::Packet> packets{
        invited("a=rtpmap:97 L16/16000\r\n", "RTP/AVP 97"),
        progressed(20, "to", "a=rtpmap:97 L16/16000\r\n", "RTP/AVP 97")};
    const auto encoder = rtp::voiceEncoder({"L16", 16000, 1});
    const auto ring = support::pcm(support::atLevel(support::tones({425}, {1, 4}, 8, 16000), -15));
    for (std::uint16_t i = 0; i < 400; ++i)
        packets.push_back(datagram(
            at(40 + 20 * i), kCalleeMedia, kCallerMedia,
            support::rtp(i, i * 320U, 7,
                         encoder->encode(std::span(ring).subspan(i * kFrame, kFrame)), 97)));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_TRUE(streams[0].stream->levelKnown);
    ASSERT_TRUE(streams[0].stream->tape);
    const auto heard = streams[0].stream->tape->heard(at(60'000));
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->what, rtp::Sound::Ringback) << rtp::describe(*heard);
}

TEST(Media, srtpIsOpenedWithTheKeyOfItsSender)
{
    for (const bool behindNat : {false, true}) {
        support::SrtpSender caller(support::srtpSuites()[0], 'a'),
            callee(support::srtpSuites()[1], 'b');
        std::vector<base::Packet> packets{
            invited("a=crypto:" + caller.line() + "\r\n", "RTP/SAVP"),
            progressed(20, "to", "a=crypto:" + callee.line() + "\r\n", "RTP/SAVP")};
        const auto source = behindNat ? support::endpoint("198.51.100.7:1234") : kCalleeMedia;
        for (int i = 0; i < 10; ++i)
            packets.push_back(
                datagram(at(40 + 20 * i), source, kCallerMedia, callee.rtp(voice(i))));
        const std::string key = support::rtp(10, 1600, 7, "\x05\x8A\x03\x20", 101);
        packets.push_back(datagram(at(240), source, kCallerMedia, callee.rtp(key)));
        const std::string report = std::string("\x81\xC9\x00\x07", 4) + support::be32(9) +
                                   support::be32(7) + std::string("\x40\0\0\2", 4) +
                                   std::string(16, '\0');
        packets.push_back(datagram(at(250), support::endpoint("192.0.2.1:40001"),
                                   support::endpoint("192.0.2.2:30001"), caller.rtcp(report)));
        const auto streams = streamsOf(packets);
        ASSERT_EQ(streams.size(), 1U);
        const rtp::Stream &stream = *streams[0].stream;
        EXPECT_EQ(stream.opened, 11U);
        EXPECT_EQ(stream.closed, 0U);
        EXPECT_GT(stream.level, -40);
        ASSERT_EQ(stream.digits.size(), 1U);
        EXPECT_EQ(stream.digits[0].key, '5');
        if (behindNat)
            continue; // whose report it is shows by addresses
        ASSERT_EQ(stream.reports.size(), 1U);
        EXPECT_DOUBLE_EQ(stream.reports[0].fractionLost, 0.25);
    }
}

/// Media of the callee under its key, with a digit and a report of the caller behind it.
std::vector<base::Packet> sealedMedia(support::SrtpSender &caller, support::SrtpSender &callee)
{
    std::vector<base::Packet> out;
    for (int i = 0; i < 10; ++i)
        out.push_back(datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, callee.rtp(voice(i))));
    const std::string key = support::rtp(10, 1600, 7, "\x05\x8A\x03\x20", 101);
    out.push_back(datagram(at(240), kCalleeMedia, kCallerMedia, callee.rtp(key)));
    const std::string report = std::string("\x81\xC9\x00\x07", 4) + support::be32(9) +
                               support::be32(7) + std::string("\x40\0\0\2", 4) +
                               std::string(16, '\0');
    out.push_back(datagram(at(250), support::endpoint("192.0.2.1:40001"),
                           support::endpoint("192.0.2.2:30001"), caller.rtcp(report)));
    return out;
}

TEST(Media, srtpThatCameBeforeItsKeyIsOpenedWhenTheKeyComes)
{
    enum { BeforeTheAnswer, BeforeAnySdp, NothingAfterTheKey };
    for (const int when : {BeforeTheAnswer, BeforeAnySdp, NothingAfterTheKey}) {
        support::SrtpSender caller(support::srtpSuites()[0], 'a'),
            callee(support::srtpSuites()[6], 'b');
        auto packets = sealedMedia(caller, callee);
        const auto offer = invited("a=crypto:" + caller.line() + "\r\n", "RTP/SAVP");
        packets.insert(when == BeforeTheAnswer ? packets.begin() : packets.end(), offer);
        packets.push_back(progressed(260, "to", "a=crypto:" + callee.line() + "\r\n", "RTP/SAVP"));
        const unsigned after = when == NothingAfterTheKey ? 0 : 3;
        for (unsigned i = 0; i < after; ++i)
            packets.push_back(datagram(at(280 + 20 * i), kCalleeMedia, kCallerMedia,
                                       callee.rtp(voice(static_cast<int>(11 + i)))));
        const auto streams = streamsOf(packets);
        ASSERT_EQ(streams.size(), 1U) << when;
        const rtp::Stream &stream = *streams[0].stream;
        EXPECT_EQ(stream.packets, 11U + after) << when;
        EXPECT_EQ(stream.opened, 11U + after) << when;
        EXPECT_EQ(stream.closed, 0U) << when;
        EXPECT_EQ(stream.refused, 0U) << when;
        EXPECT_GT(stream.level, -40) << when;
        ASSERT_EQ(stream.digits.size(), 1U) << when;
        EXPECT_EQ(stream.digits[0].key, '5') << when;
        EXPECT_EQ(stream.reports.size(), 1U) << when;
        ASSERT_TRUE(stream.tape) << when;
        EXPECT_TRUE(stream.tape->heard(at(1000))) << when;
    }
}

TEST(Media, whatTurnsOutToBeEncryptedIsHeardNoMore)
{
    support::SrtpSender caller(support::srtpSuites()[0], 'a'),
        callee(support::srtpSuites()[0], 'b');
    auto packets = sealedMedia(caller, callee);
    packets.push_back(invited("", "RTP/SAVP"));
    packets.push_back(progressed(260, "to", "", "RTP/SAVP"));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].stream->closed, 11U);
    EXPECT_EQ(streams[0].stream->opened, 0U);
    EXPECT_FALSE(streams[0].stream->levelKnown);
    EXPECT_FALSE(streams[0].stream->tape);
}

TEST(Media, srtpIsOpenedThoughItsNumbersTurnedOverBeforeTheCapture)
{
    support::SrtpSender callee(support::srtpSuites()[0], 'b');
    callee.rtp(voice(0));
    callee.turnOver(7, 3);
    std::vector<base::Packet> packets{
        invited("", "RTP/SAVP"),
        progressed(20, "to", "a=crypto:" + callee.line() + "\r\n", "RTP/SAVP")};
    for (int i = 0; i < 10; ++i)
        packets.push_back(
            datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, callee.rtp(voice(65530 + i))));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].stream->opened, 10U);
    EXPECT_EQ(streams[0].stream->rollover, 3U);
}

TEST(Media, rtcpOpensWithTheKeyOfThePlaceThatSdpNamesForIt)
{
    for (const char *told : {"a=rtcp:9999\r\n", "a=rtcp:9999 IN IP4 192.0.2.1\r\n", ""}) {
        support::SrtpSender caller(support::srtpSuites()[0], 'a'),
            callee(support::srtpSuites()[0], 'b');
        std::vector<base::Packet> packets{
            invited("a=crypto:" + caller.line() + "\r\n" + told, "RTP/SAVP"),
            progressed(20, "to", "a=crypto:" + callee.line() + "\r\n", "RTP/SAVP")};
        for (int i = 0; i < 5; ++i)
            packets.push_back(
                datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, callee.rtp(voice(i))));
        const std::string report = std::string("\x81\xC9\x00\x07", 4) + support::be32(9) +
                                   support::be32(7) + std::string("\x40\0\0\2", 4) +
                                   std::string(16, '\0');
        packets.push_back(datagram(at(250), support::endpoint("192.0.2.1:9999"),
                                   support::endpoint("198.51.100.9:30001"), caller.rtcp(report)));
        const auto streams = streamsOf(packets);
        ASSERT_EQ(streams.size(), 1U);
        EXPECT_EQ(streams[0].stream->reports.size(), *told != '\0' ? 1U : 0U) << told;
    }
}

TEST(Media, whatOvertakesTheAnswerIsNoEarlyMedia)
{
    for (const int ahead : {3, 100}) {
        std::vector<base::Packet> packets{invited("")};
        for (int i = 0; i < 5; ++i)
            packets.push_back(
                datagram(at(1000 - ahead + 20 * i), kCalleeMedia, kCallerMedia, voice(i)));
        packets.push_back(datagram(at(1000), kCallee, kCaller,
                                   message("SIP/2.0 200 OK", "1 INVITE", "one", "to",
                                           described(kCalleeMedia, "RTP/AVP", ""))));
        std::sort(packets.begin(), packets.end(),
                  [](const auto &a, const auto &b) { return a.time < b.time; });
        const auto streams = streamsOf(packets);
        ASSERT_EQ(streams.size(), 1U);
        EXPECT_EQ(streams[0].early, ahead > 20) << ahead;
    }
}

TEST(Media, srtpWithoutAFittingKeyIsNeverHeard)
{
    support::SrtpSender told(support::srtpSuites()[0], 'a'), sent(support::srtpSuites()[0], 'b');
    std::vector<base::Packet> packets{
        invited("", "RTP/SAVP"),
        progressed(20, "to", "a=crypto:" + told.line() + "\r\n", "RTP/SAVP")};
    for (int i = 0; i < 10; ++i)
        packets.push_back(
            datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, sent.rtp(voice(i))));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].stream->closed, 10U);
    EXPECT_EQ(streams[0].stream->refused, 10U);
    EXPECT_FALSE(streams[0].stream->levelKnown);
}

TEST(Media, dtlsMeansEncrypted)
{
    std::vector<base::Packet> packets{invited(""), progressed(20, "to", "")};
    packets.push_back(datagram(at(30), kCalleeMedia, kCallerMedia,
                               std::string("\x16\xFE\xFD", 3) + std::string(40, 'x')));
    for (int i = 0; i < 10; ++i)
        packets.push_back(datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, voice(i)));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].stream->closed, 10U);
    EXPECT_FALSE(streams[0].stream->levelKnown);
}

TEST(Media, aVerdictOfDtlsSaysThatItsKeysAreNotThere)
{
    for (const bool handshake : {true, false}) {
        const char *profile = handshake ? "RTP/AVP" : "UDP/TLS/RTP/SAVP";
        std::vector<base::Packet> packets{invited("", profile), progressed(20, "to", "", profile)};
        if (handshake)
            packets.push_back(datagram(at(30), kCalleeMedia, kCallerMedia,
                                       std::string("\x16\xFE\xFD", 3) + std::string(40, 'x')));
        for (int i = 0; i < 50; ++i)
            packets.push_back(datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, voice(i)));
        const auto session = open(false);
        push(*session, packets);
        ASSERT_TRUE(session->settle(kLimit));
        const auto view = session->calls().at(0);
        const std::shared_ptr<const calls::Call> call = view->call;
        const diagnosis::Evidence evidence{*call, session->trace(), view->streams, {}, at(2000)};
        const auto verdict = diagnosis::earlyMediaVerdict(evidence, 0);
        EXPECT_NE(verdict.sentence.find("DTLS-SRTP"), std::string::npos) << verdict.sentence;
        EXPECT_NE(verdict.sentence.find("keys are not in the capture"), std::string::npos)
            << verdict.sentence;
        EXPECT_EQ(verdict.sentence.find("is played"), std::string::npos) << verdict.sentence;
    }
}

TEST(Media, aKeyThatNoSdpToldIsTold)
{
    support::SrtpSender callee(support::srtpSuites()[0], 'b');
    const auto keys = rtp::sdesKeys(callee.line());
    ASSERT_EQ(keys.size(), 1U);
    const auto session = open(false);
    session->learnKey(kCalleeMedia, keys[0]);
    std::vector<base::Packet> packets{invited("", "UDP/TLS/RTP/SAVP"),
                                      progressed(20, "to", "", "UDP/TLS/RTP/SAVP")};
    for (int i = 0; i < 10; ++i)
        packets.push_back(
            datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, callee.rtp(voice(i))));
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    const auto view = session->calls().at(0);
    ASSERT_EQ(view->streams.size(), 1U);
    EXPECT_EQ(view->streams[0].stream->opened, 10U);
    EXPECT_TRUE(view->streams[0].stream->levelKnown);
}

TEST(Media, forksOnOnePortAreToldApartByTheirSsrc)
{
    std::vector<base::Packet> packets{invited(""), progressed(20, "b", "a=ssrc:11 cname:x\r\n"),
                                      progressed(30, "c", "a=ssrc:12 cname:y\r\n")};
    for (int i = 0; i < 10; ++i) {
        packets.push_back(datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia, voice(i, 12)));
        packets.push_back(datagram(at(41 + 20 * i), kCalleeMedia, kCallerMedia, voice(i, 11)));
    }
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 2U);
    for (const auto &bound : streams) {
        EXPECT_EQ(bound.certainty, Certainty::Exact);
        EXPECT_EQ(bound.earlyDialog, bound.stream->ssrc == 11 ? 0U : 1U);
    }
}

TEST(Media, iceCandidatesAreEndsToo)
{
    const auto relay = support::endpoint("198.51.100.9:50000");
    std::vector<base::Packet> packets{
        invited(""),
        progressed(20, "b", "a=candidate:1 1 UDP 2130706431 198.51.100.9 50000 typ relay\r\n")};
    for (int i = 0; i < 10; ++i)
        packets.push_back(
            datagram(at(40 + 20 * i), relay, support::endpoint("192.0.2.1:40008"), voice(i)));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].certainty, Certainty::Exact);
}

TEST(Media, otherDatagramsAreNoRtp)
{
    const auto session = open(false);
    std::mt19937 random(1);
    std::vector<base::Packet> packets;
    const auto from = support::endpoint("192.0.2.5:50000"),
               to = support::endpoint("192.0.2.6:50002");
    for (int i = 0; i < 5000; ++i) {
        std::string bytes(20 + random() % 200, '\0');
        for (char &c : bytes)
            c = static_cast<char>(random());
        bytes[0] = static_cast<char>(0x80 | (bytes[0] & 0x3F)); // as RTP begins
        packets.push_back(datagram(at(i), from, to, bytes));
        // A counter and a constant where RTP has them, but nothing that could be its time.
        std::string counted("\x80\x05", 2);
        counted +=
            support::be16(static_cast<std::uint32_t>(i)) + support::be32(random()) + "same" + bytes;
        packets.push_back(datagram(at(i), to, from, counted));
        // A resolver's answers.
        packets.push_back(datagram(at(i), support::endpoint("192.0.2.53:53"), from,
                                   support::be16(0x8000U | random()) + "\x81\x80" +
                                       std::string("\0\1\0\1\0\0\0\0", 8) + bytes));
    }
    packets.push_back(datagram(at(6000), kCaller, kCallee, invite("later")));
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_EQ(session->last()->rtpStreams, 0U);
}

TEST(Media, rateOfAnUnknownCodecIsFoundByItsPace)
{
    std::vector<base::Packet> packets;
    for (int i = 0; i < 100; ++i)
        packets.push_back(datagram(at(20 * i), kCalleeMedia, kCallerMedia,
                                   support::rtp(static_cast<std::uint16_t>(i),
                                                static_cast<std::uint32_t>(i) * 960U, 7,
                                                std::string(60, 'x'), 111)));
    packets.push_back(datagram(at(1000), kCaller, kCallee, invite("one")));
    const auto streams = streamsOf(packets);
    ASSERT_EQ(streams.size(), 1U);
    EXPECT_EQ(streams[0].stream->clock, 48000U);
    EXPECT_LT(streams[0].stream->jitter, 1ms);
    EXPECT_EQ(streams[0].stream->ptime, 20ms);
}

TEST(Media, keysUnderThePlainProfileAreTakenOrNot)
{
    for (const bool taken : {true, false}) {
        support::SrtpSender caller(support::srtpSuites()[0], 'a'),
            callee(support::srtpSuites()[0], 'b');
        std::vector<base::Packet> packets{
            invited("a=crypto:" + caller.line() + "\r\n", "RTP/AVP"),
            progressed(20, "to", taken ? "a=crypto:" + callee.line() + "\r\n" : "", "RTP/AVP")};
        for (int i = 0; i < 10; ++i)
            packets.push_back(datagram(at(40 + 20 * i), kCalleeMedia, kCallerMedia,
                                       taken ? callee.rtp(voice(i)) : voice(i)));
        const auto streams = streamsOf(packets);
        ASSERT_EQ(streams.size(), 1U);
        const rtp::Stream &stream = *streams[0].stream;
        EXPECT_EQ(stream.opened, taken ? 10U : 0U);
        EXPECT_EQ(stream.closed, 0U);
        EXPECT_EQ(stream.refused, 0U);
        EXPECT_GT(stream.level, -40) << taken;
    }
}

} // namespace
