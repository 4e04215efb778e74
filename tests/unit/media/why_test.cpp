// SPDX-License-Identifier: Apache-2.0
// Why the caller hears what is heard, said by the media that plays it.
#include "media_fixture.h"

#include <rtp/rtcp_write.h>
#include <rtp/rtp_packet.h>

namespace {

/// Packets of one payload type, 20 ms apart, until the condition holds.
class Why : public MediaTest
{
protected:
    bool comes(std::uint8_t type, std::string_view payload, const std::function<bool()> &condition)
    {
        auto due = std::chrono::steady_clock::now();
        return support::stepUntil(condition, 20s, [&] {
            if (std::chrono::steady_clock::now() < due)
                return;
            due += 20ms;
            rtp::RtpPacket packet;
            packet.ssrc = 0xABCD;
            packet.payloadType = type;
            packet.sequence = m_sequence++;
            packet.timestamp = packet.sequence * 160U;
            packet.payload = payload;
            source.raw(prepared.rtp, rtp::writeRtp(packet));
        });
    }
    bool says(std::string_view words) const
    {
        return status().why.find(words) != std::string::npos;
    }
    support::RtpSource source{0x77};

private:
    std::uint16_t m_sequence = 0;
};

TEST_F(Why, ComfortNoiseAloneIsMediaAndSaidToBeThat)
{
    request.ringback = "DE";
    ASSERT_NO_FATAL_FAILURE(open());
    layer->remote(prepared.media, remote("tag", source));
    layer->progress(prepared.media, "tag", true);
    ASSERT_TRUE(comes(13, "\x40", [&] { return says("So far it is comfort noise."); }))
        << status().why;
    EXPECT_TRUE(says("rule 3")) << status().why;
    EXPECT_FALSE(status().ringing);
    EXPECT_EQ(status().codec, "CN/8000");
    const auto heard = status().heard;
    ASSERT_EQ(heard.count("tag"), 1U);
    EXPECT_EQ(heard.at("tag").back().what, rtp::Sound::ComfortNoise);
    EXPECT_NEAR(heard.at("tag").back().level, -64, 0.5) << "as its packets say (RFC 3389)";
}

TEST_F(Why, SilenceIsSaidAndThenSound)
{
    ASSERT_NO_FATAL_FAILURE(open());
    layer->remote(prepared.media, remote("tag", source));
    ASSERT_TRUE(comes(0, std::string(160, '\xFF'), [&] { return says("So far it is silence."); }))
        << status().why;
    ASSERT_TRUE(sendUntil(source, [&] { return !says("silence"); })) << status().why;
    EXPECT_TRUE(says("Early media")) << status().why;
}

TEST_F(Why, AWrongPayloadTypeIsNamed)
{
    ASSERT_NO_FATAL_FAILURE(open());
    layer->remote(prepared.media, remote("tag", source));
    const std::string payload(33, '\0');
    ASSERT_TRUE(comes(97, payload, [&] { return says("packets of payload type 97 come"); }))
        << status().why;
    EXPECT_TRUE(says("Nothing is heard") && says("rule 1")) << status().why;
    layer->answered(prepared.media);
    EXPECT_TRUE(comes(97, payload, [&] { return says("nothing of it is heard"); })) << status().why;
}

TEST_F(Why, WhatEndsWithItsDialogIsSaidThenAndNotASecondLater)
{
    ASSERT_NO_FATAL_FAILURE(open());
    layer->remote(prepared.media, remote("tag", source));
    ASSERT_TRUE(sendUntil(source, [&] { return says("Early media"); })) << status().why;
    layer->ended(prepared.media, "tag"); // a 199
    ASSERT_TRUE(support::stepUntil([&] { return says("Nothing is heard"); })) << status().why;
    EXPECT_LT(base::toMilliseconds(status().whySince - status().lastPacket), 900);
}

TEST_F(Why, AnAnswerThatLetsThePeerSendNothingIsSaid)
{
    ASSERT_NO_FATAL_FAILURE(open());
    auto refused = remote("tag", source);
    refused.theyMaySend = refused.weMaySend = false;
    layer->remote(prepared.media, refused);
    layer->choose(prepared.media, "tag");
    layer->answered(prepared.media);
    EXPECT_TRUE(support::stepUntil([&] { return says("lets the peer send nothing"); }))
        << status().why;
}

TEST_F(Why, WhatIsNotAllowedIsSaid)
{
    ASSERT_NO_FATAL_FAILURE(open());
    layer->permit(prepared.media, "tag", {false, false});
    layer->remote(prepared.media, remote("tag", source));
    ASSERT_TRUE(sendUntil(source, [&] { return says("P-Early-Media does not let it be heard"); }))
        << status().why;
}

TEST_F(Why, NobodySaysThatNothingComesBeforeItCould)
{
    ASSERT_NO_FATAL_FAILURE(open());
    layer->remote(prepared.media, remote("tag", source));
    bool nothing = false;
    ASSERT_TRUE(sendUntil(source, [&] {
        nothing = nothing || says("Nothing is heard");
        return says("Early media");
    })) << status().why;
    EXPECT_FALSE(nothing);
    layer->ended(prepared.media, "tag"); // a 199: what was heard is over, and that is said
    EXPECT_TRUE(
        support::stepUntil([&] { return says("Nothing is heard: no media comes"); }, 20s, [] {}))
        << status().why;
}

TEST_F(Why, WhatWasChosenByHandIsSaidToBe)
{
    request.ringback = "DE";
    ASSERT_NO_FATAL_FAILURE(open());
    layer->progress(prepared.media, "a", true);
    layer->remote(prepared.media, remote("c", source));
    ASSERT_TRUE(sendUntil(source, [&] { return says("rule 3"); })) << status().why;
    layer->choose(prepared.media, "a"); // of which no media comes
    ASSERT_TRUE(sendUntil(source, [&] { return status().ringing && says("chosen by hand"); }))
        << status().why;
    EXPECT_TRUE(says("(To-tag a)") && says("no media of it comes")) << status().why;
    layer->choose(prepared.media, "c");
    ASSERT_TRUE(sendUntil(source, [&] { return says("Early media (To-tag c)"); }));
    EXPECT_TRUE(says("chosen by hand") && !says("rule 3")) << status().why;
    layer->answered(prepared.media);
    ASSERT_TRUE(sendUntil(source, [&] { return says("The call is answered"); }));
    EXPECT_FALSE(says("by hand")) << status().why;
}

TEST_F(Why, AProvisionalResponseWithoutADescriptionIsSilence)
{
    request.ringback = "DE";
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_TRUE(status().why.empty()) << status().why;
    layer->progress(prepared.media, "tag", false); // a 183
    ASSERT_TRUE(support::stepUntil([&] { return says("Nothing is heard"); }));
    EXPECT_TRUE(says("nor has a response described any") && says("rule 1")) << status().why;
    EXPECT_FALSE(status().ringing);
    layer->progress(prepared.media, "tag", true);
    ASSERT_TRUE(support::stepUntil([&] { return says("Local ringback"); }));
}

TEST_F(Why, ThePeersOwnNumberIsToldApart)
{
    ASSERT_NO_FATAL_FAILURE(open());
    auto answer = remote("tag", source);
    answer.send = {{111, "opus", 48000, 2}}; // it listens to 111; we offered 96
    layer->remote(prepared.media, answer);
    ASSERT_TRUE(comes(111, std::string(20, 'x'), [&] { return says("payload type 111"); }))
        << status().why;
    EXPECT_TRUE(says("the peer's own description names and ours does not")) << status().why;
}

TEST_F(Why, RtcpThatSpeaksOfSendingIsSaid)
{
    ASSERT_NO_FATAL_FAILURE(open());
    auto answer = remote("tag", source);
    answer.mux = true;
    layer->remote(prepared.media, answer);
    rtp::SenderInfo info;
    info.ssrc = 0xBEEF;
    ASSERT_TRUE(support::stepUntil([&] { return says("Nothing is heard: no media comes,"); }));
    EXPECT_FALSE(says("RTCP")) << status().why;
    ASSERT_TRUE(support::stepUntil([&] { return says("says by RTCP that it sends"); }, 20s,
                                   [&] {
                                       info.packets += 50;
                                       source.raw(prepared.rtp,
                                                  rtp::writeReport(info, {}, "peer", false));
                                   }))
        << status().why;
}

TEST_F(Why, ADescriptionThatSaysItSendsNothingIsNamedWhereMediaComes)
{
    ASSERT_NO_FATAL_FAILURE(open());
    auto answer = remote("tag", source);
    answer.theyMaySend = false;
    layer->remote(prepared.media, answer);
    ASSERT_TRUE(sendUntil(source, [&] { return says("Early media"); })) << status().why;
    EXPECT_TRUE(says("says that it sends nothing")) << status().why;
    layer->choose(prepared.media, "tag");
    layer->answered(prepared.media);
    ASSERT_TRUE(sendUntil(source, [&] { return says("The call is answered"); }));
    EXPECT_TRUE(says("though its description says that it sends nothing")) << status().why;
}

TEST_F(Why, AnOfferThatNothingAnsweredYetGetsNothing)
{
    request.sending.kind = media::SendKind::Tone;
    ASSERT_NO_FATAL_FAILURE(open());
    auto offer = remote("tag", source);
    offer.unanswered = true;
    layer->remote(prepared.media, offer);
    ASSERT_TRUE(support::stepUntil([&] { return says("nothing has told the callee our address"); }))
        << status().why;
    EXPECT_EQ(status().sent, 0U);
    layer->remote(prepared.media, remote("tag", source)); // the 200, and our ACK
    EXPECT_TRUE(support::stepUntil([&] { return status().sent > 3; }));
}

} // namespace
