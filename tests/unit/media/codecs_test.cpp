// SPDX-License-Identifier: Apache-2.0
// Each codec from RTP on the socket to a recording, and back out of the sender.
#include "media_fixture.h"

#include <media/codecs.h>
#include <media/decoder.h>
#include <media/encoder.h>
#include <media/samples.h>
#include <media/sender.h>
#include <rtp/rtp_packet.h>
#include <rtp/voice.h>

namespace {

struct Case {
    media::PayloadMap map;
    std::uint32_t step; // RTP clock in 20 ms
};
const std::vector<Case> kCases{{{9, "G722", 8000, 1}, 160},  {{3, "GSM", 8000, 1}, 160},
                               {{11, "L16", 44100, 1}, 882}, {{97, "L16", 16000, 1}, 320},
                               {{98, "L16", 8000, 2}, 160},  {{0, "PCMU", 8000, 1}, 160}};

class Codecs : public MediaTest
{
protected:
    /// Packets of a tone, paced, until half a second of it is recorded.
    void hear(const Case &each)
    {
        request.receive = {each.map};
        open();
        layer->record(prepared.media, folder, "heard");
        support::RtpSource peer(7);
        layer->remote(prepared.media, remote("peer", peer));
        media::Sender sender(each.map, prepared.rtp, *media::makeEncoder(each.map),
                             media::tone(440, (*media::makeEncoder(each.map))->rate()), 1);
        const auto begin = std::chrono::steady_clock::now();
        const bool heard = support::stepUntil(
            [&] {
                const auto is = status();
                return is.heard.contains("peer") && !is.heard.at("peer").back().hertz.empty() &&
                       is.packets > 50;
            },
            30s,
            [&] {
                const auto now = std::chrono::steady_clock::now() - begin + 1s;
                if (sender.due() <= now)
                    sender.run(now, [&](const base::Endpoint &to, std::string_view bytes) {
                        EXPECT_LE(bytes.size(), 1300U);
                        peer.raw(to, bytes);
                        return true;
                    });
            });
        ASSERT_TRUE(heard) << each.map.encoding << " " << status().packets << status().notice;
        const auto is = status();
        EXPECT_EQ(is.codec, each.map.encoding + "/" + std::to_string(each.map.clock));
        EXPECT_EQ(is.lost, 0U);
        EXPECT_LT(is.jitter, base::Duration(20ms)) << each.map.encoding; // the clock is right
        const auto &sound = is.heard.at("peer").back();
        EXPECT_NEAR(sound.hertz[0], 440, 4) << each.map.encoding;
        EXPECT_NEAR(sound.level, -10, 1.5) << each.map.encoding;
        layer->release(prepared.media);
        layer.reset();
    }
};

TEST_F(Codecs, AToneIsHeardThroughEachOfThem)
{
    for (const Case &each : kCases) {
        hear(each);
        ASSERT_FALSE(HasFatalFailure()) << each.map.encoding;
    }
}

TEST(Codec, TheSenderCountsInItsClock)
{
    for (const Case &each : kCases) {
        auto encoder = media::makeEncoder(each.map);
        ASSERT_TRUE(encoder) << each.map.encoding;
        EXPECT_EQ((*encoder)->clockStep(), each.step) << each.map.encoding;
        std::uint32_t units = 0;
        (*encoder)->encode(std::vector<std::int16_t>((*encoder)->rate() / 50),
                           [&](std::string_view payload, std::uint32_t step) {
                               EXPECT_LE(payload.size(), 1280U);
                               units += step;
                           });
        EXPECT_EQ(units, each.step) << each.map.encoding;
    }
    EXPECT_FALSE(media::makeEncoder({18, "G729", 8000, 1}));
    EXPECT_FALSE(media::makeEncoder({97, "L16", 11025, 1})); // no whole samples in 20 ms
}

TEST(Codec, ThoseOfOurOwnNeedNoPackage)
{
    ASSERT_TRUE(media::startGStreamer());
    for (const char *name : {"G722", "gsm", "L16"}) {
        const auto *codec = media::codecNamed(name);
        ASSERT_NE(codec, nullptr) << name;
        EXPECT_EQ(media::missingPackage(*codec), nullptr) << name;
    }
    const auto *const g729 = media::codecNamed("G729");
    ASSERT_NE(g729, nullptr);
    const char *const package = media::missingPackage(*g729); // in whichever machine this runs
    EXPECT_TRUE(package == nullptr || std::string_view(package) == "gstreamer1.0-libav");
}

// A call may end while a packet is being decoded on GStreamer's own thread.
TEST(Codec, ADecoderEndsWhileItDecodes)
{
    ASSERT_TRUE(media::startGStreamer());
    for (const Case &each : kCases) {
        const auto *codec = media::codecNamed(each.map.encoding);
        ASSERT_NE(codec, nullptr);
        const auto encoder = media::makeEncoder(each.map);
        ASSERT_TRUE(encoder);
        rtp::RtpPacket packet;
        packet.payloadType = each.map.payloadType;
        std::string payload;
        (*encoder)->encode(std::vector<std::int16_t>((*encoder)->rate() / 50),
                           [&](std::string_view bytes, std::uint32_t) { payload += bytes; });
        packet.payload = payload;
        for (int round = 0; round < 40; ++round) {
            base::Inbox<media::DecodedAudio> heard(4096);
            auto decoder = media::Decoder::make(*codec, each.map, 1, heard);
            ASSERT_TRUE(decoder) << decoder.error().sentence;
            for (int i = 0; i < 400; ++i) {
                packet.sequence = static_cast<std::uint16_t>(i);
                packet.timestamp = static_cast<std::uint32_t>(i) * each.step;
                ASSERT_TRUE((*decoder)->push(rtp::writeRtp(packet), base::now()));
                if (i > 10 && heard.size() > static_cast<std::size_t>(round))
                    break; // its thread is at work
            }
            decoder->reset();
        }
    }
}

} // namespace
