// SPDX-License-Identifier: Apache-2.0
#include <desk/offer.h>
#include <desk/security.h>
#include <gtest/gtest.h>

namespace {

std::string answer(const std::string &media, const std::string &rest = {})
{
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" + media +
           "\r\n" + rest;
}

std::optional<media::Remote> remoteOf(const std::string &sdp, const std::string &tag)
{
    return desk::peerAudio(sip::parseSdp(sdp), {}, tag).remote;
}

TEST(RemoteOf, AddressPayloadTypesAndDirection)
{
    const auto text =
        answer("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 opus/48000/2\r\na=sendonly\r\n");
    const auto remote = remoteOf(text, "a");
    ASSERT_TRUE(remote);
    EXPECT_EQ(remote->toTag, "a");
    EXPECT_EQ(remote->rtp.text(), "192.0.2.7:4000");
    ASSERT_EQ(remote->send.size(), 2U);
    EXPECT_EQ(remote->send[0].encoding, "PCMA");
    EXPECT_EQ(remote->send[1].payloadType, 96);
    EXPECT_EQ(remote->send[1].clock, 48000U);
    EXPECT_TRUE(remote->theyMaySend);
    EXPECT_FALSE(remote->weMaySend) << "sendonly seen from the answerer: we only listen";
}

TEST(RemoteOf, ThePortOfRtcpIsReadBesideMux)
{
    // Whether mux holds is for both to say, and the port is what is left where we did not offer it.
    const auto remote = remoteOf("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                                 "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\na=rtcp:4777\r\n",
                                 "tag");
    ASSERT_TRUE(remote);
    EXPECT_TRUE(remote->mux);
    EXPECT_EQ(remote->rtcp.text(), "192.0.2.1:4777");
}

TEST(RemoteOf, NothingUsable)
{
    EXPECT_FALSE(remoteOf("", ""));
    EXPECT_FALSE(remoteOf("garbage\r\nm=audio\r\n", ""));
    EXPECT_FALSE(remoteOf(answer("m=audio 0 RTP/AVP 0"), ""));
    EXPECT_FALSE(remoteOf(answer("m=video 4000 RTP/AVP 31"), ""));
}

TEST(CheckCodecs, NamesTheOneThatIsNotKnown)
{
    EXPECT_TRUE(desk::checkCodecs("PCMU, opus"));
    const auto wrong = desk::checkCodecs("PCMU,G999");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, base::ErrorCode::BadInput);
    EXPECT_NE(wrong.error().sentence.find("G999"), std::string::npos);
    EXPECT_FALSE(desk::checkCodecs(""));
}

TEST(AgreedCodecs, TheOfferersNumberIsListenedTo)
{
    const auto ours =
        desk::ownDraft(*base::Endpoint::parse("127.0.0.1:40000"), sip::codecsByName("opus,PCMU"));
    const auto agree = [&ours](const std::string &offer) {
        return desk::agreedCodecs(sip::parseSdp(offer), ours);
    };
    const auto agreed =
        agree(answer("m=audio 4000 RTP/AVP 9 111", "a=rtpmap:111 opus/48000/2\r\n"));
    ASSERT_EQ(agreed.size(), 1U);
    EXPECT_EQ(agreed[0].encoding, "opus");
    EXPECT_EQ(agreed[0].payloadType, 111) << "ours would have been 96";
    EXPECT_TRUE(agree(answer("m=audio 4000 RTP/AVP 9")).empty());
    EXPECT_TRUE(agree("garbage").empty());
}

TEST(OwnDraft, TheOfferNamesWhatMediaListensTo)
{
    const auto codecs = sip::codecsByName("PCMU,opus");
    const auto draft = desk::ownDraft(*base::Endpoint::parse("127.0.0.1:40000"), codecs);
    const auto text = sip::writeSdp(draft);
    const auto parsed = sip::parseSdp(text);
    ASSERT_NE(parsed.audio(), nullptr);
    EXPECT_EQ(parsed.audio()->endpoint()->text(), "127.0.0.1:40000");
    const auto maps = desk::payloadMaps(codecs);
    ASSERT_EQ(maps.size(), 2U);
    for (const auto &map : maps) {
        const auto *format = parsed.audio()->format(map.payloadType);
        ASSERT_NE(format, nullptr);
        EXPECT_EQ(format->map.encoding, map.encoding);
        EXPECT_EQ(format->map.clock, map.clock);
    }
}

TEST(Offer, WhatWillNotBeHeardIsSaidBefore)
{
    const std::vector<media::Media::CodecCheck> checks{{"PCMU", true, ""},
                                                       {"G729", false, "gstreamer1.0-libav"}};
    const auto codecs = sip::codecsByName("PCMU,G729,iLBC,telephone-event,CN");
    const auto said = desk::unheard(codecs, checks);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_NE(said[0].find("install the package gstreamer1.0-libav"), std::string::npos) << said[0];
    EXPECT_NE(said[1].find("iLBC"), std::string::npos) << said[1];
    EXPECT_TRUE(desk::checkCodecs("G722,GSM,L16/16000"));
    EXPECT_FALSE(desk::checkCodecs("G722/16000"));
}

} // namespace
