// SPDX-License-Identifier: Apache-2.0
#include <base/chunk_list.h>
#include <base/inbox.h>
#include <gtest/gtest.h>
#include <thread>

namespace {

TEST(Inbox, ManyProducersLoseNothingAndKeepTheirOrder)
{
    base::Inbox<std::pair<int, int>> inbox(1024);
    constexpr int kEach = 20000;
    std::vector<std::thread> producers;
    for (int p = 0; p < 3; ++p) {
        producers.emplace_back([&inbox, p] {
            for (int i = 0; i < kEach; ++i)
                inbox.pushWaiting({p, i});
        });
    }
    int next[3] = {0, 0, 0};
    int taken = 0;
    while (taken < 3 * kEach) {
        for (const auto &[p, i] : inbox.take(std::chrono::seconds(5))) {
            ASSERT_EQ(i, next[p]++);
            ++taken;
        }
    }
    for (auto &producer : producers)
        producer.join();
    EXPECT_EQ(inbox.dropped(), 0U);
}

TEST(Inbox, AFullOneDropsAndCounts)
{
    base::Inbox<int> inbox(2);
    EXPECT_TRUE(inbox.push(1));
    EXPECT_TRUE(inbox.push(2));
    EXPECT_FALSE(inbox.push(3));
    EXPECT_EQ(inbox.dropped(), 1U);
    EXPECT_EQ(inbox.take(std::chrono::seconds(0)), (std::vector<int>{1, 2}));
}

TEST(Inbox, ClosingWakesTheConsumer)
{
    base::Inbox<int> inbox(2);
    std::thread closer([&] { inbox.close(); });
    EXPECT_TRUE(inbox.take(std::chrono::seconds(30)).empty());
    closer.join();
    EXPECT_FALSE(inbox.push(1));
}

TEST(ChunkList, ReadersSeeWhatIsPublishedWhileTheWriterGoesOn)
{
    base::ChunkList<std::size_t> list;
    constexpr std::size_t kMany = 300000;
    std::thread reader([&list] {
        std::size_t seen = 0;
        while (seen < kMany) {
            const auto size = list.size();
            for (; seen < size; ++seen) {
                if (list[seen] != seen * 3) {
                    ADD_FAILURE() << "element " << seen;
                    return;
                }
            }
        }
    });
    for (std::size_t i = 0; i < kMany; ++i)
        EXPECT_EQ(list.append(i * 3), i);
    reader.join();
}

struct Counted {
    int *alive;
    explicit Counted(int *count) : alive(count) { ++*alive; }
    Counted(Counted &&other) noexcept : alive(other.alive) { ++*alive; }
    Counted(const Counted &) = delete;
    Counted &operator=(const Counted &) = delete;
    ~Counted() { --*alive; }
};

TEST(ChunkList, ConstructsWhatWasAppendedAndNothingElse)
{
    constexpr int kSome = 5000;
    int alive = 0;
    {
        base::ChunkList<Counted> list;
        for (int i = 0; i < kSome; ++i)
            list.append(Counted(&alive));
        EXPECT_EQ(alive, kSome);
    }
    EXPECT_EQ(alive, 0);
}

} // namespace
