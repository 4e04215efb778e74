// SPDX-License-Identifier: Apache-2.0
// From RTP on the wire to the sound device: a PulseAudio null sink of our own is played into and
// its monitor recorded.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <media/media.h>
#include <random>
#include <support/null_sink.h>
#include <support/rtp_source.h>
#include <support/step_until.h>

namespace {

using namespace std::chrono_literals;

struct Heard {
    bool any = false;
    double delayMilliseconds = 0; // first packet sent -> first loud sample read from the monitor
    double sinkMilliseconds = 0;  // first packet sent -> handed to the output
    double hertz = 0, power = 0;  // of half a second of it
    int quietWindows = 0;         // 10 ms pieces without the tone, between its ends
    double senderLate = 0;        // milliseconds that our own pacing was late, at worst
    double seconds = 0;
};

media::PrepareRequest request()
{
    media::PrepareRequest r;
    r.local = base::Address::v4(INADDR_LOOPBACK);
    r.receive = {{0, "PCMU", 8000, 1}, {8, "PCMA", 8000, 1}, {96, "opus", 48000, 2}};
    return r;
}

class Call
{
public:
    Call() : m_packets(65536) {}

    void open()
    {
        auto opened = media::Media::open({}, m_packets);
        ASSERT_TRUE(opened) << opened.error().sentence;
        m_media = std::move(*opened);
        auto prepared = m_media->prepare(request());
        ASSERT_TRUE(prepared) << prepared.error().sentence;
        m_prepared = *prepared;
    }
    media::Media &media() { return *m_media; }
    const media::Media::Prepared &prepared() const { return m_prepared; }
    base::Inbox<base::Packet> &packets() { return m_packets; }

private:
    base::Inbox<base::Packet> m_packets;
    std::unique_ptr<media::Media> m_media;
    media::Media::Prepared m_prepared;
};

/// Sends `count` packets of 20 ms with the tone, each up to `jitter` after its time; returns when
/// the first left and how late the worst one was.
std::pair<std::int64_t, double> sendTone(support::RtpSource &source, const base::Endpoint &to,
                                         double hertz, int count, base::Duration jitter = {})
{
    std::mt19937 random(7);
    std::uniform_real_distribution<double> delay(0, static_cast<double>(jitter.count()));
    const base::Instant begin = base::now();
    double worst = 0;
    for (int i = 0; i < count; ++i) {
        const base::Instant due =
            begin + i * 20ms +
            base::Duration(i == 0 ? 0 : static_cast<std::int64_t>(delay(random)));
        while (base::now() < due)
            std::this_thread::sleep_for(std::chrono::nanoseconds((due - base::now()).count()));
        worst = std::max(worst, base::toMilliseconds(base::now() - due));
        source.tone(to, hertz);
    }
    return {begin.ns, worst};
}

constexpr int kLoud = 1000;

std::size_t firstLoud(const std::vector<std::int16_t> &samples, std::size_t from)
{
    while (from < samples.size() && std::abs(static_cast<int>(samples[from])) < kLoud)
        ++from;
    return from;
}

/// A silence of 2 ms or more; the tone itself is quieter than kLoud only as it crosses zero.
bool hasGap(std::span<const std::int16_t> samples)
{
    const auto quiet = [](std::int16_t sample) { return std::abs(int{sample}) < kLoud; };
    int run = 0;
    return std::any_of(samples.begin(), samples.end(), [&](std::int16_t sample) {
        run = quiet(sample) ? run + 1 : 0;
        return run == support::Monitor::kRate / 500;
    });
}

/// Half a second from the middle; where a gap lies in it, the first that has none: gaps are counted
/// by themselves, and one turns the phase of what is measured behind it.
std::span<const std::int16_t> halfSecond(std::span<const std::int16_t> tone)
{
    constexpr std::size_t kHalf = support::Monitor::kRate / 2, kStep = kHalf / 50;
    const auto middle = tone.subspan(tone.size() / 3, std::min(kHalf, tone.size() / 2));
    if (!hasGap(middle))
        return middle;
    for (std::size_t at = 0; at + kHalf <= tone.size(); at += kStep)
        if (!hasGap(tone.subspan(at, kHalf)))
            return tone.subspan(at, kHalf);
    return middle;
}

Heard listen(support::Monitor &monitor, Call &call, double hertz, int packets,
             base::Duration jitter = {})
{
    const std::size_t before = monitor.count();
    support::RtpSource source(0x1234);
    call.media().remote(call.prepared().media,
                        {"tag-a", source.local(), {{0, "PCMU", 8000, 1}}, true, true});
    const auto [sent, late] = sendTone(source, call.prepared().rtp, hertz, packets, jitter);
    Heard heard;
    heard.senderLate = late;
    const auto wanted = before + static_cast<std::size_t>(packets) * 160;
    support::stepUntil([&] { return monitor.count() >= wanted + 1600; });
    const auto samples = monitor.samples();
    const std::size_t first = firstLoud(samples, before);
    heard.any = first < samples.size();
    if (!heard.any)
        return heard;
    heard.delayMilliseconds = static_cast<double>(monitor.timeOf(first) - sent) * 1e-6;
    const auto status = call.media().status(call.prepared().media);
    heard.sinkMilliseconds = static_cast<double>(status.firstSample.ns - sent) * 1e-6;
    std::size_t last = samples.size() - 1;
    while (last > first && std::abs(static_cast<int>(samples[last])) < kLoud)
        --last;
    heard.seconds = static_cast<double>(last - first) / support::Monitor::kRate;
    const std::span all(samples);
    for (std::size_t at = first; at + 80 < last; at += 80) {
        const auto piece = all.subspan(at, 80);
        const int peak =
            std::max(std::abs(static_cast<int>(*std::max_element(piece.begin(), piece.end()))),
                     std::abs(static_cast<int>(*std::min_element(piece.begin(), piece.end()))));
        heard.quietWindows += peak < kLoud ? 1 : 0;
    }
    const auto half = halfSecond(all.subspan(first, last - first));
    heard.hertz = support::strongest(half, support::Monitor::kRate);
    heard.power = support::powerAt(half, hertz, support::Monitor::kRate);
    return heard;
}

void expectTone(const Heard &heard, double hertz, int packets)
{
    ASSERT_TRUE(heard.any) << "nothing was heard at the device";
    EXPECT_NEAR(heard.hertz, hertz, 5);
    EXPECT_NEAR(heard.power, 20 * std::log10(support::RtpSource::kPeak / 32768 / std::sqrt(2.0)),
                2.0);
    EXPECT_LT(heard.delayMilliseconds, 1000);
    // A gap may only come from this machine being busy: our own sending late, or the audio server's
    // turn.
    EXPECT_LE(heard.quietWindows * 10, 40 + 4 * heard.senderLate);
    EXPECT_GT(heard.seconds, packets * 0.02 * 0.9 - 0.05);
}

/// Of the measurements by hand, in milliseconds; a test has none.
base::Duration jitter()
{
    const char *text = std::getenv("EARSHOT_AUDIO_JITTER");
    return std::chrono::milliseconds(text != nullptr ? std::atoi(text) : 0);
}

} // namespace

class Audio : public testing::TestWithParam<double>
{
};

TEST_P(Audio, EarlyMediaIsHeardAtTheDevice)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    support::Monitor monitor(sink);
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > 800; }))
        << "parec records nothing";
    const char *rounds = std::getenv("EARSHOT_AUDIO_ROUNDS");
    std::vector<double> delays, handed;
    std::random_device random;
    for (int i = 0; i < (rounds != nullptr ? std::atoi(rounds) : 1); ++i) {
        Call call;
        ASSERT_NO_FATAL_FAILURE(call.open());
        EXPECT_EQ(call.media().status(call.prepared().media).device, "PulseAudio");
        // At no moment that has to do with the device's or our own turns.
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 40000));
        const Heard heard = listen(monitor, call, GetParam(), 100, jitter());
        expectTone(heard, GetParam(), 100);
        std::printf("tone %.0f Hz: heard %.1f Hz at %.1f dBFS, first packet to output %.1f ms, to "
                    "the device's monitor "
                    "%.1f ms, %d quiet pieces of 10 ms in %.2f s, sender late %.1f ms\n",
                    GetParam(), heard.hertz, heard.power, heard.sinkMilliseconds,
                    heard.delayMilliseconds, heard.quietWindows, heard.seconds, heard.senderLate);
        delays.push_back(heard.delayMilliseconds);
        handed.push_back(heard.sinkMilliseconds);
    }
    std::sort(delays.begin(), delays.end());
    std::sort(handed.begin(), handed.end());
    std::printf("median of %zu: output %.1f ms, heard %.1f ms (most %.1f)\n", delays.size(),
                handed[handed.size() / 2], delays[delays.size() / 2], delays.back());
}

TEST(AudioDevice, OpusIsHeardOnAnOutputThatBeganWithG711)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    support::Monitor monitor(sink);
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > 800; }))
        << "parec records nothing";
    Call call;
    ASSERT_NO_FATAL_FAILURE(call.open());
    auto sending = request();
    sending.sending.kind = media::SendKind::Tone;
    sending.sending.toneHertz = 1000;
    const auto peer = call.media().prepare(sending);
    ASSERT_TRUE(peer) << peer.error().sentence;
    const std::size_t before = monitor.count();
    call.media().remote(peer->media,
                        {"x", call.prepared().rtp, {{96, "opus", 48000, 2}}, true, true});
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > before + 12000; }));
    const auto samples = monitor.samples();
    const auto end = halfSecond(std::span(samples).last(8000));
    EXPECT_NEAR(support::strongest(end, support::Monitor::kRate), 1000, 5);
    EXPECT_NEAR(support::powerAt(end, 1000, support::Monitor::kRate), -10, 2);
    EXPECT_EQ(call.media().status(call.prepared().media).codec, "opus/48000");
}

TEST(AudioDevice, AfterALongSilenceTheBeginningIsHeardAsWell)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    support::Monitor monitor(sink);
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > 800; }))
        << "parec records nothing";
    Call call;
    ASSERT_NO_FATAL_FAILURE(call.open());
    ASSERT_EQ(call.media().status(call.prepared().media).device, "PulseAudio");
    for (int round = 0; round < 2; ++round) { // before the first sound, and in a pause of it
        const std::size_t idle = monitor.count();
        ASSERT_TRUE(support::stepUntil(
            [&] { return monitor.count() > idle + 2 * support::Monitor::kRate; }));
        const Heard heard = listen(monitor, call, 440, 50);
        std::printf("after two seconds of silence: %.2f s of 1 s heard, %.1f ms after the first "
                    "packet\n",
                    heard.seconds, heard.delayMilliseconds);
        ASSERT_TRUE(heard.any);
        EXPECT_GT(heard.seconds, 0.9);
    }
}

TEST(AudioDevice, MutedIsSilentAtTheDevice)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    support::Monitor monitor(sink);
    ASSERT_TRUE(support::stepUntil([&] { return monitor.count() > 800; }))
        << "parec records nothing";
    Call call;
    ASSERT_NO_FATAL_FAILURE(call.open());
    call.media().mute(call.prepared().media, true);
    const Heard muted = listen(monitor, call, 440, 20);
    EXPECT_FALSE(muted.any);
    EXPECT_GT(call.media().status(call.prepared().media).level, -20); // the stream itself is loud
    call.media().mute(call.prepared().media, false);
    EXPECT_TRUE(listen(monitor, call, 440, 20).any);
}

TEST(AudioDevice, LosingItEndsNeitherTheCallNorTheCounting)
{
    support::NullSink sink;
    ASSERT_TRUE(sink.up()) << "pulseaudio did not start";
    Call call;
    ASSERT_NO_FATAL_FAILURE(call.open());
    const auto status = [&] { return call.media().status(call.prepared().media); };
    ASSERT_EQ(status().device, "PulseAudio");
    support::RtpSource source(0x99);
    const auto tell = [&] { sendTone(source, call.prepared().rtp, 440, 5); };
    ASSERT_TRUE(support::stepUntil([&] { return status().playing; }, 10s, tell));
    sink.stop();
    EXPECT_TRUE(support::stepUntil([&] { return status().device == "none"; }, 10s, tell));
    EXPECT_NE(status().notice.find("audio device"), std::string::npos) << status().notice;
    const auto packets = status().packets;
    EXPECT_TRUE(support::stepUntil([&] { return status().packets > packets + 10; }, 10s, tell));
    EXPECT_TRUE(status().playing);
}

INSTANTIATE_TEST_SUITE_P(Ringback, Audio, testing::Values(440.0, 425.0));
