// SPDX-License-Identifier: Apache-2.0
// Audio devices chosen while calls stand: two null sinks of a PulseAudio of our own, both monitors
// recorded.
#include <algorithm>
#include <cstdio>
#include <future>
#include <gtest/gtest.h>
#include <media/media.h>
#include <support/null_sink.h>
#include <support/rtp_source.h>
#include <support/step_until.h>

namespace {

using namespace std::chrono_literals;
using support::Monitor;

/// Of the server that PULSE_SERVER names.
std::string pactl(const std::string &arguments)
{
    std::string out;
    std::FILE *pipe = ::popen(("pactl " + arguments + " 2>/dev/null").c_str(), "r");
    if (pipe == nullptr)
        return out;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
        out += static_cast<char>(c);
    ::pclose(pipe);
    return out;
}

class Devices : public testing::Test
{
protected:
    Devices() : m_packets(65536), source(7)
    {
        m_second = pactl("load-module module-null-sink sink_name=second rate=48000 channels=1");
        pactl("set-default-sink testsink");
        std::string pattern =
            (std::filesystem::temp_directory_path() / "earshot-devices-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~Devices() override
    {
        media.reset();
        std::filesystem::remove_all(folder);
    }
    void open(const std::string &device)
    {
        ASSERT_TRUE(sink.up() && !m_second.empty()) << "no sound server with two sinks";
        first = std::make_unique<Monitor>(sink);
        second = std::make_unique<Monitor>(sink, "second");
        ASSERT_TRUE(
            support::stepUntil([&] { return first->count() > 800 && second->count() > 800; }, 30s))
            << "parec records nothing";
        media::Options options;
        options.device = device;
        auto opened = media::Media::open(options, m_packets);
        ASSERT_TRUE(opened) << opened.error().sentence;
        media = std::move(*opened);
        media::PrepareRequest request;
        request.local = base::Address::v4(INADDR_LOOPBACK);
        request.receive = {{0, "PCMU", 8000, 1}};
        const auto made = media->prepare(request);
        ASSERT_TRUE(made) << made.error().sentence;
        prepared = *made;
        media->record(prepared.media, folder);
        media->remote(prepared.media, {"tag", source.local(), {{0, "PCMU", 8000, 1}}, true, true});
    }
    void unplugSecond() const { pactl("unload-module " + m_second); }
    media::Status status() const { return media->status(prepared.media); }
    /// Sends the tone at its pace until the condition holds.
    bool playUntil(const std::function<bool()> &condition, std::chrono::milliseconds limit = 30s)
    {
        auto due = std::chrono::steady_clock::now();
        return support::stepUntil(condition, limit, [&] {
            if (std::chrono::steady_clock::now() < due)
                return;
            due += 20ms;
            source.tone(prepared.rtp, 440);
            ++sent;
        });
    }
    /// Of the newest 200 ms, dB; the tone of 440 Hz comes at about -9.
    static double toneAt(const Monitor &monitor)
    {
        const auto samples = monitor.samples();
        return support::powerAt(
            std::span(samples).last(std::min<std::size_t>(samples.size(), Monitor::kRate / 5)), 440,
            Monitor::kRate);
    }
    static bool plays(const Monitor &monitor) { return toneAt(monitor) > -14; }
    static bool silent(const Monitor &monitor) { return toneAt(monitor) < -60; }
    std::vector<media::AudioDevice> listed()
    {
        std::promise<std::vector<media::AudioDevice>> told;
        auto future = told.get_future();
        media->devices(
            [&](std::vector<media::AudioDevice> devices) { told.set_value(std::move(devices)); });
        return future.get();
    }

    support::NullSink sink; // first: all that follows speaks to it
private:
    base::Inbox<base::Packet> m_packets;
    std::string m_second;

protected:
    support::RtpSource source;
    std::string folder;
    std::unique_ptr<Monitor> first, second;
    std::unique_ptr<media::Media> media;
    media::Media::Prepared prepared;
    int sent = 0;
};

TEST_F(Devices, AreListedAndTheChosenOneAlonePlays)
{
    ASSERT_NO_FATAL_FAILURE(open("second"));
    const auto devices = listed();
    ASSERT_EQ(devices.size(), 2U);
    EXPECT_TRUE(std::any_of(devices.begin(), devices.end(), [](const auto &each) {
        return each.name == "testsink" && !each.text.empty();
    }));
    EXPECT_TRUE(playUntil([&] { return plays(*second); }));
    EXPECT_TRUE(silent(*first)) << toneAt(*first);
    EXPECT_EQ(status().device.rfind("PulseAudio, ", 0), 0U) << status().device;
    EXPECT_TRUE(status().notice.empty()) << status().notice;
    std::printf("chosen: %.1f dBFS of 440 Hz there, %.1f at the other\n", toneAt(*second),
                toneAt(*first));
}

TEST_F(Devices, TheToneMovesAndTheRecordingGoesOn)
{
    ASSERT_NO_FATAL_FAILURE(open(""));
    EXPECT_TRUE(playUntil([&] { return plays(*first); }));
    EXPECT_TRUE(silent(*second)) << toneAt(*second);
    media->playOn("second");
    EXPECT_TRUE(playUntil([&] { return plays(*second) && silent(*first); }));
    std::printf("moved: %.1f dBFS of 440 Hz there, %.1f where it came from\n", toneAt(*second),
                toneAt(*first));
    media->playOn("");
    EXPECT_TRUE(playUntil([&] { return plays(*first) && silent(*second); }));
    EXPECT_TRUE(support::stepUntil(
        [&] { return status().packets == static_cast<std::uint64_t>(sent); }, 30s));
    EXPECT_EQ(status().lost, 0U);
    const auto length = [&] {
        double seconds =
            0; // of what was received; what was sent, and both, have files of their own
        int files = 0;
        for (const auto &each : media->recordings(prepared.media)) {
            if (each.what != media::Recorded::Received)
                continue;
            seconds = base::toSeconds(each.length);
            ++files;
        }
        return files == 1 ? seconds : 0.0;
    };
    EXPECT_TRUE(support::stepUntil([&] { return length() > sent * 0.02 - 0.1; }, 30s))
        << length() << " s of " << sent * 0.02;
    std::printf("recorded %.2f s of %.2f s sent\n", length(), sent * 0.02);
}

TEST_F(Devices, UnpluggedItGivesWayToTheDefaultAndThenToSilence)
{
    ASSERT_NO_FATAL_FAILURE(open("second"));
    ASSERT_TRUE(playUntil([&] { return plays(*second); }));
    unplugSecond();
    EXPECT_TRUE(playUntil([&] { return plays(*first); }));
    // By the audio server's doing or by ours, which it is depends on the server.
    EXPECT_TRUE(playUntil([&] { return status().device == "PulseAudio"; }));
    EXPECT_NE(status().notice.find("\"second\" is"), std::string::npos) << status().notice;
    std::printf("unplugged: %.1f dBFS of 440 Hz at the default; %s\n", toneAt(*first),
                status().notice.c_str());
    sink.stop();
    EXPECT_TRUE(playUntil([&] { return status().device == "none"; }));
    EXPECT_FALSE(status().notice.empty());
    const auto before = status().packets;
    EXPECT_TRUE(playUntil([&] { return status().packets > before + 20; }));
}

TEST_F(Devices, OneThatIsNotThereIsSaidWithThoseThatAre)
{
    ASSERT_NO_FATAL_FAILURE(open("no-such-device"));
    EXPECT_TRUE(playUntil([&] { return plays(*first); }));
    EXPECT_NE(status().notice.find("no-such-device"), std::string::npos) << status().notice;
    EXPECT_NE(status().notice.find("testsink"), std::string::npos) << status().notice;
}

} // namespace
