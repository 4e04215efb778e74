// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <media/level_meter.h>
#include <media/samples.h>
#include <media/tone.h>
#include <numbers>
#include <rtp/rtp_packet.h>

namespace {

std::string little(std::uint32_t value, int width)
{
    std::string out;
    for (int i = 0; i < width; ++i)
        out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
}

std::string wav(std::uint32_t kind, std::uint32_t channels, std::uint32_t rate, std::uint32_t bits,
                const std::string &data)
{
    const std::string format = little(kind, 2) + little(channels, 2) + little(rate, 4) +
                               little(rate * channels * bits / 8, 4) +
                               little(channels * bits / 8, 2) + little(bits, 2);
    return "RIFF" + little(static_cast<std::uint32_t>(36 + data.size()), 4) + "WAVEfmt " +
           little(16, 4) + format + "data" + little(static_cast<std::uint32_t>(data.size()), 4) +
           data;
}

TEST(ReadWav, KnowsTheUsualSampleFormats)
{
    const auto eight = media::parseWav(wav(1, 1, 8000, 8, std::string("\x80\xff\x00", 3)), "f");
    ASSERT_TRUE(eight);
    EXPECT_EQ(eight->mono, (std::vector<std::int16_t>{0, 32512, -32768}));
    const auto stereo =
        media::parseWav(wav(1, 2, 44100, 16, little(1000, 2) + little(3000, 2)), "f");
    ASSERT_TRUE(stereo);
    EXPECT_EQ(stereo->mono, (std::vector<std::int16_t>{2000}));
    EXPECT_EQ(stereo->rate, 44100U);
    const auto wide =
        media::parseWav(wav(1, 1, 48000, 24, std::string("\x00\x00\x40\x00\x00\xc0", 6)), "f");
    ASSERT_TRUE(wide);
    EXPECT_EQ(wide->mono, (std::vector<std::int16_t>{16384, -16384}));
    const float half = 0.5F;
    std::string raw(4, '\0');
    std::memcpy(raw.data(), &half, 4);
    const auto real = media::parseWav(wav(3, 1, 16000, 32, raw), "f");
    ASSERT_TRUE(real);
    EXPECT_EQ(real->mono, (std::vector<std::int16_t>{16383}));
}

TEST(ReadWav, SurvivesEveryCutAndEveryFlippedByte)
{
    const std::string good = wav(1, 2, 8000, 16, std::string(64, 'a'));
    for (std::size_t n = 0; n < good.size(); ++n) {
        const auto cut = media::parseWav(std::string_view(good).substr(0, n), "f");
        if (!cut) {
            EXPECT_NE(cut.error().sentence.find("f cannot be sent"), std::string::npos);
        }
        for (const int flip : {0x01, 0x80, 0xff}) {
            std::string bad = good;
            bad[n] = static_cast<char>(bad[n] ^ flip);
            const auto read = media::parseWav(bad, "f");
            EXPECT_TRUE(!read || read->mono.size() <= 64);
        }
    }
    EXPECT_FALSE(media::parseWav("RIFF....WAVE", "f"));
    EXPECT_FALSE(media::readWav("/nonexistent/x.wav"));
}

TEST(Resample, KeepsAToneATone)
{
    std::vector<std::int16_t> in(48000);
    media::tone(440, 48000)->fill(in);
    const auto down = media::resample(in, 48000, 8000);
    ASSERT_EQ(down.size(), 8000U);
    EXPECT_NEAR(media::levelOf(down), media::levelOf(in), 0.3);
    int crossings = 0;
    for (std::size_t i = 1; i < down.size(); ++i)
        crossings += down[i - 1] < 0 && down[i] >= 0 ? 1 : 0;
    EXPECT_NEAR(crossings, 440, 1);
    EXPECT_EQ(media::resample(down, 8000, 48000).size(), 48000U);
    EXPECT_TRUE(media::resample({}, 8000, 48000).empty());
}

TEST(Voice, NoiseIsQuietAToneIsLoudAFileEndsInNoise)
{
    std::vector<std::int16_t> frame(8000);
    media::comfortNoise(7)->fill(frame);
    EXPECT_NEAR(media::levelOf(frame), -66, 1);
    media::tone(440, 8000)->fill(frame);
    EXPECT_NEAR(media::levelOf(frame), -10, 0.2);
    const auto file =
        media::recorded(std::make_shared<const std::vector<std::int16_t>>(100, std::int16_t{9000}));
    file->fill(frame);
    EXPECT_EQ(frame[99], 9000);
    EXPECT_LT(std::abs(static_cast<int>(frame[100])), 100);
    EXPECT_NE(*std::max_element(frame.begin() + 100, frame.end()),
              0); // still noise, not digital silence
}

TEST(LevelMeter, TellsRootMeanSquareInDecibel)
{
    media::LevelMeter meter;
    EXPECT_EQ(meter.level(), media::kFloorLevel);
    std::vector<std::int16_t> square(1600, 32767);
    meter.add(square, 8000);
    EXPECT_NEAR(meter.level(), 0, 0.01);
    EXPECT_NEAR(meter.peak(), 0, 0.01);
    EXPECT_EQ(meter.waveform().size(), 10U);
    meter.add(std::vector<std::int16_t>(800, 0), 8000);
    EXPECT_EQ(meter.level(), media::kFloorLevel); // 100 ms of silence
    EXPECT_NEAR(meter.waveform().front(), 0, 0.01);
    EXPECT_NEAR(meter.mean(), 10 * std::log10(2.0 / 3), 0.01);
    for (int i = 0; i < 20; ++i)
        meter.add(std::vector<std::int16_t>(48000, 3276), 48000);
    EXPECT_EQ(meter.waveform().size(), 512U); // the newest only
    EXPECT_NEAR(meter.waveform().front(), -20, 0.01);
}

TEST(Voice, RingbackHasItsCountrysCadence)
{
    struct Case {
        const char *country;
        std::vector<std::pair<double, bool>> at; // seconds, sounds
    };
    const std::vector<Case> cases{
        {"DE", {{0.5, true}, {1.5, false}, {4.5, false}, {5.5, true}}},
        {"GB", {{0.2, true}, {0.5, false}, {0.8, true}, {2, false}, {3.2, true}}},
        {"US", {{1, true}, {3, false}, {7, true}}}};
    for (const Case &each : cases) {
        auto voice = media::ringback(each.country, 8000);
        ASSERT_TRUE(voice) << each.country;
        std::vector<std::int16_t> samples(8 * 8000);
        voice->fill(samples);
        for (const auto &[at, sounds] : each.at) {
            const auto from = static_cast<std::ptrdiff_t>(at * 8000);
            const std::vector<std::int16_t> piece(samples.begin() + from - 400,
                                                  samples.begin() + from + 400);
            EXPECT_NEAR(media::levelOf(piece), sounds ? -16 : -96, 3) << each.country << " " << at;
        }
    }
    EXPECT_FALSE(media::ringback("XX", 8000));
    EXPECT_FALSE(media::ringback("", 8000));
}

} // namespace
