// SPDX-License-Identifier: Apache-2.0
#include <rtp/g729.h>
#include <rtp/voice.h>

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <rtp/g711.h>

namespace {

std::vector<std::int16_t> sine(double hertz, std::uint32_t rate, double seconds, double peak)
{
    std::vector<std::int16_t> out(static_cast<std::size_t>(rate * seconds));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::int16_t>(std::lround(
            peak * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate)));
    return out;
}

/// What is left of a sine after its best fit is taken away, against the sine, in dB.
double noiseBelow(const std::vector<std::int16_t> &heard, double hertz, std::uint32_t rate)
{
    double sine = 0, cosine = 0, energy = 0;
    const std::size_t begin = heard.size() / 4; // the codec has adapted by then
    const auto n = static_cast<double>(heard.size() - begin);
    for (std::size_t i = begin; i < heard.size(); ++i) {
        const double at = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
        sine += heard[i] * std::sin(at);
        cosine += heard[i] * std::cos(at);
        energy += heard[i] * heard[i];
    }
    const double fitted = 2 * (sine * sine + cosine * cosine) / n;
    return 10 * std::log10(fitted / std::max(1e-9, energy - fitted));
}

std::vector<std::int16_t> through(const rtp::VoiceFormat &format,
                                  const std::vector<std::int16_t> &samples)
{
    const auto encoder = rtp::voiceEncoder(format);
    const auto decoder = rtp::voiceDecoder(format);
    std::vector<std::int16_t> out;
    for (std::size_t at = 0; at + 320 <= samples.size(); at += 320)
        decoder->decode(encoder->encode(std::span(samples).subspan(at, 320)), out);
    return out;
}

TEST(Voice, ASineComesThroughEachCodec)
{
    struct Case {
        rtp::VoiceFormat format;
        double hertz, below; // noise: G.722's quantisers give 6 and 2 bits to its two bands
    };
    const Case cases[] = {
        {{"PCMU"}, 1000, 34}, {{"PCMA"}, 1000, 34},         {{"G722"}, 440, 30},
        {{"G722"}, 1000, 30}, {{"G722"}, 3000, 25},         {{"G722"}, 6000, 12},
        {{"GSM"}, 440, 10},   {{"L16", 8000, 1}, 1000, 70}, {{"l16", 44100, 2}, 441, 70}};
    for (const Case &each : cases) {
        const std::uint32_t rate = rtp::voiceEncoder(each.format)->rate();
        const auto heard = through(each.format, sine(each.hertz, rate, 2, 12000));
        EXPECT_GT(noiseBelow(heard, each.hertz, rate), each.below)
            << each.format.encoding << " " << each.hertz;
        double energy = 0;
        for (std::size_t i = heard.size() / 2; i < heard.size(); ++i)
            energy += heard[i] * heard[i];
        const double peak = std::sqrt(4 * energy / static_cast<double>(heard.size()));
        EXPECT_NEAR(peak / 12000, 1, 0.08) << each.format.encoding << " " << each.hertz;
    }
}

TEST(Voice, SizesAreThoseOfRfc3551)
{
    const std::vector<std::int16_t> frame(320);
    EXPECT_EQ(rtp::voiceEncoder({"G722"})->encode(frame).size(), 160U); // 20 ms of 16 kHz
    EXPECT_EQ(rtp::voiceEncoder({"GSM"})->encode(frame).size(), 66U);   // two frames
    EXPECT_EQ(rtp::voiceEncoder({"GSM"})->encode(frame)[0] >> 4 & 0xF, 0xD);
    EXPECT_EQ(rtp::voiceEncoder({"L16", 16000, 1})->encode(frame).size(), 640U);
    const std::vector<std::int16_t> two{0x1234, -2};
    EXPECT_EQ(rtp::voiceEncoder({"L16", 8000, 1})->encode(two), "\x12\x34\xFF\xFE");
}

TEST(Voice, WhatACodecCannotBeIsRefused)
{
    EXPECT_FALSE(rtp::voiceDecoder({"opus", 48000, 1})); // RFC 7587 section 7: always "/2"
    EXPECT_FALSE(rtp::voiceEncoder({"opus", 48000, 2}));
    EXPECT_FALSE(rtp::voiceDecoder({"CN", 8000, 1}));
    EXPECT_FALSE(rtp::voiceDecoder({"G729"}));
    EXPECT_FALSE(rtp::voiceDecoder({"G722", 16000, 1}));
    EXPECT_FALSE(rtp::voiceDecoder({"PCMU", 8000, 2}));
    EXPECT_FALSE(rtp::voiceDecoder({"L16", 0, 1}));
    EXPECT_FALSE(rtp::voiceDecoder({"L16", 8000, 0}));
    EXPECT_FALSE(rtp::voiceDecoder({"", 8000, 1}));
    EXPECT_FALSE(rtp::staticVoice(4));
    EXPECT_EQ(rtp::staticVoice(18), rtp::kG729);
    EXPECT_FALSE(rtp::voiceDecoder(rtp::kG729)) << "that is for who has one";
    EXPECT_FALSE(rtp::staticVoice(96));
}

TEST(Voice, DamagedPayloadsDoNoHarm)
{
    std::uint32_t random = 1;
    for (const auto &format :
         {rtp::VoiceFormat{"G722"}, {"GSM"}, {"L16", 44100, 2}, {"PCMA"}, {"opus", 48000, 2}}) {
        const auto decoder = rtp::voiceDecoder(format);
        std::vector<std::int16_t> out;
        for (int round = 0; round < 2000; ++round) {
            std::string bytes(random >> 8 & 127, '\0');
            for (auto &c : bytes) {
                random = random * 1664525 + 1013904223;
                c = static_cast<char>(random >> 24);
            }
            random = random * 1664525 + 1013904223;
            decoder->decode(bytes, out);
        }
        decoder->decode("", out);
        EXPECT_LT(out.size(), 2000U * 128 * 5);
    }
}

/// ITU-T G.711 read the other way round, from its definition.
int muLawValue(std::uint8_t code)
{
    const int c = ~code & 0xFF;
    const int magnitude = (((c & 0x0F) * 2 + 33) << (((c >> 4) & 7) + 2)) - 132;
    return (c & 0x80) != 0 ? -magnitude : magnitude;
}

int aLawValue(std::uint8_t code)
{
    const int c = code ^ 0x55;
    const int exponent = (c >> 4) & 7, mantissa = c & 0x0F;
    const int magnitude =
        exponent == 0 ? mantissa * 16 + 8 : (mantissa * 16 + 264) << (exponent - 1);
    return (c & 0x80) != 0 ? magnitude : -magnitude;
}

TEST(G711, EverySampleIsWithinItsStep)
{
    for (int s = -32768; s <= 32767; ++s) {
        const auto sample = static_cast<std::int16_t>(s);
        const int magnitude = std::abs(s);
        const int step = std::max(16, magnitude / 16);
        ASSERT_LE(std::abs(aLawValue(rtp::aLawCode(sample)) - s), step) << s;
        if (magnitude <= 32124) { // beyond, the law clips
            ASSERT_LE(std::abs(muLawValue(rtp::muLawCode(sample)) - s), step) << s;
        }
    }
    EXPECT_EQ(rtp::muLawCode(0), 0xFF);
    EXPECT_EQ(rtp::aLawCode(0), 0xD5);
}

} // namespace
