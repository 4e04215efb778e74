// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <media/media.h>
#include <media/recordings.h>
#include <media/samples.h>
#include <media/wav_writer.h>
#include <support/golden.h>
#include <support/step_until.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

class Wav : public testing::Test
{
protected:
    Wav()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "earshot-wav-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~Wav() override { std::filesystem::remove_all(folder); }
    std::string folder;
};

std::vector<std::int16_t> ramp(std::size_t count)
{
    std::vector<std::int16_t> out(count);
    for (std::size_t i = 0; i < count; ++i)
        out[i] = static_cast<std::int16_t>(i * 7 % 20000);
    return out;
}

/// Left and right of a stereo file.
std::array<std::vector<std::int16_t>, 2> channels(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    std::array<std::vector<std::int16_t>, 2> out;
    EXPECT_EQ(bytes.at(22), 2) << path;
    for (std::size_t at = 44; at + 2 <= bytes.size(); at += 2) {
        std::int16_t sample = 0;
        std::memcpy(&sample, &bytes[at], 2);
        out[at / 2 % 2].push_back(sample);
    }
    return out;
}

TEST_F(Wav, HeaderIsRightAtAnyMoment)
{
    auto writer = media::WavWriter::create(folder, "x", 8000);
    ASSERT_TRUE(writer);
    const auto samples = ramp(160);
    EXPECT_EQ(support::readFile(writer->path()).size(), 44U); // a whole header before any sound
    for (std::size_t i = 1; i <= 100; ++i) {
        ASSERT_TRUE(writer->append(samples));
        const std::string file = support::readFile(writer->path());
        const auto read = media::parseWav(file, "x");
        ASSERT_TRUE(read) << "after piece " << i << ": " << read.error().sentence;
        EXPECT_EQ(read->rate, 8000U);
        EXPECT_EQ(read->mono.size() * 2 + 44, file.size()); // the header counts all that is there
        EXPECT_LT(i * 160 - read->mono.size(), 8000U / 5); // and at most 200 ms are still in memory
    }
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(media::readWav(writer->path())->mono.size(), 16000U);
    EXPECT_EQ(writer->length(), base::Duration(2s));
}

TEST_F(Wav, AKilledProcessLeavesAPlayableFile)
{
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto writer = media::WavWriter::create(folder, "killed", 8000);
        const auto samples = ramp(160);
        for (int i = 0; i < 1000000; ++i) {
            if (!writer->append(samples))
                ::_exit(1);
            if (i == 200 && ::write(pipe[1], "x", 1) != 1)
                ::_exit(1);
        }
        ::_exit(0);
    }
    char ready = 0;
    ASSERT_EQ(::read(pipe[0], &ready, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    const auto read = media::readWav(folder + "/killed.wav");
    ASSERT_TRUE(read) << read.error().sentence;
    EXPECT_GE(read->mono.size(), 190U * 160);
    EXPECT_EQ(read->mono[159], ramp(160)[159]);
}

TEST_F(Wav, NeverOverwrites)
{
    const auto one = media::WavWriter::create(folder, "same", 8000);
    const auto two = media::WavWriter::create(folder, "same", 8000);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->path(), folder + "/same.wav");
    EXPECT_EQ(two->path(), folder + "/same-2.wav");
}

TEST_F(Wav, SaysWhereItCannotWrite)
{
    std::ofstream(folder + "/file") << "in the way";
    const auto writer = media::WavWriter::create(folder + "/file", "x", 8000);
    ASSERT_FALSE(writer);
    EXPECT_NE(writer.error().sentence.find("could not be written"), std::string::npos);
}

TEST_F(Wav, AFullDiskIsAnErrorNotACrash)
{
    if (!std::filesystem::exists("/dev/full"))
        GTEST_SKIP() << "no /dev/full here";
    std::filesystem::create_directory(folder + "/d");
    auto writer = media::WavWriter::create(folder + "/d", "x", 8000);
    ASSERT_TRUE(writer);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 4096;
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    base::Result<void> done;
    for (int i = 0; i < 100 && done; ++i)
        done = writer->append(ramp(160));
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().sentence.find(writer->path()), std::string::npos);
    EXPECT_TRUE(media::readWav(writer->path())); // what was written before stays readable
}

TEST_F(Wav, RecordingsKeepEachEarlyDialogApart)
{
    media::Recordings recordings;
    recordings.begin(folder, "call");
    const auto samples = ramp(160);
    base::Duration now = 10s;
    for (int i = 0; i < 50; ++i, now += 20ms) { // stream 1 plays before its answer is known
        ASSERT_TRUE(recordings.add(1, i < 10 ? "" : "tag/a", now, samples, 8000, 0ns));
        ASSERT_TRUE(
            recordings.add(2, "tag-b", now, samples, 8000, i == 25 ? base::Duration(100ms) : 0ns));
    }
    const auto list = recordings.list();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].toTag, "tag/a");
    EXPECT_EQ(list[0].length, base::Duration(1s));
    EXPECT_EQ(list[0].path.find("tag/a"), std::string::npos); // a To-tag is no path
    EXPECT_EQ(std::filesystem::path(list[0].path).parent_path(), folder);
    EXPECT_NE(list[0].path.find("call-tag"), std::string::npos);
    recordings.end();
    EXPECT_EQ(media::readWav(list[0].path)->mono.size(), 8000U); // all of it is in the file
    EXPECT_EQ(list[1].length, base::Duration(1100ms)); // the hole is silence: as long as it sounded
    EXPECT_GT(list[1].meanLevel, -40);
}

TEST_F(Wav, RecordingsAreNamedForWhatTheyAre)
{
    const auto nameOf = [](const media::RecordingInfo &info) {
        return std::filesystem::path(info.path).filename().string();
    };
    media::Recordings recordings;
    recordings.begin(folder, {});
    const auto samples = ramp(160);
    ASSERT_TRUE(recordings.add(1, "", 1s, samples, 8000, 0ns));
    recordings.answered();
    ASSERT_TRUE(recordings.add(1, "a", 1020ms, samples, 8000, 0ns)); // it began before the answer
    ASSERT_TRUE(recordings.add(2, "b", 1020ms, samples, 8000, 0ns));
    recordings.begin(folder, {}, true); // Record was pressed while they talk
    ASSERT_TRUE(recordings.add(3, "c", 2s, samples, 8000, 0ns));
    const auto list = recordings.list();
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(nameOf(list[0]), "early-media-a.wav");
    EXPECT_EQ(nameOf(list[1]), "answered-b.wav");
    EXPECT_EQ(nameOf(list[2]), "answered-c.wav");
    EXPECT_TRUE(list[0].early && !list[1].early && !list[2].early);
}

TEST_F(Wav, ANewSsrcOfTheSameDialogGoesOnInTheSameFile)
{
    media::Recordings recordings;
    recordings.begin(folder, "call");
    const auto samples = ramp(160);
    ASSERT_TRUE(recordings.add(1, "a", 1s, samples, 8000, 0ns));
    ASSERT_TRUE(
        recordings.add(2, "a", 1s + 20ms, samples, 8000, 0ns)); // both at once: the first goes on
    ASSERT_TRUE(recordings.add(2, "a", 1500ms, samples, 8000, 0ns));
    ASSERT_EQ(recordings.list().size(), 1U);
    EXPECT_EQ(recordings.list()[0].length, base::Duration(540ms));
}

TEST_F(Wav, WhatIsSentHasAFileOfItsOwnAndBothShareOne)
{
    const std::vector<std::int16_t> theirs(160, 1000), ours(320, -2000); // 20 ms at 8 and 16 kHz
    media::Recordings recordings;
    recordings.begin(folder, {});
    // We begin 400 ms after them, pause for 200 ms, and are 7 ms early.
    for (int i = 0; i < 100; ++i) {
        const auto now = 10s + i * 20ms;
        ASSERT_TRUE(recordings.add(1, "a", now + 7ms, theirs, 8000, 0ns, true));
        if (i >= 20 && (i < 50 || i >= 60)) {
            ASSERT_TRUE(recordings.sent("a", now, ours, 16000));
        }
    }
    recordings.end();
    std::map<media::Recorded, media::RecordingInfo> found;
    for (const auto &info : recordings.list())
        EXPECT_TRUE(found.emplace(info.what, info).second);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(std::filesystem::path(found[media::Recorded::Sent].path).filename(), "sent-a.wav");
    EXPECT_EQ(std::filesystem::path(found[media::Recorded::Both].path).filename(), "stereo-a.wav");
    EXPECT_EQ(found[media::Recorded::Received].length, base::Duration(2s));
    EXPECT_EQ(found[media::Recorded::Sent].length, base::Duration(1600ms)); // with the pause
    EXPECT_EQ(media::readWav(found[media::Recorded::Sent].path)->rate, 16000U);
    const auto both = channels(found[media::Recorded::Both].path);
    ASSERT_EQ(both[0].size(), 16000U);
    for (std::size_t i = 0; i < both[0].size(); ++i) {
        const auto quiet = [i](std::size_t from, std::size_t to) { return i >= from && i < to; };
        // They begin the file at 7 ms: ours lies as much earlier, so at 393 ms.
        const bool pause = quiet(0, 3144) || quiet(7944, 9544) || i >= 15944;
        ASSERT_EQ(both[0][i], 1000) << i;
        ASSERT_EQ(both[1][i], pause ? 0 : -2000) << i;
    }
}

TEST_F(Wav, ASideThatStopsHoldsTheOtherUpForASecondAtMost)
{
    const std::vector<std::int16_t> piece(160, 500);
    media::StereoRecorder recorder(folder, "both");
    ASSERT_TRUE(recorder.add(media::StereoRecorder::Sent, 5s, 0ns, piece, 8000));
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(recorder.add(media::StereoRecorder::Received, 5s + i * 20ms, 0ns, piece, 8000));
    const auto before = channels(recorder.path()); // nothing was flushed
    EXPECT_GE(before[0].size(), 8000U * 4 - 8000 - 1600);
    ASSERT_TRUE(recorder.add(media::StereoRecorder::Sent, 9s, 3980ms, piece, 8000));
    ASSERT_TRUE(recorder.flush());
    const auto both = channels(recorder.path());
    ASSERT_EQ(both[1].size(), 32160U);
    EXPECT_EQ(std::count(both[1].begin(), both[1].end(), 500), 320);
    EXPECT_EQ(both[1][159], 500);
    EXPECT_EQ(both[1][32000], 500);
    EXPECT_EQ(recorder.length(), base::Duration(4020ms));
}

TEST_F(Wav, AStereoFileKeepsItsTimeWhateverAChannelsOwnClockSays)
{
    const std::vector<std::int16_t> piece(160, 500);
    media::StereoRecorder recorder(folder, "both");
    ASSERT_TRUE(recorder.add(media::StereoRecorder::Received, 5s, 0ns, piece, 8000));
    // A time stamp that leaps by an hour, one that stands still over a pause, and an hour on hold.
    ASSERT_TRUE(recorder.add(media::StereoRecorder::Received, 5020ms, 3600s, piece, 8000));
    EXPECT_LE(recorder.length(), base::Duration(340ms));
    ASSERT_TRUE(recorder.add(media::StereoRecorder::Received, 8s, 0ns, piece, 8000));
    EXPECT_GE(recorder.length(), base::Duration(2700ms));
    EXPECT_LE(recorder.length(), base::Duration(3340ms));
    ASSERT_TRUE(recorder.add(media::StereoRecorder::Sent, 3608s, 3600s, piece, 8000));
    EXPECT_LE(recorder.length(), base::Duration(304s));
}

} // namespace
