// SPDX-License-Identifier: Apache-2.0
// kill -9 at any moment: what was recorded up to a second before is there and whole.
// EARSHOT_KILLS sets how often (30).
#include "recording.h"

#include <base/text.h>
#include <csignal>
#include <cstdlib>
#include <random>
#include <support/step_until.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recording;

namespace {

constexpr int kMost = 20'000; // packets of one child

/// When each packet was handed to the recorder, in memory that outlives the child.
class Diary
{
public:
    Diary()
        : m_times(static_cast<std::int64_t *>(::mmap(nullptr, kMost * sizeof(std::int64_t),
                                                     PROT_READ | PROT_WRITE,
                                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0)))
    {
    }
    ~Diary() { ::munmap(m_times, kMost * sizeof(std::int64_t)); }
    Diary(const Diary &) = delete;
    Diary &operator=(const Diary &) = delete;
    volatile std::int64_t &operator[](int i) { return m_times[i]; }

private:
    std::int64_t *m_times;
};

[[noreturn]] void recordForEver(const std::string &path, Diary &diary)
{
    record::FileOptions options{path};
    options.mostBytes = 16U << 20U; // the ring goes on to its next file meanwhile
    options.files = 1024;
    auto recorder = record::Recorder::open(options, {});
    if (!recorder)
        ::_exit(1);
    for (int i = 0; i < kMost; ++i) {
        diary[i] = base::now().ns;
        (*recorder)->put(datagram(i, base::now()));
        if (i % 64 == 63)
            (*recorder)->settle(kLimit); // as many files as a slower sender would fill
    }
    for (;;)
        ::pause();
}

} // namespace

TEST(Kill, losesAtMostTheLastSecond)
{
    const char *wanted = std::getenv("EARSHOT_KILLS");
    const auto rounds = base::toInteger(wanted != nullptr ? wanted : "30").value_or(30);
    std::mt19937 random(4711);
    std::uniform_int_distribution<int> moment(0, 5000); // in packets
    std::size_t most = 0;
    for (int round = 0; round < rounds; ++round) {
        const Folder folder;
        const std::string path = folder.path("a.pcapng");
        Diary diary;
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0)
            recordForEver(path, diary);
        const int last = moment(random);
        ASSERT_TRUE(support::stepUntil([&] { return diary[last] != 0; }, kLimit));
        ::kill(child, SIGKILL);
        const base::Instant killed = base::now();
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        int read = 0;
        for (unsigned number = 0; number <= folder.files(); ++number) {
            const std::string part = record::SessionFile::pathOf(path, number);
            if (!std::filesystem::exists(part) || std::filesystem::file_size(part) == 0)
                continue; // killed before the first bytes of the ring's next file
            const Read back = readFile(part);
            ASSERT_TRUE(back.outcome) << back.outcome.error().sentence;
            ASSERT_LE(back.flaws.size(), back.outcome->truncated ? 1U : 0U);
            for (const base::Packet &packet : back.packets)
                ASSERT_EQ(packet.payload.text(), options(read++)) << "round " << round;
        }
        most = std::max(most, static_cast<std::size_t>(read));
        if (read < kMost && diary[read] != 0) {
            EXPECT_LE(killed.ns - diary[read], 1'000'000'000) << "round " << round;
        }
    }
    EXPECT_GT(most, 100U) << "the children never came to record anything";
}
