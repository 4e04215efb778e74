// SPDX-License-Identifier: Apache-2.0
// Programs of captured sound: what is heard when, and the player that takes it to a device.
#include <media/codecs.h>
#include <media/element_decoder.h>
#include <media/player.h>
#include <media/program.h>

#include <gtest/gtest.h>
#include <rtp/level.h>
#include <support/null_sink.h>
#include <support/step_until.h>
#include <support/tape_maker.h>

namespace {

using namespace std::chrono_literals;
using support::kTaped;

std::vector<std::int16_t> read(media::ProgramReader &reader, std::size_t count)
{
    std::vector<std::int16_t> out, piece(333);
    while (out.size() < count) {
        const std::size_t got =
            reader.read(std::span(piece).first(std::min(piece.size(), count - out.size())));
        if (got == 0)
            break;
        out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return out;
}

double levelOf(std::span<const std::int16_t> samples)
{
    double square = 0;
    for (const double sample : samples)
        square += sample / 32768 * (sample / 32768);
    return rtp::dbfs(square / static_cast<double>(samples.size()));
}

/// Silence, a German ringback from 1 s on, early media of 700 Hz from 3 s on, the answer of 1200 Hz
/// from 5 to 6 s, together with 500 Hz.
media::Program program()
{
    media::Program out{kTaped, kTaped + 6s, {}};
    out.parts.push_back({kTaped + 1s, kTaped + 3s, {}, "DE"});
    out.parts.push_back({kTaped + 3s, kTaped + 5s, {support::tapedTone(700, 2, 4)}, {}});
    out.parts.push_back({kTaped + 5s,
                         kTaped + 6s,
                         {support::tapedTone(1200, 4, 2), support::tapedTone(500, 5, 1)},
                         {}});
    return out;
}

TEST(Program, EachPartIsHeardInItsTimeAndNothingElse)
{
    media::ProgramReader reader(program());
    EXPECT_EQ(reader.rate(), 8000U);
    const auto all = read(reader, 100000);
    ASSERT_EQ(all.size(), 48000U) << "and then it ends";
    const auto part = [&](double from, double seconds) {
        return std::span(all).subspan(static_cast<std::size_t>(from * 8000),
                                      static_cast<std::size_t>(seconds * 8000));
    };
    EXPECT_EQ(levelOf(part(0, 1)), rtp::kFloorDbfs);
    EXPECT_NEAR(support::powerAt(part(1, 1), 425, 8000), -16, 0.3);
    EXPECT_EQ(levelOf(part(2, 1)), rtp::kFloorDbfs) << "one second on, four off";
    EXPECT_NEAR(support::powerAt(part(3, 2), 700, 8000), -20, 0.3);
    EXPECT_LT(support::powerAt(part(3, 2), 1200, 8000), -60) << "that is another dialog's";
    EXPECT_NEAR(support::powerAt(part(5, 1), 1200, 8000), -20, 0.3);
    EXPECT_NEAR(support::powerAt(part(5, 1), 500, 8000), -20, 0.3);
    EXPECT_LT(support::powerAt(part(5, 1), 700, 8000), -60);
    EXPECT_EQ(reader.trouble(), "");
}

TEST(Program, FromAnyMomentItIsTheSame)
{
    media::ProgramReader whole(program()), part(program());
    const auto all = read(whole, 100000);
    for (const auto from : {500ms, 1300ms, 2900ms, 3100ms, 5500ms}) {
        part.seek(kTaped + from);
        EXPECT_EQ(part.at(), kTaped + from);
        const auto some = read(part, 4000);
        EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin() + from.count() * 8))
            << from.count();
    }
    part.seek(kTaped + 1h);
    EXPECT_EQ(read(part, 10).size(), 0U);
}

TEST(Program, AnElementDecodesAtOnce)
{
    ASSERT_TRUE(media::startGStreamer());
    const auto decoder =
        media::elementDecoder("mulawdec", "audio/x-mulaw,channels=1,rate=8000", 8000, 80);
    ASSERT_TRUE(decoder);
    const auto wanted = support::pcm(support::atLevel(support::tones({1000}, {}, 1), -20));
    std::vector<std::int16_t> got;
    for (std::size_t at = 0; at < wanted.size(); at += 160) {
        std::string payload;
        for (std::size_t i = 0; i < 160; ++i)
            payload += static_cast<char>(rtp::muLawCode(wanted[at + i]));
        decoder->decode(payload + "\xFF", got); // what is left of a frame is left out
    }
    ASSERT_EQ(got.size(), wanted.size());
    EXPECT_NEAR(support::powerAt(got, 1000, 8000), -20, 0.3);
    EXPECT_FALSE(media::elementDecoder("nosuchdecoder", "audio/x-mulaw", 8000, 80));
    EXPECT_NE(media::decoderMissing("G729").find("G729 cannot be decoded"), std::string::npos);
}

TEST(Player, WithASilentOutputItsPlaceMovesWithTheClockAndEnds)
{
    media::Player player;
    EXPECT_EQ(player.state().stage, media::Player::Stage::Idle);
    media::Program made{
        kTaped, kTaped + 1s, {{kTaped, kTaped + 1s, {support::tapedTone(700, 0, 1)}, {}}}};
    const auto begun = std::chrono::steady_clock::now();
    const auto number = player.play(made, kTaped + 500ms, media::Output::Silent);
    EXPECT_TRUE(
        support::stepUntil([&] { return player.state().stage == media::Player::Stage::Playing; }));
    base::Instant last = kTaped + 500ms;
    EXPECT_TRUE(support::stepUntil([&] {
        const auto state = player.state();
        EXPECT_GE(state.at, last);
        EXPECT_EQ(state.number, number);
        last = state.at;
        return state.stage == media::Player::Stage::Idle;
    }));
    EXPECT_EQ(last, kTaped + 1s);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 450ms) << "no faster than it sounds";
    EXPECT_EQ(player.state().notice, "");
}

TEST(Player, SeeksStopsAndTakesTheNext)
{
    media::Player player;
    media::Program made{kTaped, kTaped + 1h, {{kTaped, kTaped + 1h, {}, "DE"}}};
    player.play(made, kTaped, media::Output::Silent);
    EXPECT_TRUE(support::stepUntil([&] { return player.state().at > kTaped + 50ms; }));
    player.seek(kTaped + 30min);
    EXPECT_TRUE(support::stepUntil([&] { return player.state().at > kTaped + 30min + 50ms; }));
    const auto number = player.play(made, kTaped + 10min, media::Output::Silent);
    EXPECT_TRUE(support::stepUntil([&] { return player.state().at > kTaped + 10min + 50ms; }));
    EXPECT_LT(player.state().at, kTaped + 11min);
    EXPECT_EQ(player.state().number, number);
    player.stop();
    EXPECT_EQ(player.state().stage, media::Player::Stage::Idle);
}

TEST(Player, WithoutAnyDeviceItSaysSo)
{
    ::setenv("PULSE_SERVER", "unix:/nonexistent/earshot", 1);
    media::Player player;
    media::Program made{kTaped, kTaped + 1min, {{kTaped, kTaped + 1min, {}, "DE"}}};
    player.play(made, kTaped);
    EXPECT_TRUE(support::stepUntil(
        [&] {
            const auto state = player.state();
            return state.stage == media::Player::Stage::Playing || !state.notice.empty();
        },
        10s));
    if (player.state().stage != media::Player::Stage::Playing) { // no sound card here
        EXPECT_NE(player.state().notice.find("No audio device was found, so nothing can be played"),
                  std::string::npos)
            << player.state().notice;
    }
    ::unsetenv("PULSE_SERVER");
}

} // namespace
