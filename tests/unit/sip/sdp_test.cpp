// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/sdp.h>
#include <sip/sdp_fault.h>

#include "texts.h"

using namespace sip;

namespace {

const std::string kOffer =
    "v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "a=fingerprint:sha-256 AA\r\n"
    "m=audio 49170/2 RTP/AVP 0 8 97 101\r\na=rtpmap:97 opus/48000/2\r\na=fmtp:97 useinbandfec=1\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=maxptime:60\r\n"
    "m=video 0 RTP/SAVPF 31\r\nc=IN IP6 2001:db8::5\r\na=recvonly\r\n";

std::string sdpWith(std::string_view from, std::string_view to)
{
    return texts::with(from, to, kOffer);
}

bool flawed(const Sdp &sdp, std::string_view piece)
{
    return std::any_of(sdp.flaws.begin(), sdp.flaws.end(), [&](const SdpFlaw &flaw) {
        return flaw.what.find(piece) != std::string_view::npos;
    });
}

} // namespace

TEST(Sdp, ReadsADescription)
{
    const auto sdp = parseSdp(kOffer);
    EXPECT_TRUE(sdp.flaws.empty());
    EXPECT_EQ(sdp.origin, "alice 1 2 IN IP4 192.0.2.1");
    EXPECT_EQ(sdp.session, "call");
    EXPECT_EQ(sdp.timing, "0 0");
    ASSERT_EQ(sdp.media.size(), 2U);
    const auto &audio = *sdp.audio();
    EXPECT_EQ(audio.port, 49170U);
    EXPECT_EQ(audio.protocol, "RTP/AVP");
    EXPECT_EQ(audio.connection, "192.0.2.1");
    EXPECT_EQ(audio.endpoint()->text(), "192.0.2.1:49170");
    EXPECT_EQ(audio.ptime, 20);
    EXPECT_EQ(audio.maxptime, 60);
    ASSERT_EQ(audio.formats.size(), 4U);
    EXPECT_EQ(audio.format(0)->map.encoding, "PCMU");
    EXPECT_FALSE(audio.format(0)->mapped);
    EXPECT_EQ(audio.format(97)->map.clock, 48000U);
    EXPECT_EQ(audio.format(97)->map.channels, 2);
    EXPECT_EQ(audio.format(97)->fmtp, "useinbandfec=1");
    EXPECT_TRUE(audio.format(101)->mapped);
    EXPECT_EQ(audio.format(96), nullptr);
    EXPECT_EQ(audio.attribute("ptime"), "20");
    EXPECT_EQ(audio.attribute("sendrecv"), std::nullopt);
    EXPECT_EQ(sdp.media[1].direction, Direction::RecvOnly);
    EXPECT_EQ(sdp.media[1].connection, "2001:db8::5");
    EXPECT_FALSE(sdp.media[1].endpoint());
    EXPECT_EQ(sdp.attributes.size(), 1U);
}

TEST(Sdp, StaticPayloadTypesAreRfc3551s)
{
    const std::vector<std::tuple<int, std::string_view, std::uint32_t>> table{
        {0, "PCMU", 8000},  {3, "GSM", 8000},    {4, "G723", 8000},   {8, "PCMA", 8000},
        {9, "G722", 8000},  {10, "L16", 44100},  {13, "CN", 8000},    {15, "G728", 8000},
        {18, "G729", 8000}, {26, "JPEG", 90000}, {31, "H261", 90000}, {34, "H263", 90000}};
    for (const auto &[type, name, clock] : table) {
        const auto text = "v=0\r\nm=audio 9 RTP/AVP " + std::to_string(type) + "\r\n";
        const auto sdp = parseSdp(text);
        EXPECT_EQ(sdp.media[0].formats[0].map.encoding, name);
        EXPECT_EQ(sdp.media[0].formats[0].map.clock, clock);
    }
    const std::string unknown = "m=audio 9 RTP/AVP 77\r\n";
    EXPECT_EQ(parseSdp(unknown).media[0].formats[0].map.encoding, "");
}

TEST(Sdp, DirectionOfTheSessionIsTheDefault)
{
    const auto text = sdpWith("a=fingerprint:sha-256 AA", "a=inactive");
    const auto sdp = parseSdp(text);
    EXPECT_EQ(sdp.media[0].direction, Direction::Inactive);
    EXPECT_EQ(sdp.media[1].direction, Direction::RecvOnly);
}

TEST(Sdp, FlawsAreSaid)
{
    const std::vector<std::pair<std::string, std::string_view>> cases{
        {sdpWith("v=0\r\n", ""), "no v= line"},
        {sdpWith("v=0\r\n", ""), "first line"},
        {sdpWith("v=0", "v=1"), "version is not 0"},
        {sdpWith("o=alice 1 2 IN IP4 192.0.2.1\r\n", ""), "no o= line"},
        {sdpWith("o=alice 1 2", "o=alice 2"), "six fields"},
        {sdpWith("t=0 0\r\n", ""), "no t= line"},
        {sdpWith("s=call\r\n", ""), "no s= line"},
        {sdpWith("c=IN IP4 192.0.2.1\r\n", ""), "no c= line holds"},
        {sdpWith("c=IN IP4 192.0.2.1", "c=IN IP9 x"), "c= cannot be read"},
        {sdpWith("49170/2", "70000"), "port in m="},
        {sdpWith("49170/2", "x"), "port in m="},
        {sdpWith(" 0 8 97 101", ""), "at least one format"},
        {sdpWith(" 0 8 97", " 0 8 200 97"), "payload type is not"},
        {sdpWith("a=rtpmap:97", "a=rtpmap:98"), "does not list"},
        {sdpWith("opus/48000/2", "opus"), "not encoding/clock"},
        {sdpWith("opus/48000/2", "opus/0"), "not encoding/clock"},
        {sdpWith("opus/48000/2", "opus/48000/x"), "not encoding/clock"},
        {sdpWith("a=ptime:20", "a=ptime:x"), "packet time"},
        {sdpWith("s=call\r\n", "s=call\n"), "without CRLF"},
        {sdpWith("t=0 0\r\n", "t=0 0\r\nnonsense\r\n"), "letter=value"},
    };
    for (const auto &[text, piece] : cases) {
        const auto sdp = parseSdp(text);
        EXPECT_TRUE(flawed(sdp, piece)) << piece;
        for (const auto &flaw : sdp.flaws)
            EXPECT_LE(flaw.offset, text.size());
    }
}

TEST(Sdp, TheLineThatHangsOthersIsHarmless)
{
    const std::string text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 "
                             "0\r\nm=image 9 udptl ,\r\n";
    const auto sdp = parseSdp(text);
    ASSERT_EQ(sdp.media.size(), 1U);
    EXPECT_EQ(sdp.media[0].formats[0].text, ",");
    EXPECT_EQ(sdp.media[0].formats[0].payloadType, -1);
    EXPECT_EQ(sdp.audio(), nullptr);
}

TEST(Sdp, CapsHoldAndAreSaid)
{
    std::string text = "v=0\r\n";
    for (int i = 0; i < 300; ++i)
        text += "m=audio 9 RTP/AVP 0\r\na=x\r\n";
    for (int i = 0; i < 5000; ++i)
        text += "a=y\r\n";
    const auto many = parseSdp(text);
    EXPECT_EQ(many.media.size(), 256U);
    EXPECT_TRUE(flawed(many, "more m= lines"));
    std::string wide = "m=audio 9 RTP/AVP";
    for (int i = 0; i < 5000; ++i)
        wide += " 0";
    wide += "\r\n";
    for (int i = 0; i < 5000; ++i)
        wide += "a=y\r\n";
    const auto broad = parseSdp(wide);
    EXPECT_EQ(broad.media[0].formats.size(), 4096U);
    EXPECT_EQ(broad.media[0].attributes.size(), 4096U);
    EXPECT_TRUE(flawed(broad, "more formats"));
    EXPECT_TRUE(flawed(broad, "more attributes"));
    EXPECT_LE(broad.flaws.size(), 64U);
}

TEST(Sdp, HoldByZeroAddressHasNoEndpoint)
{
    const auto text = sdpWith("c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0");
    EXPECT_FALSE(parseSdp(text).audio()->endpoint());
    const auto name = sdpWith("c=IN IP4 192.0.2.1", "c=IN IP4 media.example.test");
    EXPECT_FALSE(parseSdp(name).audio()->endpoint());
    EXPECT_EQ(parseSdp(name).audio()->connection, "media.example.test");
    const auto multicast = sdpWith("c=IN IP4 192.0.2.1", "c=IN IP4 233.252.0.1/127");
    EXPECT_EQ(parseSdp(multicast).audio()->connection, "233.252.0.1");
}

TEST(Sdp, AZoneIsOfItsOwnHostAlone)
{
    const auto text = sdpWith("c=IN IP4 192.0.2.1", "c=IN IP6 fe80::1%eth0");
    const auto sdp = parseSdp(text);
    EXPECT_TRUE(sdp.flaws.empty());
    EXPECT_EQ(sdp.audio()->connection, "fe80::1%eth0") << "shown as it is";
    ASSERT_TRUE(sdp.audio()->endpoint());
    EXPECT_EQ(sdp.audio()->endpoint()->address, base::Address::parse("fe80::1"));
    EXPECT_EQ(audioFault(sdp), "");
    EXPECT_EQ(audioLimit(sdp), "");
    const auto bad = sdpWith("c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1%eth0");
    EXPECT_FALSE(parseSdp(bad).audio()->endpoint());
}
