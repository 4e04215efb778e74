// SPDX-License-Identifier: Apache-2.0
#include <rtp/ear.h>

#include <gtest/gtest.h>
#include <rtp/g711.h>
#include <support/sounds.h>

namespace {

using namespace std::chrono_literals;
using rtp::Sound;

void feed(rtp::Ear &ear, const support::Sound &sound, std::uint32_t rate = 8000,
          std::size_t packet = 160)
{
    const auto samples = support::pcm(sound);
    for (std::size_t at = 0; at < samples.size(); at += packet)
        ear.add(std::span(samples).subspan(at, std::min(packet, samples.size() - at)), rate);
}

support::Sound ring(double seconds, double rate = 8000)
{
    return support::atLevel(support::tones({425}, {1, 4}, seconds, rate), -18);
}

TEST(Ear, NothingWasHeardYet)
{
    const rtp::Ear ear;
    EXPECT_EQ(ear.heard().what, Sound::Unknown);
    EXPECT_EQ(ear.heard().confidence, 0);
    EXPECT_TRUE(ear.parts().empty());
}

TEST(Ear, MeasuresARingback)
{
    rtp::Ear ear;
    feed(ear, ring(12));
    const auto heard = ear.heard();
    EXPECT_EQ(heard.what, Sound::Ringback) << describe(heard);
    ASSERT_EQ(heard.hertz.size(), 1U);
    EXPECT_NEAR(heard.hertz[0], 425, 2);
    EXPECT_NEAR(heard.level, -18, 0.5);
    ASSERT_EQ(heard.cadence.size(), 2U);
    EXPECT_NEAR(base::toSeconds(heard.cadence[0]), 1, 0.02);
    EXPECT_NEAR(base::toSeconds(heard.cadence[1]), 4, 0.02);
    EXPECT_NE(std::find(heard.countries.begin(), heard.countries.end(), "DE"),
              heard.countries.end());
    EXPECT_EQ(std::find(heard.countries.begin(), heard.countries.end(), "US"),
              heard.countries.end());
    EXPECT_GT(heard.confidence, 0.8);
    EXPECT_TRUE(heard.settled);
    EXPECT_NE(describe(heard).find("ringback, 425 Hz, 1.00/4.00 s, as in"), std::string::npos)
        << describe(heard);
}

TEST(Ear, TellsTwoTonesThirtyHertzApart)
{
    rtp::Ear ear;
    feed(ear, support::atLevel(support::tones({440, 480}, {2, 4}, 7), -20));
    auto heard = ear.heard();
    ASSERT_EQ(heard.hertz.size(), 2U) << describe(heard);
    std::sort(heard.hertz.begin(), heard.hertz.end());
    EXPECT_NEAR(heard.hertz[0], 440, 3);
    EXPECT_NEAR(heard.hertz[1], 480, 3);
    EXPECT_EQ(heard.countries, (std::vector<std::string_view>{"CA", "US"}));
}

TEST(Ear, KnowsARingWithinThreeSecondsOfItsStart)
{
    for (const std::vector<double> &cadence : {std::vector<double>{1, 4}, std::vector<double>{2, 4},
                                               std::vector<double>{0.4, 0.2, 0.4, 2}}) {
        rtp::Ear ear;
        feed(ear, support::atLevel(support::tones({425}, cadence, 3), -25));
        EXPECT_EQ(ear.now().what, Sound::Ringback) << cadence[0] << ": " << describe(ear.now());
    }
}

TEST(Ear, NeverTakesARunningToneForSilence)
{
    rtp::Ear ear;
    const auto samples = support::pcm(ring(11));
    for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
        ear.add(std::span(samples).subspan(at, 160), 8000);
        const auto heard = ear.heard();
        ASSERT_FALSE(at > 1600 && rtp::isQuiet(heard.what)) << at << ": " << describe(heard);
    }
}

TEST(Ear, HearsAlikeAtEveryRate)
{
    for (const std::uint32_t rate : {8000U, 16000U, 24000U, 32000U, 44100U, 48000U}) {
        rtp::Ear ear;
        feed(ear, ring(7, rate), rate, rate / 50);
        const auto heard = ear.heard();
        EXPECT_EQ(heard.what, Sound::Ringback) << rate << ": " << describe(heard);
        ASSERT_FALSE(heard.hertz.empty()) << rate;
        EXPECT_NEAR(heard.hertz[0], 425, 3) << rate;
        EXPECT_NEAR(heard.level, -18, 1) << rate;
        EXPECT_NEAR(base::toSeconds(ear.length()), 7, 0.05) << rate;
    }
}

TEST(Ear, WhatLiesAboveTheTelephoneBandDoesNotFoldIntoIt)
{
    rtp::Ear ear;
    feed(ear, support::atLevel(support::tones({8000 - 425}, {}, 3, 48000), -10), 48000, 960);
    EXPECT_EQ(ear.heard().what, Sound::Silence) << describe(ear.heard());
}

TEST(Ear, TellsOnePartAfterAnother)
{
    rtp::Ear ear;
    feed(ear, support::Sound(16000, 0));
    feed(ear, ring(11));
    feed(ear, support::atLevel(support::speech(6, 5), -22));
    feed(ear, support::atLevel(support::tones({425}, {0.5, 0.5}, 5), -18));
    std::vector<Sound> kinds;
    std::string text;
    for (const auto &part : ear.parts()) {
        if (kinds.empty() || kinds.back() != part.what)
            kinds.push_back(part.what);
        text += describe(part) + "\n";
    }
    EXPECT_EQ(kinds, (std::vector{Sound::Silence, Sound::Ringback, Sound::Speech, Sound::Busy}))
        << text;
    EXPECT_EQ(ear.heard().what, Sound::Ringback) << "it sounded longest";
    EXPECT_EQ(ear.now().what, Sound::Busy);
}

TEST(Ear, AToneThatStopsStaysWhatItWas)
{
    rtp::Ear ear;
    feed(ear, support::atLevel(support::tones({425}, {0.5, 0.5}, 6), -18));
    feed(ear, support::Sound(8000 * 12, 0));
    EXPECT_EQ(ear.heard().what, Sound::Busy) << describe(ear.heard());
    EXPECT_EQ(ear.now().what, Sound::Silence) << describe(ear.now());
}

TEST(Ear, QuietIsSilenceUnlessTheSenderSaysComfortNoise)
{
    rtp::Ear silent, comfort;
    silent.quiet(6s);
    comfort.quiet(6s, -70);
    EXPECT_EQ(silent.heard().what, Sound::Silence);
    EXPECT_EQ(comfort.heard().what, Sound::ComfortNoise);
    EXPECT_GT(silent.heard().confidence, 0.9);
}

TEST(Ear, ABeepIsNoRingback)
{
    rtp::Ear ear;
    feed(ear, support::atLevel(support::tones({1000}, {}, 0.3), -12));
    feed(ear, support::Sound(8000 * 4, 0));
    EXPECT_EQ(ear.heard().what, Sound::Tone) << describe(ear.heard());
}

TEST(Ear, ALostPacketBreaksNoRhythm)
{
    rtp::Ear ear;
    const auto samples = support::pcm(ring(11));
    for (std::size_t at = 0, packet = 0; at + 160 <= samples.size(); at += 160, ++packet) {
        if (packet % 25 == 7)
            ear.quiet(20ms);
        else
            ear.add(std::span(samples).subspan(at, 160), 8000);
    }
    EXPECT_EQ(ear.heard().what, Sound::Ringback) << describe(ear.heard());
}

TEST(Ear, ManyPartsStayBounded)
{
    rtp::Ear ear;
    for (int i = 0; i < 200; ++i) {
        feed(ear, support::atLevel(support::tones({i % 2 == 0 ? 620.0 : 1100.0}, {}, 0.4), -18));
        feed(ear, support::Sound(8000 * 2, 0));
    }
    EXPECT_LE(ear.parts().size(), 65U);
}

TEST(Ear, RefusesRatesItCannotJudge)
{
    rtp::Ear ear;
    const std::vector<std::int16_t> samples(4000, 1000);
    ear.add(samples, 0);
    ear.add(samples, 4000);
    ear.add(samples, 4'000'000'000U);
    EXPECT_EQ(ear.length().count(), 0);
}

TEST(G711, BothWaysGiveTheSameCodeBack)
{
    for (unsigned code = 0; code < 256; ++code) {
        const auto mu = static_cast<std::int16_t>(rtp::muLawSample(code));
        const auto a = static_cast<std::int16_t>(rtp::aLawSample(code));
        EXPECT_EQ(mu == 0 ? code : rtp::muLawCode(mu), code); // there are two zeros
        EXPECT_EQ(rtp::aLawCode(a), code);
    }
    EXPECT_EQ(rtp::muLawSample(0x80), 32124);
    EXPECT_EQ(rtp::muLawSample(0x00), -32124);
    EXPECT_EQ(rtp::aLawSample(0xAA), 32256);
    EXPECT_EQ(rtp::aLawSample(0x2A), -32256);
}

} // namespace
