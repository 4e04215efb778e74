// SPDX-License-Identifier: Apache-2.0
// Why the caller hears what is heard, said by the media that plays it.
#include "media_fixture.h"

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
    layer->alerting(prepared.media, "tag");
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
    layer->permit(prepared.media, "tag", false);
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

} // namespace
