// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
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

} // namespace
