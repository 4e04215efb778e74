// SPDX-License-Identifier: Apache-2.0
// Offers and answers (RFC 3264), and which differences between two descriptions matter.
#include <gtest/gtest.h>
#include <sip/sdp.h>

#include "texts.h"

using namespace sip;

namespace {

SdpDraft draft(std::string_view codecs)
{
    SdpDraft out;
    out.media = *base::Endpoint::parse("127.0.0.1:4000");
    out.codecs = codecsByName(codecs);
    out.sessionId = 11;
    out.version = 12;
    return out;
}

const std::string kHead =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=5 6\r\n";

std::string answer(std::string_view media, std::string_view codecs)
{
    const auto text = kHead + std::string(media);
    return answerSdp(parseSdp(text), draft(codecs)).value_or("none");
}

void expectOne(const std::vector<std::string> &found, std::string_view wanted)
{
    ASSERT_EQ(found.size(), 1U) << wanted;
    EXPECT_EQ(found[0], wanted);
}

std::vector<std::string> differences(std::string_view a, std::string_view b)
{
    const std::string one(a);
    const std::string other(b);
    return mediaDifferences(parseSdp(one), parseSdp(other));
}

TEST(SdpAnswer, ClocksAreNamedWhereACodecHasSeveral)
{
    const auto codecs = codecsByName("L16,L16/44100/2,l16/16000,L16/8000/2,telephone-event/48000,"
                                     "telephone-event,L16/16000");
    ASSERT_EQ(codecs.size(), 6U); // one came twice
    EXPECT_EQ(codecs[0].payloadType, 11);
    EXPECT_EQ(codecs[1].payloadType, 10);
    EXPECT_EQ(codecs[2].payloadType, 96);
    EXPECT_EQ(codecs[2].clock, 16000U);
    EXPECT_EQ(codecs[3].channels, 2);
    EXPECT_EQ(codecs[4].clock, 48000U);
    EXPECT_EQ(codecs[5].clock, 8000U);
    EXPECT_TRUE(codecsByName("G722/16000,PCMU/8000/2,L16/7999,L16/x,L16/8000/0,L16/8000/1/1,/8000")
                    .empty());
    EXPECT_EQ(codecsByName("G722/8000")[0].payloadType, 9);
}

} // namespace

TEST(SdpOffer, CodecsByName)
{
    const auto codecs = codecsByName(" pcmu,opus , telephone-event,nonsense,PCMU,,iLBC");
    ASSERT_EQ(codecs.size(), 4U);
    EXPECT_EQ(codecs[0].encoding, "PCMU");
    EXPECT_EQ(codecs[0].payloadType, 0);
    EXPECT_EQ(codecs[1].payloadType, 96);
    EXPECT_EQ(codecs[1].clock, 48000U);
    EXPECT_EQ(codecs[2].payloadType, 97);
    EXPECT_EQ(codecs[3].payloadType, 98);
    EXPECT_TRUE(codecsByName("").empty());
}

TEST(SdpOffer, IsReadBackAsItWasMeant)
{
    auto ours = draft("PCMA,opus,telephone-event");
    ours.direction = Direction::SendOnly;
    const auto text = writeSdp(ours);
    const auto sdp = parseSdp(text);
    EXPECT_TRUE(sdp.flaws.empty());
    EXPECT_EQ(sdp.origin, "- 11 12 IN IP4 127.0.0.1");
    ASSERT_NE(sdp.audio(), nullptr);
    EXPECT_EQ(sdp.audio()->endpoint(), ours.media);
    EXPECT_EQ(sdp.audio()->direction, Direction::SendOnly);
    EXPECT_EQ(sdp.audio()->ptime, 20);
    EXPECT_EQ(sdp.audio()->format(96)->map.encoding, "opus");
    EXPECT_EQ(sdp.audio()->format(97)->fmtp, "0-16");
    auto six = draft("PCMU");
    six.media = *base::Endpoint::parse("[::1]:4000");
    const auto v6 = writeSdp(six);
    EXPECT_EQ(parseSdp(v6).audio()->endpoint(), six.media);
    EXPECT_NE(v6.find("c=IN IP6 ::1\r\n"), std::string::npos);
}

TEST(SdpAnswer, TakesOneCodecWithTheOffersNumbers)
{
    const auto text = answer("m=audio 9000 RTP/AVP 8 111 121\r\na=rtpmap:111 "
                             "OPUS/48000/2\r\na=rtpmap:121 telephone-event/48000\r\n",
                             "opus,PCMA,telephone-event");
    const auto sdp = parseSdp(text);
    EXPECT_TRUE(sdp.flaws.empty()) << text;
    ASSERT_EQ(sdp.media.size(), 1U);
    ASSERT_EQ(sdp.media[0].formats.size(), 1U)
        << "key presses at another clock do not go with opus";
    EXPECT_EQ(sdp.media[0].formats[0].payloadType, 111);
    EXPECT_EQ(sdp.timing, "5 6");
    EXPECT_EQ(sdp.media[0].port, 4000U);
}

TEST(SdpAnswer, KeyPressesGoAlong)
{
    const auto text = answer("m=audio 9000 RTP/AVPF 0 8 99\r\na=rtpmap:99 telephone-event/8000\r\n",
                             "PCMA,PCMU,telephone-event");
    const auto sdp = parseSdp(text);
    ASSERT_EQ(sdp.media[0].formats.size(), 2U);
    EXPECT_EQ(sdp.media[0].formats[0].payloadType, 8);
    EXPECT_EQ(sdp.media[0].formats[1].payloadType, 99);
    EXPECT_EQ(sdp.media[0].protocol, "RTP/AVPF");
}

TEST(SdpAnswer, EveryMLineIsAnswered)
{
    const auto text =
        answer("m=video 7000 RTP/AVP 31 32\r\nm=audio 9000 RTP/SAVP 0\r\nm=audio 9002 RTP/AVP 0\r\n"
               "m=audio 9004 RTP/AVP 0\r\nm=image 9 udptl t38\r\nm=audio 0 RTP/AVP 0\r\n",
               "PCMU");
    const auto sdp = parseSdp(text);
    ASSERT_EQ(sdp.media.size(), 6U) << text;
    std::vector<std::uint32_t> ports;
    for (const auto &media : sdp.media)
        ports.push_back(media.port);
    EXPECT_EQ(ports, (std::vector<std::uint32_t>{0, 0, 4000, 0, 0, 0}));
    EXPECT_EQ(sdp.media[0].type, "video");
    EXPECT_EQ(sdp.media[4].protocol, "udptl");
    EXPECT_EQ(sdp.media[4].formats[0].text, "t38");
}

TEST(SdpAnswer, DirectionFitsTheOffers)
{
    const std::vector<std::pair<std::string, Direction>> cases{{"sendrecv", Direction::SendRecv},
                                                               {"sendonly", Direction::RecvOnly},
                                                               {"recvonly", Direction::SendOnly},
                                                               {"inactive", Direction::Inactive}};
    for (const auto &[offered, wanted] : cases) {
        const auto text = answer("m=audio 9000 RTP/AVP 0\r\na=" + offered + "\r\n", "PCMU");
        EXPECT_EQ(parseSdp(text).media[0].direction, wanted) << offered;
    }
    auto ours = draft("PCMU");
    ours.direction = Direction::RecvOnly;
    const auto offer = kHead + "m=audio 9 RTP/AVP 0\r\na=recvonly\r\n";
    EXPECT_NE(answerSdp(parseSdp(offer), ours)->find("a=inactive"), std::string::npos);
}

TEST(SdpAnswer, NothingInCommonIsNoAnswer)
{
    EXPECT_EQ(answer("m=audio 9000 RTP/AVP 18\r\n", "PCMU"), "none");
    EXPECT_EQ(answer("m=audio 9000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
                     "PCMU,telephone-event"),
              "none");
    EXPECT_EQ(answer("m=audio 9000 RTP/AVP 97\r\na=rtpmap:97 PCMU/16000\r\n", "PCMU"), "none");
    EXPECT_EQ(answer("m=audio 0 RTP/AVP 0\r\n", "PCMU"), "none");
    EXPECT_EQ(answer("m=\r\nm=audio 9 RTP/AVP 0\r\n", "PCMU"), "none");
    EXPECT_EQ(answer("", "PCMU"), "none");
}

TEST(SdpAnswer, ForeignBytesStayInTheirLine)
{
    const auto text = answer("m=video\x01 9 RTP/AVP\x02 1\r\nm=audio 9 RTP/AVP 0\r\n", "PCMU");
    EXPECT_EQ(text.find('\x01'), std::string::npos);
    EXPECT_EQ(parseSdp(text).media.size(), 2U);
}

TEST(SdpDifference, WhatDoesNotMatterIsQuiet)
{
    EXPECT_TRUE(
        differences(kHead + "m=audio 9 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n",
                    "v=0\r\no=- 1 99 IN IP4 192.0.2.1\r\ns=other\r\nb=AS:64\r\nt=0 0\r\n"
                    "m=audio 9 RTP/AVP 8 0\r\nc=IN IP4 192.0.2.1\r\na=foo\r\na=sendrecv\r\n")
            .empty());
    EXPECT_TRUE(differences(kHead + "m=video 0 RTP/AVP 31\r\n",
                            kHead + "m=video 0 RTP/SAVP 32\r\na=inactive\r\n")
                    .empty());
}

TEST(SdpDifference, WhatMattersIsSaid)
{
    const std::string base = kHead + "m=audio 9000 RTP/AVP 0 97\r\na=rtpmap:97 "
                                     "opus/48000/2\r\na=ptime:20\r\na=crypto:1 A inline:SECRET\r\n";
    const auto changed = [&](std::string_view from, std::string_view to) {
        return differences(base, texts::with(from, to, base));
    };
    expectOne(changed("c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.2"),
              "audio: address 192.0.2.1 became 192.0.2.2");
    expectOne(changed("9000", "9002"), "audio: port 9000 became 9002");
    expectOne(changed("RTP/AVP", "RTP/SAVP"), "audio: profile RTP/AVP became RTP/SAVP");
    expectOne(changed("opus/48000/2", "opus/24000/2"),
              "audio: format 97 opus/48000/2 became opus/24000/2");
    expectOne(changed("9000 RTP/AVP 0 97", "9000 RTP/AVP 97"),
              "audio: format 0 (pcmu/8000) is gone");
    expectOne(changed("9000 RTP/AVP 0", "9000 RTP/AVP 8 0"), "audio: format 8 (pcma/8000) is new");
    expectOne(changed("a=ptime:20", "a=ptime:30"), "audio: packet time 20 became 30");
    expectOne(changed("a=ptime:20", "a=inactive"), "audio: direction sendrecv became inactive");
    expectOne(changed("SECRET", "OTHER"), "audio: the encryption keys differ");
    expectOne(differences(base, kHead), "1 m-lines became 0");
}
