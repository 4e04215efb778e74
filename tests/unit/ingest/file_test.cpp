// SPDX-License-Identifier: Apache-2.0
#include "reading.h"

#include <gmock/gmock.h>
#include <ingest/mapping.h>
#include <support/packing.h>

namespace {

using reading::at;
using support::endpoint;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHello = support::ethernet(
    support::udp(endpoint("192.0.2.1:5060"), endpoint("192.0.2.2:5060"), "hello"));
constexpr base::Instant kFine{1'700'000'000'123'456'789};

TEST(Pcap, recordsMayHaveFourMoreBytes)
{
    for (const int count : {2, 3, 5}) {
        std::string file = support::pcap({});
        for (int i = 0; i < count; ++i) {
            std::string record =
                support::pcap({{reading::at(i),
                                support::ethernet(support::udp(support::endpoint("192.0.2.1:5060"),
                                                               support::endpoint("192.0.2.2:5060"),
                                                               "packet " + std::to_string(i)))}})
                    .substr(24);
            file += record.insert(16, 4, '\x02');
        }
        const auto read = reading::read(file);
        ASSERT_EQ(read.packets.size(), static_cast<std::size_t>(count));
        EXPECT_EQ(read.payload(static_cast<std::size_t>(count) - 1),
                  "packet " + std::to_string(count - 1));
        EXPECT_TRUE(read.flaws.empty());
    }
}

TEST(Pcap, bothOrdersAndBothUnits)
{
    for (const bool big : {false, true}) {
        for (const bool nanoseconds : {false, true}) {
            const auto read = reading::read(
                support::pcap({{kFine, kHello}, {at(9), kHello}}, {big, nanoseconds, 1}));
            ASSERT_TRUE(read.outcome);
            ASSERT_EQ(read.packets.size(), 2U);
            EXPECT_EQ(read.packets[0].time.ns, nanoseconds ? kFine.ns : kFine.ns / 1000 * 1000);
            EXPECT_EQ(read.payload(1), "hello");
            EXPECT_FALSE(read.outcome->truncated);
            EXPECT_THAT(read.outcome->linkTypes, ElementsAre("Ethernet"));
            EXPECT_EQ(read.outcome->progress.packets, 2U);
            EXPECT_EQ(read.outcome->progress.bytes, read.outcome->progress.totalBytes);
            EXPECT_TRUE(read.flaws.empty());
        }
    }
}

TEST(Pcap, payloadViewsTheFile)
{
    const base::Blob file = base::Blob::copy(support::pcap({{at(0), kHello}}));
    const std::atomic<bool> cancel{false};
    base::Packet packet;
    ingest::Sink sink;
    sink.emit = [&](base::Packet p) {
        packet = std::move(p);
        return true;
    };
    ASSERT_TRUE(ingest::readBytes("x", file, sink, cancel));
    EXPECT_GE(packet.payload.text().data(), file.text().data());
    EXPECT_LE(packet.payload.text().data() + 5, file.text().data() + file.size());
    EXPECT_EQ(packet.payload.owner(), file.owner());
}

TEST(Pcap, everyCutKeepsWhatIsWhole)
{
    const std::string file = support::pcap({{at(0), kHello}, {at(1), kHello}});
    const std::size_t record = 16 + kHello.size();
    for (std::size_t length = 24; length < file.size(); ++length) {
        const auto read = reading::read(file.substr(0, length));
        ASSERT_TRUE(read.outcome) << length;
        EXPECT_EQ(read.packets.size(), (length - 24) / record) << length;
        EXPECT_EQ(read.outcome->truncated, (length - 24) % record != 0) << length;
        EXPECT_EQ(read.flaws.size(), read.outcome->truncated ? 1U : 0U) << length;
    }
}

TEST(Pcap, recordThatClaimsGigabytesEndsTheReading)
{
    const support::Writer w(false);
    const auto read = reading::read(support::pcap({{at(0), kHello}}) + w.u32(1) + w.u32(2) +
                                    w.u32(0xFFFFFFF0U) + w.u32(0xFFFFFFF0U) + "rest");
    ASSERT_TRUE(read.outcome);
    EXPECT_EQ(read.packets.size(), 1U);
    EXPECT_TRUE(read.outcome->truncated);
    EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("claims 4294967280 bytes, which no packet has")));
}

TEST(Pcap, whatTheSnapLengthTookAwayIsTold)
{
    const std::string cut = kHello.substr(0, kHello.size() - 2);
    const auto read = reading::read(support::pcap({{at(0), cut, 2}, {at(1), kHello}}));
    ASSERT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.payload(0), "hel");
    EXPECT_TRUE(read.packets[0].cut);
    EXPECT_FALSE(read.packets[1].cut);
}

TEST(Pcapng, bothOrders)
{
    for (const bool big : {false, true}) {
        const auto read = reading::read(support::pcapng({{kFine, kHello}, {at(3), kHello}}, big));
        ASSERT_TRUE(read.outcome);
        ASSERT_EQ(read.packets.size(), 2U);
        EXPECT_EQ(read.packets[0].time.ns, kFine.ns / 1000 * 1000);
        EXPECT_EQ(read.packets[1].time, at(3));
        EXPECT_TRUE(read.flaws.empty());
    }
}

TEST(Pcapng, resolutionsAndOffsets)
{
    const support::Writer w(true);
    const auto stampOf = [&](std::uint64_t stamp, const std::string &options) {
        const auto read =
            reading::read(support::sectionBlock(w) + support::interfaceBlock(w, 1, options) +
                          support::packetBlock(w, 0, stamp, kHello));
        return read.packets.size() == 1 ? read.packets[0].time.ns : -1;
    };
    const auto resolution = [&](char value) {
        return support::option(w, 9, std::string(1, value));
    };
    EXPECT_EQ(stampOf(1'700'000'000'123'456'789, resolution('\x09')), 1'700'000'000'123'456'789);
    EXPECT_EQ(stampOf(17'000'000'005, resolution('\x01')), 1'700'000'000'500'000'000);
    EXPECT_EQ(stampOf((1'700'000'000ULL << 10U) + 256, resolution('\x8A')),
              1'700'000'000'250'000'000);
    EXPECT_EQ(stampOf(1'000'000, support::option(w, 14, std::string("\0\0\0\0\0\0\0\x05", 8))),
              6'000'000'000);
    EXPECT_EQ(stampOf(1'000'000, resolution('\x7F')), 1'000'000'000); // beyond sense: microseconds
    EXPECT_EQ(stampOf(0xFFFFFFFFFFFFFFFFULL, resolution('\0')),
              4'000'000'000'000'000'000); // kept in range
    EXPECT_EQ(stampOf(1'000'000, support::option(w, 14, std::string(8, '\x80'))), 0);
}

TEST(Pcapng, severalInterfacesAndSections)
{
    const support::Writer little(false), big(true);
    const std::string raw = kHello.substr(14);
    const std::string file =
        support::sectionBlock(little) + support::interfaceBlock(little, 1) +
        support::interfaceBlock(little, 101, support::option(little, 9, std::string(1, '\x09'))) +
        support::packetBlock(little, 1, 5'000'000'007, raw) +
        support::packetBlock(little, 0, 6'000'000, kHello) + support::sectionBlock(big) +
        support::interfaceBlock(big, 12) + support::packetBlock(big, 0, 7'000'000, raw);
    const auto read = reading::read(file);
    ASSERT_EQ(read.packets.size(), 3U);
    EXPECT_EQ(read.packets[0].time.ns, 5'000'000'007);
    EXPECT_EQ(read.packets[1].time.ns, 6'000'000'000);
    EXPECT_EQ(read.packets[2].time.ns, 7'000'000'000);
    ASSERT_TRUE(read.outcome);
    EXPECT_THAT(read.outcome->linkTypes, ElementsAre("Ethernet", "raw IP"));
}

TEST(Pcapng, simpleOldAndUnknownBlocks)
{
    const support::Writer w(false);
    const auto size = static_cast<std::uint32_t>(kHello.size());
    const std::string old =
        w.u16(0) + w.u16(0) + w.u32(0) + w.u32(4'000'000) + w.u32(size) + w.u32(size) + kHello;
    const auto read = reading::read(
        support::sectionBlock(w) + support::interfaceBlock(w, 1) +
        support::block(w, 0x0BADF00D, "what?") + support::block(w, 2, old) +
        support::block(w, 3, w.u32(size) + kHello) +
        support::block(w, 5,
                       std::string(12, '\0') +
                           support::option(w, 5, std::string("\x03\0\0\0\0\0\0\0", 8))));
    ASSERT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.packets[0].time.ns, 4'000'000'000);
    EXPECT_EQ(read.packets[1].time.ns, 4'000'000'000);
    EXPECT_EQ(read.payload(1), "hello");
    EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("lost 3 packets")));
}

TEST(Pcapng, lossCountsOfAnInterfaceAreNotAddedUp)
{
    const support::Writer w(false);
    const auto lost = [&](std::uint32_t interface, char count) {
        return support::block(
            w, 5,
            w.u32(interface) + std::string(8, '\0') +
                support::option(w, 5, std::string(1, count) + std::string(7, '\0')));
    };
    const auto read =
        reading::read(support::sectionBlock(w) + support::interfaceBlock(w, 1) +
                      support::interfaceBlock(w, 1) + lost(0, 2) + lost(1, 1) + lost(0, 4));
    EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("lost 5 packets")));
}

TEST(Pcapng, everyCutKeepsWhatIsWhole)
{
    const std::string file = support::pcapng({{at(0), kHello}, {at(1), kHello}});
    const std::size_t packet = 32 + (kHello.size() + 3) / 4 * 4, before = 28 + 20;
    for (std::size_t length = before; length < file.size(); ++length) {
        const auto read = reading::read(file.substr(0, length));
        ASSERT_TRUE(read.outcome) << length;
        EXPECT_EQ(read.packets.size(), (length - before) / packet) << length;
        EXPECT_EQ(read.outcome->truncated, (length - before) % packet != 0) << length;
    }
}

TEST(Pcapng, wrongLengthsAndInterfacesAreToldAndSurvived)
{
    const support::Writer w(false);
    std::string wrongEnd = support::packetBlock(w, 0, 1, kHello);
    wrongEnd.back() = '\x55';
    const std::string start = support::sectionBlock(w) + support::interfaceBlock(w, 1);
    EXPECT_THAT(reading::read(start + wrongEnd).flaws,
                ElementsAre(HasSubstr("differently at its two ends")));
    const auto stranger = reading::read(start + support::packetBlock(w, 9, 1, kHello) +
                                        support::packetBlock(w, 0, 1, kHello));
    EXPECT_EQ(stranger.packets.size(), 1U);
    EXPECT_THAT(stranger.flaws, ElementsAre(HasSubstr("1 packet names an interface")));
    for (const std::uint32_t length : {0U, 4U, 13U, 0xFFFFFFFCU}) {
        const auto read = reading::read(start + w.u32(6) + w.u32(length) + std::string(40, '\0'));
        ASSERT_TRUE(read.outcome);
        EXPECT_TRUE(read.outcome->truncated);
    }
}

TEST(ReadFile, readsFromDiskAndRefusesInSentences)
{
    const std::atomic<bool> cancel{false};
    int packets = 0;
    ingest::Sink sink;
    sink.emit = [&](const base::Packet &) { return ++packets > 0; };
    const support::TemporaryFile good("good.pcap", support::pcap({{at(0), kHello}}));
    ASSERT_TRUE(ingest::readFile(good.path(), sink, cancel));
    EXPECT_EQ(packets, 1);

    const support::TemporaryFile empty("empty", ""), text("notes.txt", "dear diary"),
        zip("x.gz", "\x1F\x8B\x08");
    const auto sentence = [&](const std::string &path) {
        const auto outcome = ingest::readFile(path, sink, cancel);
        return outcome ? std::string("(no error)") : outcome.error().sentence;
    };
    EXPECT_THAT(sentence(empty.path()), HasSubstr("is empty"));
    EXPECT_THAT(
        sentence(text.path()),
        testing::AllOf(HasSubstr("no capture file this program knows, and no text with SIP"),
                       HasSubstr("Asterisk pjsip logger")));
    EXPECT_THAT(sentence(zip.path()), HasSubstr("ends before enough of it"));
    const support::TemporaryFile diary("diary.gz", support::gzip("dear diary, nothing happened"));
    EXPECT_THAT(sentence(diary.path()), HasSubstr("is compressed and holds no capture file"));
    EXPECT_THAT(sentence(good.path() + ".gone"), HasSubstr("There is no file"));
    EXPECT_THAT(sentence("/"), HasSubstr("is no file"));
    EXPECT_THAT(sentence("/dev/null"), HasSubstr("is no file"));
}

TEST(ReadFile, aFileThatShrinksWhileItIsMappedReadsAsZeros)
{
    std::vector<support::CapturedFrame> frames;
    for (int i = 0; i < 4000; ++i)
        frames.push_back({at(i), kHello});
    const std::string whole = support::pcap(frames);
    const support::TemporaryFile file("shrinks.pcap", whole);
    const auto bytes = ingest::mapFile(file.path());
    ASSERT_TRUE(bytes);
    constexpr std::size_t kLeft = 64 * 1024; // a page's end on every machine
    ASSERT_GT(whole.size(), 2 * kLeft);
    std::filesystem::resize_file(file.path(), kLeft);
    EXPECT_EQ(bytes->text().substr(0, kLeft), std::string_view(whole).substr(0, kLeft));
    EXPECT_EQ(bytes->text().find_first_not_of('\0', kLeft), std::string_view::npos);
    const auto read = reading::read(bytes->text());
    EXPECT_GT(read.packets.size(), 100U);
    ASSERT_TRUE(read.outcome);
    EXPECT_TRUE(read.outcome->truncated);
    EXPECT_EQ(read.flaws.size(), 1U);
}

TEST(ReadFile, cancelStopsAndKeepsWhatCame)
{
    std::atomic<bool> cancel{false};
    int packets = 0;
    ingest::Sink sink;
    sink.emit = [&](const base::Packet &) {
        cancel = ++packets == 3;
        return true;
    };
    std::vector<support::CapturedFrame> frames;
    for (int i = 0; i < 10; ++i)
        frames.push_back({at(i), kHello});
    for (const std::string &file : {support::pcap(frames), support::pcapng(frames)}) {
        packets = 0;
        cancel = false;
        const auto outcome = ingest::readBytes("x", base::Blob::copy(file), sink, cancel);
        ASSERT_TRUE(outcome);
        EXPECT_TRUE(outcome->cancelled);
        EXPECT_EQ(packets, 3);
        EXPECT_EQ(outcome->progress.packets, 3U);
    }
}

TEST(ReadFile, tellsItsProgress)
{
    const std::atomic<bool> cancel{false};
    std::vector<std::uint64_t> told;
    ingest::Sink sink;
    sink.emit = [](const base::Packet &) { return true; };
    sink.progress = [&](const ingest::Progress &progress) { told.push_back(progress.bytes); };
    const std::string big = support::ethernet(support::udp(
        endpoint("192.0.2.1:5060"), endpoint("192.0.2.2:5060"), std::string(60000, 'x')));
    const std::string file = support::pcap(std::vector<support::CapturedFrame>(60, {at(0), big}));
    ASSERT_TRUE(ingest::readBytes("x", base::Blob::copy(file), sink, cancel));
    ASSERT_GE(told.size(), 3U);
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
    EXPECT_EQ(told.back(), file.size());
}

} // namespace
