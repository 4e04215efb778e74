// SPDX-License-Identifier: Apache-2.0
// Each codec from RTP on the socket to a recording, and back out of the sender.
#include "media_fixture.h"

#include <media/codecs.h>
#include <media/encoder.h>
#include <media/samples.h>
#include <media/sender.h>
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
        media::Sender sender(each.map.payloadType, prepared.rtp, *media::makeEncoder(each.map),
                             media::tone(440, (*media::makeEncoder(each.map))->rate()), 1);
        const auto begin = std::chrono::steady_clock::now();
        const bool heard = support::stepUntil(
            [&] {
                const auto is = status();
                return is.heard.contains("peer") && !is.heard.at("peer").hertz.empty() &&
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
        const auto &sound = is.heard.at("peer");
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

} // namespace
