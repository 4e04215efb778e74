// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <fcntl.h>
#include <filesystem>
#include <record/folder.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recording;

TEST(SessionFile, isForItsOwnerOnlyAndNeverOverwritten)
{
    const Folder folder;
    record::SessionFile file;
    ASSERT_TRUE(file.open({folder.path("a.pcapng")}, "header"));
    struct stat facts = {};
    ASSERT_EQ(::stat(folder.path("a.pcapng").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    ASSERT_TRUE(file.append("packets"));
    file.close();
    record::SessionFile second;
    const auto refused = second.open({folder.path("a.pcapng")}, "header");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::BadInput);
    EXPECT_EQ(contents(folder.path("a.pcapng")), "headerpackets");
}

TEST(SessionFile, withoutPacketsLeavesNothing)
{
    const Folder folder;
    {
        record::SessionFile file;
        ASSERT_TRUE(file.open({folder.path("a.pcapng")}, "header"));
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path("a.pcapng")));
}

TEST(SessionFile, ringStaysWithinItsBound)
{
    const Folder folder;
    record::SessionFile file;
    record::FileOptions options{folder.path("a.pcapng")};
    options.mostBytes = 4000;
    options.files = 4;
    ASSERT_TRUE(file.open(options, "header"));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(file.append(std::string(300, 'x')));
        if (file.full()) {
            ASSERT_TRUE(file.next("header"));
        }
        EXPECT_LE(folder.bytes(), 4000U + 4 * 306U);
    }
    EXPECT_EQ(folder.files(), 4U);
    EXPECT_FALSE(std::filesystem::exists(folder.path("a.pcapng"))) << "the oldest goes first";
    EXPECT_TRUE(std::filesystem::exists(file.path()));
    EXPECT_EQ(file.number() - file.oldest(), 3U);
}

TEST(SessionFile, missingFolderIsToldWithWhatToDo)
{
    const Folder folder;
    record::SessionFile file;
    const auto refused = file.open({folder.path("no/such/a.pcapng")}, "header");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::NotFound);
    EXPECT_THAT(refused.error().sentence, testing::HasSubstr("no/such/a.pcapng"));
}

TEST(SessionFile, fullDiskKeepsWholeBlocksOnly)
{
    const Folder folder;
    const std::string path = folder.path("a.pcapng");
    const std::string one = folder.path("one.pcapng");
    {
        auto recorder = record::Recorder::open({one}, {});
        ASSERT_TRUE(recorder);
        (*recorder)->put(datagram(0));
        ASSERT_TRUE((*recorder)->settle(kLimit));
    }
    const auto room = std::filesystem::file_size(one) + 8; // for this packet and no other one
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) { // a limit on the size of files stands for a full disk, in this process only
        const rlimit limit{room, room};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::string told;
        auto recorder = record::Recorder::open({path}, [&](const std::string &why) { told = why; });
        if (!recorder)
            ::_exit(1);
        (*recorder)->put(datagram(0)); // there is room for this one
        if (!(*recorder)->settle(kLimit))
            ::_exit(2);
        for (int i = 1; i < 20; ++i)
            (*recorder)->put(datagram(i));
        if (!(*recorder)->settle(kLimit))
            ::_exit(2);
        const bool stopped = !(*recorder)->state().recording;
        for (int i = 20; i < 30; ++i)
            (*recorder)->put(datagram(i)); // goes nowhere, hurts nobody
        recorder->reset();
        ::_exit(stopped && told.find("no room") != std::string::npos ? 0 : 3);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    const Read read = readFile(path);
    ASSERT_TRUE(read.outcome);
    EXPECT_FALSE(read.outcome->truncated);
    EXPECT_EQ(read.packets.size(), 1U);
}

TEST(Folder, offersWhatAKilledProcessLeft)
{
    const Folder folder;
    const std::string sessions = folder.path("sessions");
    EXPECT_FALSE(record::lastUnclosed(sessions));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto marker = record::newSession(sessions);
        auto recorder = marker ? record::Recorder::open({(*marker)->session()}, {})
                               : base::Result<std::unique_ptr<record::Recorder>>{
                                     tl::unexpected<base::Error>(marker.error())};
        if (!recorder)
            ::_exit(1);
        (*recorder)->put(datagram(1));
        (*recorder)->settle(kLimit);
        ::_exit(record::lastUnclosed(sessions) ? 2 : 0); // a living one is not offered
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 0);
    const auto left = record::lastUnclosed(sessions);
    ASSERT_TRUE(left);
    ASSERT_EQ(left->files.size(), 1U);
    EXPECT_EQ(readFile(left->files[0]).packets.size(), 1U);
    record::markClosed(*left);
    EXPECT_FALSE(record::lastUnclosed(sessions));
    EXPECT_TRUE(std::filesystem::exists(left->files[0]));
    record::prune(sessions, 10);
    EXPECT_FALSE(std::filesystem::exists(left->files[0]));
}

TEST(Folder, cleanEndLeavesNoOfferAndNoEmptyFile)
{
    const Folder folder;
    const std::string sessions = folder.path("sessions");
    {
        auto marker = record::newSession(sessions);
        ASSERT_TRUE(marker);
        auto recorder = record::Recorder::open({(*marker)->session()}, {});
        ASSERT_TRUE(recorder);
    }
    EXPECT_FALSE(record::lastUnclosed(sessions));
    EXPECT_TRUE(std::filesystem::is_empty(sessions));
}

TEST(Folder, unwritableOneIsToldInASentence)
{
    const Folder folder;
    std::ofstream(folder.path("file")) << "no folder";
    const auto refused = record::newSession(folder.path("file/sessions"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence, testing::HasSubstr("in memory"));
}
