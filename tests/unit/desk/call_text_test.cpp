// SPDX-License-Identifier: Apache-2.0
#include <desk/call_text.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char *kInvite = "INVITE sip:+49301234@gw.example.test;user=phone SIP/2.0\r\n"
                                "Via: SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bKx\r\n"
                                "Max-Forwards: 70\r\n"
                                "From: \"Ann\" <sip:ann@example.test>;tag=1\r\n"
                                "To: <sip:+49301234@gw.example.test>\r\n"
                                "Call-ID: a@b\r\nCSeq: 7 INVITE\r\n"
                                "Contact: <sip:ann@192.0.2.7:5070>\r\n"
                                "Route: <sip:edge.example.test;lr>\r\n"
                                "Proxy-Authorization: Digest username=\"ann\", response=\"00\"\r\n"
                                "Require: 100rel\r\n"
                                "privacy: id\r\n"
                                "P-Early-Media: supported\r\n"
                                "Content-Type: application/sdp\r\n\r\n";
constexpr const char *kSdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n"
                             "t=0 0\r\nm=audio 4000 RTP/AVP 97 8 18 0 101\r\n"
                             "a=rtpmap:97 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n";

TEST(CallText, ACallLikeAnotherAsksForTheSameAndTakesNothingOfItsIdentity)
{
    const std::string text = std::string(kInvite) + kSdp;
    const auto invite = sip::parse(text);
    ASSERT_TRUE(invite);
    const auto like = desk::callLike(*invite);
    EXPECT_EQ(like.target, "sip:+49301234@gw.example.test;user=phone");
    EXPECT_EQ(like.from, "sip:ann@example.test");
    EXPECT_EQ(like.transport, base::Transport::Tcp);
    EXPECT_EQ(like.reliability, engine::Reliability::Required);
    EXPECT_EQ(like.codecs.rfind("opus,PCMA", 0), 0U) << like.codecs;
    EXPECT_NE(like.codecs.find("PCMU"), std::string::npos) << like.codecs;
    EXPECT_FALSE(like.lateOffer);
    EXPECT_TRUE(like.events);
    std::string other = text;
    other.replace(other.find("telephone-event"), 15, "x-something-else");
    EXPECT_FALSE(desk::callLike(*sip::parse(other)).events) << "who offered none";
    EXPECT_THAT(like.extras.headers,
                ElementsAre(Pair("privacy", "id"), Pair("P-Early-Media", "supported")));
    EXPECT_TRUE(like.extras.routes.empty());
    EXPECT_TRUE(like.credentials.user.empty());
}

TEST(CallText, WithoutSdpItIsALateOfferAndWithout100relThatIsOff)
{
    std::string text = kInvite;
    text.replace(text.find("Require: 100rel\r\n"), 17, "");
    text.replace(text.find("Content-Type: application/sdp\r\n"), 31, "");
    const auto invite = sip::parse(text);
    ASSERT_TRUE(invite);
    const auto like = desk::callLike(*invite);
    EXPECT_TRUE(like.lateOffer);
    EXPECT_EQ(like.reliability, engine::Reliability::Off);
    EXPECT_EQ(like.codecs, desk::CallOptions{}.codecs);
}

TEST(CallText, HeadersAreNameAndValue)
{
    EXPECT_THAT(*desk::headerNamed(" X-A : b:c"), Pair("X-A", " b:c"));
    EXPECT_FALSE(desk::headerNamed("no colon"));
    EXPECT_FALSE(desk::headerNamed(": nameless"));
    EXPECT_EQ(desk::alertInfo("http://example.test/ring"), "<http://example.test/ring>");
    EXPECT_EQ(desk::alertInfo("<urn:alert:x>;y=1"), "<urn:alert:x>;y=1");
}

TEST(CallText, WhatWeSendIsReadAndWrittenAlike)
{
    for (const char *text :
         {"noise", "nothing", "tone:425", "mic", "mic:usb.analog", "/tmp/a b.wav", "speech.WAV"}) {
        const auto sending = desk::sendingNamed(text);
        ASSERT_TRUE(sending) << text;
        EXPECT_EQ(desk::sendingText(*sending), text);
    }
    EXPECT_EQ(desk::sendingText(*desk::sendingNamed("tone")), "tone:440");
    EXPECT_EQ(*desk::sendingNamed(""), media::Sending());
    for (const char *text : {"tone:", "tone:x", "tone:3", "music", "noise:2", "noise:", "nothing:"})
        EXPECT_FALSE(desk::sendingNamed(text)) << text;
}

TEST(CallText, AnInviteOfDtlsIsCalledLikeThat)
{
    std::string text = std::string(kInvite) + kSdp;
    const auto at = text.find("RTP/");
    text.replace(at, text.find(' ', at) - at, "UDP/TLS/RTP/SAVPF");
    const auto invite = sip::parse(text);
    ASSERT_TRUE(invite);
    EXPECT_EQ(desk::callLike(*invite).srtp, media::Srtp::Dtls);
}

constexpr const char *kPrint =
    "aa:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:"
    "99";

TEST(CallText, ACertificateThatIsAcceptedNamesItsServer)
{
    const std::string print = kPrint;
    const auto named = desk::tlsExceptionNamed("edge.example.test:5061=" + print);
    ASSERT_TRUE(named) << named.error().sentence;
    EXPECT_EQ(named->host, "edge.example.test");
    EXPECT_EQ(named->port, 5061);
    EXPECT_EQ(named->fingerprint.substr(0, 8), "AA:BB:CC");
    EXPECT_EQ(desk::serverText(*named), "edge.example.test:5061");
    EXPECT_EQ(desk::tlsExceptionNamed("edge.example.test=" + print)->port, 0);
    EXPECT_EQ(desk::tlsExceptionNamed("[::1]:5061=" + print)->host, "::1");
    EXPECT_EQ(desk::tlsExceptionNamed("::1=" + print)->host, "::1");
    EXPECT_EQ(desk::serverText(*desk::tlsExceptionNamed("[::1]:5061=" + print)), "[::1]:5061");
    for (const std::string &bad :
         {print, "=" + print, "host:0=" + print, "host:70000=" + print, "host:=" + print,
          std::string("host=aabb"), "host=" + print + ":00", "host=" + print.substr(1) + "g"})
        EXPECT_FALSE(desk::tlsExceptionNamed(bad)) << bad;
}

TEST(CallText, CallersAreReadAsTheyAreWrittenAndNobodyIsNoList)
{
    const auto read = desk::callersNamed("sip:bob@example.com, example.org\n*");
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (std::vector<std::string>{"bob@example.com", "example.org", "*"}));
    EXPECT_EQ(*desk::callersNamed(desk::callersText(*read)), *read);
    for (const auto *none : {"", " , ", "bob@", "@example.com"})
        EXPECT_FALSE(desk::callersNamed(none)) << none;
}

TEST(CallText, PortsAreARangeForTwo)
{
    media::Options media;
    ASSERT_TRUE(desk::readPorts("40000-40019", media));
    EXPECT_EQ(media.portFirst, 40000);
    EXPECT_EQ(media.portLast, 40019);
    EXPECT_TRUE(desk::readPorts("", media)) << "any";
    for (const char *bad : {"40000", "40019-40000", "80-90", "1-2-3", "a-b", "40000-70000", "-"})
        EXPECT_FALSE(desk::readPorts(bad, media)) << bad;
}

} // namespace
