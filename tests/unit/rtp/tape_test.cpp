// SPDX-License-Identifier: Apache-2.0
#include <rtp/tape.h>

#include <gtest/gtest.h>
#include <rtp/g711.h>
#include <rtp/voice.h>
#include <support/opus_voice.h>
#include <support/sounds.h>

namespace {

using namespace std::chrono_literals;

struct Studio {
    rtp::TapeStock stock = std::make_shared<std::atomic<std::size_t>>(0);
    rtp::Tape tape{stock};
    std::string file; // what a mapped capture would be
    std::shared_ptr<const void> owner = std::make_shared<int>(1);
    base::Instant start{1'700'000'000'000'000'000};
    std::uint32_t timestamp = 0xFFFFFF00U;  // it wraps at once
    std::optional<rtp::VoiceFormat> format; // of what SDP named

    void add(int number, std::uint8_t type, std::string_view payload, bool mapped,
             base::Duration late = 0ms)
    {
        base::Packet packet;
        packet.time = start + number * 20ms + late;
        packet.payload = mapped ? base::Blob::view(owner, payload) : base::Blob::copy(payload);
        rtp::RtpPacket rtp;
        rtp.payloadType = type;
        rtp.timestamp = timestamp + static_cast<std::uint32_t>(number) * 160;
        rtp.payload = mapped ? packet.payload.text() : payload;
        tape.add(packet, rtp, format.value_or(rtp::staticVoice(type).value_or(rtp::VoiceFormat{})));
    }
    /// A ringback; packets whose number `without` names are left out, `first` is the number of the
    /// first.
    void ring(double seconds, bool mapped, const std::function<bool(int)> &without = {})
    {
        const auto samples =
            support::pcm(support::atLevel(support::tones({425}, {1, 4}, seconds), -18));
        file.clear();
        for (const auto sample : samples)
            file += static_cast<char>(rtp::muLawCode(sample));
        for (std::size_t i = 0; (i + 1) * 160 <= file.size(); ++i)
            if (!without || !without(static_cast<int>(i)))
                add(static_cast<int>(i), 0, std::string_view(file).substr(i * 160, 160), mapped);
    }
};

TEST(Tape, IsHeardWhenSomebodyAsks)
{
    for (const bool mapped : {true, false}) {
        Studio studio;
        studio.ring(7, mapped);
        const auto heard = studio.tape.heard(studio.start + 1h);
        ASSERT_TRUE(heard);
        EXPECT_EQ(heard->what, rtp::Sound::Ringback) << describe(*heard);
        EXPECT_NEAR(heard->level, -18, 0.5);
    }
}

/// Twelve seconds of 20 ms each: six of a tone of -20 dBFS, six of silence.
void measured(const char *name, std::uint8_t type, rtp::VoiceFormat format, std::uint32_t rate,
              const std::function<std::string(std::span<const std::int16_t>)> &encode)
{
    Studio studio;
    studio.format = format;
    const auto loud = support::pcm(support::atLevel(support::tones({1000}, {}, 12, rate), -20));
    const std::vector<std::int16_t> quiet(loud.size(), 0);
    const std::size_t frame = rate / 50;
    const int half = 300;
    for (int i = 0; i < 2 * half; ++i) {
        const auto &from = i < half ? loud : quiet;
        studio.add(
            i, type,
            encode(std::span(from).subspan(static_cast<std::size_t>(i % half) * frame, frame)),
            false);
    }
    bool more = false;
    auto levels = studio.tape.loudness(more);
    EXPECT_TRUE(more) << name << ": the window must not wait for all of it";
    while (more)
        levels = studio.tape.loudness(more);
    EXPECT_NEAR(levels.loudest(studio.start + 1s, studio.start + 2s).level, -20, 1.5) << name;
    EXPECT_LT(levels.loudest(studio.start + 8s, studio.start + 9s).level, -60) << name;
    ASSERT_TRUE(studio.tape.digest());
    EXPECT_NEAR(studio.tape.loudness(more).loudest(studio.start, studio.start + 1s).level, -20, 1.5)
        << name;
    EXPECT_FALSE(more) << name;
}

TEST(Tape, LevelsOfOtherCodecsAreMeasuredPieceByPiece)
{
    for (const std::uint8_t type : {9, 3}) {
        const auto format = rtp::staticVoice(type);
        ASSERT_TRUE(format);
        const auto encoder = rtp::voiceEncoder(*format);
        measured(type == 9 ? "G722" : "GSM", type, *format, encoder->rate(),
                 [&](std::span<const std::int16_t> samples) { return encoder->encode(samples); });
    }
    support::OpusVoice opus;
    measured("opus", 111, {"opus", 48000, 2}, support::OpusVoice::kRate,
             [&](std::span<const std::int16_t> samples) { return opus.encode(samples); });
}

TEST(Tape, BytesOfAMappedFileStayThere)
{
    Studio mapped, copied;
    mapped.ring(7, true);
    copied.ring(7, false);
    EXPECT_GT(copied.stock->load(), mapped.stock->load() + 7 * 8000 - 1000);
}

TEST(Tape, WhatCameAfterTheAnswerIsNotAsked)
{
    Studio studio;
    studio.ring(3, true);
    const auto talk = support::pcm(support::atLevel(support::speech(10, 3), -15));
    std::string codes;
    for (const auto sample : talk)
        codes += static_cast<char>(rtp::muLawCode(sample));
    for (int i = 0; i < 500; ++i)
        studio.add(150 + i, 0,
                   std::string_view(codes).substr(static_cast<std::size_t>(i) * 160, 160), false);
    const auto early = studio.tape.heard(studio.start + 3s),
               all = studio.tape.heard(studio.start + 1h);
    ASSERT_TRUE(early && all);
    EXPECT_EQ(early->what, rtp::Sound::Ringback) << describe(*early);
    EXPECT_EQ(all->what, rtp::Sound::Speech) << describe(*all);
    EXPECT_EQ(studio.tape.heard(studio.start + 3s)->what, rtp::Sound::Ringback) << "asked again";
    EXPECT_EQ(studio.tape.parts(studio.start + 1h).size(), 2U);
}

TEST(Tape, AskedWhileItGrowsItTellsTheSame)
{
    Studio studio;
    std::size_t asked = 0;
    studio.ring(7, true, [&](int number) {
        if (number % 10 == 0)
            asked += studio.tape.heard(studio.start + 1h) ? 1 : 0;
        return false;
    });
    EXPECT_EQ(asked, 34U); // nothing was there the first time
    EXPECT_EQ(studio.tape.heard(studio.start + 1h)->what, rtp::Sound::Ringback);
}

TEST(Tape, APauseInSendingIsAPauseInTheSound)
{
    Studio studio; // a gateway that sends nothing between rings
    studio.ring(11, true, [](int number) { return number % 250 >= 52; });
    const auto heard = studio.tape.heard(studio.start + 1h);
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->what, rtp::Sound::Ringback) << describe(*heard);
    ASSERT_EQ(heard->cadence.size(), 2U);
    EXPECT_NEAR(base::toSeconds(heard->cadence[1]), 4, 0.05);
}

TEST(Tape, ComfortNoiseAloneIsComfortNoiseOfTheLevelItSays)
{
    Studio studio;
    studio.add(0, 13, "\x40", false);
    auto heard = studio.tape.heard(studio.start + 1h);
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->what, rtp::Sound::ComfortNoise);
    EXPECT_NEAR(heard->level, -64, 1e-6);
    EXPECT_NEAR(base::toSeconds(heard->to), 5, 0.1) << "nothing else came, so it is not for ever";
    EXPECT_NEAR(base::toSeconds(studio.tape.heard(studio.start + 2s)->to), 2, 0.1);
    studio.add(200, 13, "\x4E\x20", false); // with a filter's coefficient behind
    heard = studio.tape.heard(studio.start + 8s);
    EXPECT_EQ(heard->what, rtp::Sound::ComfortNoise);
    EXPECT_NEAR(heard->level, -71, 0.2) << "half of -64 and half of -78";
    EXPECT_FALSE(studio.tape.heard(studio.start)) << "nothing had come by then";
}

TEST(Tape, SpeechAndThenComfortNoiseOfANegotiatedTypeAreTwoParts)
{
    Studio studio;
    const auto sound = support::pcm(support::atLevel(support::speech(4, 3), -20));
    std::string codes;
    for (const auto sample : sound)
        codes += static_cast<char>(rtp::muLawCode(sample));
    for (int i = 0; i < 200; ++i)
        studio.add(i, 0, std::string_view(codes).substr(static_cast<std::size_t>(i) * 160, 160),
                   false);
    studio.format = rtp::namedVoice("cn", 16000, 1);
    ASSERT_TRUE(studio.format);
    studio.timestamp -= 200 * 160; // of a clock twice as fast
    studio.add(200, 105, "\x37", false);
    const auto parts = studio.tape.parts(studio.start + 8s);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].what, rtp::Sound::Speech);
    EXPECT_EQ(parts[1].what, rtp::Sound::ComfortNoise) << describe(parts[1]);
    EXPECT_NEAR(parts[1].level, -55, 0.5);
}

TEST(Tape, ALongStreamFillsItOnce)
{
    Studio studio;
    const std::string payload(160, '\xFF');
    for (int i = 0; i < 20000; ++i)
        studio.add(i, 0, payload, false);
    EXPECT_LT(studio.stock->load(), 700'000U);
}

TEST(Tape, DigestedItGivesItsBytesBackAndStillTells)
{
    Studio studio;
    studio.ring(7, false);
    EXPECT_TRUE(studio.tape.digest());
    EXPECT_FALSE(studio.tape.digest());
    EXPECT_EQ(studio.stock->load(), 0U);
    EXPECT_EQ(studio.tape.heard(studio.start + 1h)->what, rtp::Sound::Ringback);
    studio.ring(1, false);
    EXPECT_EQ(studio.stock->load(), 0U) << "nothing more is taken";
}

TEST(Tape, HearsEveryCodecOfAStaticPayloadType)
{
    for (const std::uint8_t type : {0, 3, 8, 9, 11}) {
        const auto format = rtp::staticVoice(type);
        ASSERT_TRUE(format);
        const auto encoder = rtp::voiceEncoder(*format);
        const std::uint32_t rate = encoder->rate();
        const double seconds = type == 11 ? 2.5 : 12; // 44100 samples a second fill a tape
        const auto samples = support::pcm(support::atLevel(
            support::tones({425}, {seconds > 3 ? 1.0 : 5.0, 4}, seconds, rate), -18));
        Studio studio;
        const std::size_t step = rate / 50;
        for (std::size_t i = 0; (i + 1) * step <= samples.size(); ++i) {
            base::Packet packet;
            packet.time = studio.start + static_cast<int>(i) * 20ms;
            rtp::RtpPacket rtp;
            rtp.payloadType = type;
            rtp.timestamp = static_cast<std::uint32_t>(i) * (format->clock / 50);
            const std::string payload = encoder->encode(std::span(samples).subspan(i * step, step));
            rtp.payload = payload;
            studio.tape.add(packet, rtp, *format);
        }
        const auto heard = studio.tape.heard(studio.start + 1h);
        ASSERT_TRUE(heard) << int(type);
        EXPECT_EQ(heard->what, seconds > 3 ? rtp::Sound::Ringback : rtp::Sound::Tone)
            << int(type) << ": " << describe(*heard);
        ASSERT_FALSE(heard->hertz.empty());
        EXPECT_NEAR(heard->hertz[0], 425, 3) << int(type);
        EXPECT_NEAR(heard->level, -18, 1) << int(type);
    }
}

} // namespace
