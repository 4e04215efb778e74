// SPDX-License-Identifier: Apache-2.0
// Files that grow while they are read.
#include "reading.h"

#include <condition_variable>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <ingest/follow.h>
#include <mutex>
#include <thread>

namespace {

using reading::at;
using support::endpoint;
using testing::ElementsAre;
using testing::HasSubstr;

std::string frame(int i)
{
    return support::ethernet(support::udp(endpoint("192.0.2.1:5060"), endpoint("192.0.2.2:5060"),
                                          fmt::format("packet {}", i)));
}

/// Follows a file on a thread of its own and waits for what comes.
class Follower
{
public:
    explicit Follower(std::string path) : m_path(std::move(path))
    {
        m_thread = std::thread([this] {
            ingest::Sink sink;
            sink.emit = [this](const base::Packet &packet) {
                note([&] { m_payloads.emplace_back(packet.payload.text()); });
                return true;
            };
            sink.flaw = [this](std::string sentence) {
                note([&] { m_flaws.push_back(std::move(sentence)); });
            };
            sink.idle = [this] { note([&] { ++m_idle; }); };
            sink.progress = [this](const ingest::Progress &told) {
                note([&] { m_progress = told; });
            };
            const auto outcome = ingest::followFile(m_path, sink, m_cancel);
            note([&] { m_error = outcome ? "" : outcome.error().sentence; });
        });
    }
    ~Follower() { stop(); }
    Follower(const Follower &) = delete;
    Follower &operator=(const Follower &) = delete;

    void append(std::string_view bytes) const
    {
        std::ofstream(m_path, std::ios::binary | std::ios::app) << bytes;
    }
    /// Until so many packets came; false: not within ten seconds.
    bool packets(std::size_t count)
    {
        return until([&] { return m_payloads.size() >= count; });
    }
    bool flaws(std::size_t count)
    {
        return until([&] { return m_flaws.size() >= count; });
    }
    /// Until the end of the file was looked at so often again.
    bool looked(int times)
    {
        std::unique_lock lock(m_mutex);
        const int before = m_idle;
        lock.unlock();
        return until([&] { return m_idle >= before + times; });
    }
    bool read(std::uint64_t bytes, std::uint64_t packetsInAll)
    {
        return until([&] {
            return m_progress.bytes == bytes && m_progress.totalBytes == bytes &&
                   m_progress.packets == packetsInAll;
        });
    }
    void stop()
    {
        m_cancel = true;
        if (m_thread.joinable())
            m_thread.join();
    }
    const std::vector<std::string> &payloads() const { return m_payloads; } // once stopped
    const std::vector<std::string> &told() const { return m_flaws; }
    const std::string &error() const { return m_error; }

private:
    template <class Change> void note(Change change)
    {
        const std::lock_guard guard(m_mutex);
        change();
        m_changed.notify_all();
    }
    template <class Condition> bool until(Condition condition)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, std::chrono::seconds(10), condition);
    }

    std::string m_path, m_error;
    std::atomic<bool> m_cancel{false};
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<std::string> m_payloads, m_flaws;
    int m_idle = 0;
    ingest::Progress m_progress;
    std::thread m_thread;
};

TEST(Follow, aHalfWrittenRecordIsWaitedFor)
{
    const std::string file = support::pcap({{at(0), frame(0)}, {at(1), frame(1)}});
    for (const std::size_t cut :
         {std::size_t{0}, std::size_t{10}, std::size_t{24}, std::size_t{30}, file.size() - 1}) {
        const support::TemporaryFile grows("grows.pcap", file.substr(0, cut));
        Follower follower(grows.path());
        ASSERT_TRUE(follower.looked(1)) << cut;
        follower.append(file.substr(cut));
        ASSERT_TRUE(follower.packets(2)) << cut;
        follower.append(support::pcap({{at(2), frame(2)}}).substr(24));
        ASSERT_TRUE(follower.packets(3)) << cut;
        follower.append("half a rec");
        ASSERT_TRUE(follower.looked(1));
        follower.stop();
        EXPECT_THAT(follower.payloads(), ElementsAre("packet 0", "packet 1", "packet 2"));
        EXPECT_TRUE(follower.told().empty());
        EXPECT_EQ(follower.error(), "");
    }
}

TEST(Follow, blocksOfPcapngAreFollowedToo)
{
    const std::string file = support::pcapng({{at(0), frame(0)}, {at(1), frame(1)}});
    const support::TemporaryFile grows("grows.pcapng", file.substr(0, 100));
    Follower follower(grows.path());
    ASSERT_TRUE(follower.looked(1));
    follower.append(file.substr(100));
    ASSERT_TRUE(follower.packets(2));
}

/// What stands in the file behind the first packet, until another comes.
void isToldAndPassedOver(const std::string &file, std::string_view rubbish, std::string_view more,
                         std::string_view later)
{
    const support::TemporaryFile grows("grows.pcap", file);
    Follower follower(grows.path());
    ASSERT_TRUE(follower.packets(1));
    follower.append(rubbish);
    ASSERT_TRUE(follower.flaws(1)) << "while the file still grows";
    follower.append(more);
    ASSERT_TRUE(follower.packets(3));
    follower.append(later);
    ASSERT_TRUE(follower.packets(5));
    follower.stop();
    EXPECT_THAT(follower.payloads(),
                ElementsAre("packet 0", "packet 1", "packet 2", "packet 3", "packet 4"));
    EXPECT_THAT(follower.told(),
                ElementsAre(HasSubstr("damaged behind"),
                            HasSubstr(fmt::format("{} bytes were passed over", rubbish.size()))));
    EXPECT_EQ(follower.error(), "");
}

TEST(Follow, whatIsNoPacketIsToldAndPassedOver)
{
    const std::string file = support::pcap({{at(0), frame(0)}});
    const std::string more = support::pcap({{at(1), frame(1)}, {at(2), frame(2)}}).substr(24);
    const std::string later = support::pcap({{at(3), frame(3)}, {at(4), frame(4)}}).substr(24);
    const support::Writer w(false);
    // A length that no packet has; one that more bytes could fill, at a time that cannot be.
    ASSERT_NO_FATAL_FAILURE(isToldAndPassedOver(file, std::string(40, '\xC3'), more, later));
    ASSERT_NO_FATAL_FAILURE(isToldAndPassedOver(
        file, w.u32(7) + w.u32(0xFFFFFFF0) + w.u32(50000) + w.u32(3) + "rubbish", more, later));
}

TEST(Follow, whatIsNoBlockIsToldAndPassedOver)
{
    const std::string file = support::pcapng({{at(0), frame(0)}});
    const std::string both = support::pcapng({{at(1), frame(1)}, {at(2), frame(2)}});
    const std::string more = both.substr(support::pcapng({}).size());
    const std::string later =
        support::pcapng({{at(3), frame(3)}, {at(4), frame(4)}}).substr(support::pcapng({}).size());
    const support::Writer w(false);
    ASSERT_NO_FATAL_FAILURE(isToldAndPassedOver(file, std::string(40, '\xC3'), more, later));
    ASSERT_NO_FATAL_FAILURE(
        isToldAndPassedOver(file, w.u32(0x12345678) + w.u32(80000) + "rubbish.", more, later));
}

TEST(Follow, aPacketThatStaysIncompleteIsToldOnce)
{
    const std::string file = support::pcap({{at(0), frame(0)}, {at(1), frame(1)}});
    for (const std::size_t there : {file.size() - 3, file.size() - 45}) {
        const support::TemporaryFile grows("grows.pcap", file.substr(0, there));
        Follower follower(grows.path());
        ASSERT_TRUE(follower.flaws(1));
        follower.append(file.substr(there));
        ASSERT_TRUE(follower.packets(2));
        follower.stop();
        EXPECT_THAT(follower.payloads(), ElementsAre("packet 0", "packet 1"));
        EXPECT_THAT(follower.told(), ElementsAre(HasSubstr("nothing has followed")));
    }
}

TEST(Follow, aShorterFileIsReadAnew)
{
    const support::TemporaryFile grows("grows.pcap",
                                       support::pcap({{at(0), frame(0)}, {at(1), frame(1)}}));
    Follower follower(grows.path());
    ASSERT_TRUE(follower.packets(2));
    std::filesystem::resize_file(grows.path(), 0);
    ASSERT_TRUE(follower.flaws(1));
    follower.append(support::pcap({{at(2), frame(2)}}));
    ASSERT_TRUE(follower.packets(3));
    follower.stop();
    EXPECT_THAT(follower.payloads(), ElementsAre("packet 0", "packet 1", "packet 2"));
    EXPECT_THAT(follower.told(), ElementsAre(HasSubstr("was made shorter or written anew")));
}

TEST(Follow, aFileWrittenAnewIsReadAnewThoughItIsLongerThanBefore)
{
    const support::TemporaryFile grows("grows.pcap", support::pcap({{at(0), frame(0)}}));
    Follower follower(grows.path());
    ASSERT_TRUE(follower.packets(1));
    ASSERT_TRUE(follower.looked(1));
    std::ofstream(grows.path(), std::ios::binary | std::ios::in) // at once, in place
        << support::pcap({{at(2), frame(2)}, {at(3), frame(3)}, {at(4), frame(4)}});
    ASSERT_TRUE(follower.packets(4));
    follower.stop();
    EXPECT_THAT(follower.payloads(), ElementsAre("packet 0", "packet 2", "packet 3", "packet 4"));
    EXPECT_THAT(follower.told(), ElementsAre(HasSubstr("written anew")));
}

TEST(Follow, tellsHowFarItIsEvenOfASmallFile)
{
    const std::string first = support::pcap({{at(0), frame(0)}, {at(1), frame(1)}});
    const support::TemporaryFile grows("grows.pcap", first);
    Follower follower(grows.path());
    ASSERT_TRUE(follower.read(first.size(), 2));
    const std::string more = support::pcap({{at(2), frame(2)}}).substr(24);
    follower.append(more);
    ASSERT_TRUE(follower.read(first.size() + more.size(), 3));
    std::filesystem::resize_file(grows.path(), 0);
    ASSERT_TRUE(follower.read(0, 3)); // what came stays
    follower.append(first);
    ASSERT_TRUE(follower.read(first.size(), 5));
}

TEST(Follow, aFileThatIsGoneIsToldOnce)
{
    const support::TemporaryFile grows("grows.pcap", support::pcap({{at(0), frame(0)}}));
    Follower follower(grows.path());
    ASSERT_TRUE(follower.packets(1));
    std::filesystem::remove(grows.path());
    ASSERT_TRUE(follower.flaws(1));
    follower.append(support::pcap({{at(1), frame(1)}}));
    ASSERT_TRUE(follower.packets(2));
    follower.stop();
    EXPECT_THAT(follower.told(),
                ElementsAre(HasSubstr("is gone"), HasSubstr("was replaced by another")));
}

TEST(Follow, anotherFileOfItsNameIsReadBehindTheOld)
{
    const support::TemporaryFile grows("grows.pcap", support::pcap({{at(0), frame(0)}}));
    const std::string old = grows.path() + ".1";
    Follower follower(grows.path());
    ASSERT_TRUE(follower.packets(1));
    std::filesystem::rename(grows.path(), old);
    std::ofstream(old, std::ios::binary | std::ios::app)
        << support::pcap({{at(1), frame(1)}}).substr(24);
    ASSERT_TRUE(follower.packets(2)); // the old one is still open
    follower.append(support::pcapng({{at(2), frame(2)}}));
    ASSERT_TRUE(follower.packets(3));
    follower.stop();
    std::filesystem::remove(old);
    EXPECT_THAT(follower.payloads(), ElementsAre("packet 0", "packet 1", "packet 2"));
    EXPECT_THAT(follower.told(), ElementsAre(HasSubstr("was replaced by another")));
}

TEST(Follow, whatCannotBeFollowedIsRefused)
{
    const support::TemporaryFile text("notes.txt", "dear diary, this is no capture at all");
    const std::atomic<bool> cancel{false};
    ingest::Sink sink;
    sink.emit = [](const base::Packet &) { return true; };
    const auto diary = ingest::followFile(text.path(), sink, cancel);
    ASSERT_FALSE(diary);
    EXPECT_THAT(diary.error().sentence, HasSubstr("no capture file"));
    const auto gone = ingest::followFile(text.path() + ".gone", sink, cancel);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, base::ErrorCode::NotFound);
}

} // namespace
