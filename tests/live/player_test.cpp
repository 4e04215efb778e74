// SPDX-License-Identifier: Apache-2.0
// What was captured, played at a PulseAudio null sink of our own and recorded at its monitor.
#include <gtest/gtest.h>
#include <media/player.h>
#include <support/null_sink.h>
#include <support/tape_maker.h>

namespace {

using namespace std::chrono_literals;
using support::kTaped;

constexpr int kRate = support::Monitor::kRate;

/// From the first to the last loud sample behind `from`.
std::span<const std::int16_t> loudPart(const std::vector<std::int16_t> &all, std::size_t from)
{
    const auto loud = [](std::int16_t sample) { return std::abs(int{sample}) > 1000; };
    const auto first =
        std::find_if(all.begin() + static_cast<std::ptrdiff_t>(from), all.end(), loud);
    const auto last = std::find_if(all.rbegin(), std::make_reverse_iterator(first), loud);
    return {first, last.base()};
}

TEST(PlayedBack, ToneAndSilencesArriveAsTheyWereCaptured)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    support::Monitor monitor(sink);
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > 800; }));
    // A second of 700 Hz, half a second of nothing, a second of 1200 Hz.
    media::Program made{kTaped, kTaped + 2500ms, {}};
    made.parts.push_back({kTaped,
                          kTaped + 2500ms,
                          {support::tapedTone(700, 0, 1), support::tapedTone(1200, 1.5, 1)},
                          {}});
    media::Player player;
    const std::size_t before = monitor.count();
    player.play(made, kTaped);
    ASSERT_TRUE(
        support::stepUntil([&] { return player.state().stage == media::Player::Stage::Playing; }));
    EXPECT_EQ(player.state().device, "PulseAudio");
    ASSERT_TRUE(support::stepUntil(
        [&] { return player.state().stage == media::Player::Stage::Idle; }, 20s));
    EXPECT_EQ(player.state().notice, "");
    const std::size_t ended = monitor.count();
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > ended + kRate / 2; }));
    const auto all = monitor.samples();
    const auto heard = loudPart(all, before);
    const double seconds = static_cast<double>(heard.size()) / kRate;
    EXPECT_NEAR(seconds, 2.5, 0.1);
    const auto first = heard.subspan(kRate / 4, kRate / 2),
               second = heard.subspan(heard.size() - 3 * kRate / 4, kRate / 2);
    EXPECT_EQ(support::strongest(first, kRate), 700);
    EXPECT_NEAR(support::powerAt(first, 700, kRate), -20, 1);
    EXPECT_EQ(support::strongest(second, kRate), 1200);
    EXPECT_NEAR(support::powerAt(second, 1200, kRate), -20, 1);
    std::size_t quiet = 0; // 10 ms each
    for (std::size_t at = 0; at + 80 <= heard.size(); at += 80)
        quiet += support::powerAt(heard.subspan(at, 80), 700, kRate) < -40 &&
                         support::powerAt(heard.subspan(at, 80), 1200, kRate) < -40
                     ? 1
                     : 0;
    EXPECT_NEAR(static_cast<double>(quiet), 50, 8);
    std::printf(
        "played back: %.3f s, 700 Hz at %.1f dBFS, 1200 Hz at %.1f dBFS, %zu quiet pieces of "
        "10 ms (50 wanted)\n",
        seconds, support::powerAt(first, 700, kRate), support::powerAt(second, 1200, kRate), quiet);
}

TEST(PlayedBack, ADeviceThatGoesAwayEndsItWithASentence)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    media::Player player;
    media::Program made{kTaped, kTaped + 10min, {{kTaped, kTaped + 10min, {}, "DE"}}};
    player.play(made, kTaped);
    ASSERT_TRUE(support::stepUntil([&] { return player.state().at > kTaped + 200ms; }));
    sink.stop();
    EXPECT_TRUE(support::stepUntil(
        [&] { return player.state().stage == media::Player::Stage::Idle; }, 20s));
    EXPECT_NE(player.state().notice.find("playing stopped"), std::string::npos)
        << player.state().notice;
}

} // namespace
