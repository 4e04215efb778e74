// SPDX-License-Identifier: Apache-2.0
// A capture written as several files: what is half there at the end of one goes on in the next.
#include "talks.h"

#include <gmock/gmock.h>
#include <ingest/continued.h>
#include <ingest/decode/reassembly.h>

using reading::at;
using talks::message;
using talks::said;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr std::uint32_t kRaw = 101;

std::string file(const std::vector<support::CapturedFrame> &frames, bool blocks = false,
                 std::uint32_t linkType = kRaw)
{
    if (blocks)
        return support::pcapng(frames, false, linkType);
    support::PcapOptions options;
    options.linkType = linkType;
    return support::pcap(frames, options);
}

/// The packets 100 ms apart, `size` of them in each file.
reading::Read readInParts(const std::vector<std::string> &packets, std::size_t size,
                          std::string_view keyLog = {}, bool goesOn = true)
{
    reading::Read out;
    const std::atomic<bool> cancel{false};
    ingest::Sink sink;
    sink.emit = [&](base::Packet packet) {
        out.packets.push_back(std::move(packet));
        return true;
    };
    sink.flaw = [&](std::string sentence) { out.flaws.push_back(std::move(sentence)); };
    sink.keyLog = base::Blob::copy(keyLog);
    if (goesOn)
        sink.kept = std::make_shared<ingest::decode::Reassembly>();
    for (std::size_t from = 0; from < packets.size(); from += size) {
        std::vector<support::CapturedFrame> frames;
        for (std::size_t i = from; i < std::min(packets.size(), from + size); ++i)
            frames.push_back({at(static_cast<std::int64_t>(i) * 100), packets[i]});
        sink.goesOn = [&, last = from + size >= packets.size()](std::uint32_t link, base::Instant) {
            EXPECT_EQ(link, kRaw);
            return goesOn && !last;
        };
        out.outcome = ingest::readBytes("part.pcap", base::Blob::copy(file(frames)), sink, cancel);
    }
    return out;
}

std::vector<std::string> tlsTalk(std::string &keyLog)
{
    support::TlsTalk talk({});
    talk.handshake();
    for (int i = 0; i < 6; ++i) {
        talk.client(message("OPTIONS", 300));
        talk.server("SIP/2.0 200 OK\r\n\r\n");
    }
    talk.close();
    keyLog = talk.keyLog;
    return talks::segments(talk.flights, {200, {}, 0});
}

TEST(Continued, aTlsConnectionIsReadOn)
{
    std::string keyLog;
    const auto packets = tlsTalk(keyLog);
    std::string all;
    for (int i = 0; i < 6; ++i)
        all += message("OPTIONS", 300);
    for (const std::size_t size : {5U, 14U, 1U}) {
        const auto read = readInParts(packets, size, keyLog);
        EXPECT_EQ(said(read, true), all);
        EXPECT_THAT(read.flaws, IsEmpty()) << "the key log was of use, though not in each file";
    }
    EXPECT_NE(said(readInParts(packets, 14, keyLog, false), true), all) << "two captures";
}

TEST(Continued, piecesOfADatagramAreOne)
{
    const std::string datagram = support::udpSegment(5060, 5070, message("OPTIONS", 64));
    std::vector<std::string> packets;
    for (std::size_t begin = 0; begin < datagram.size(); begin += 64) {
        support::IpOptions options;
        options.identification = 7;
        options.fragment =
            static_cast<std::uint16_t>(begin / 8 | (begin + 64 < datagram.size() ? 0x2000U : 0U));
        packets.push_back(support::ipPacket(talks::kClient.address, talks::kServer.address, 17,
                                            datagram.substr(begin, 64), options));
    }
    const auto read = readInParts(packets, 1);
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.payload(0), message("OPTIONS", 64));
    EXPECT_FALSE(read.packets[0].cut);
    EXPECT_THAT(read.flaws, IsEmpty());
}

struct Files {
    std::vector<std::unique_ptr<support::TemporaryFile>> files;
    std::string add(std::int64_t from, std::int64_t to, bool blocks, std::uint32_t linkType = kRaw)
    {
        const std::string packet = support::udp(talks::kClient, talks::kServer, "OPTIONS");
        const std::string frame = linkType == 1 ? support::ethernet(packet) : packet;
        files.push_back(std::make_unique<support::TemporaryFile>(
            "part", file({{at(from), frame}, {at((from + to) / 2), frame}, {at(to), frame}}, blocks,
                         linkType)));
        return files.back()->path();
    }
};

TEST(Continued, extentIsReadFromBothEnds)
{
    for (const bool blocks : {false, true}) {
        Files files;
        const auto extent = ingest::extentOf(files.add(1000, 9000, blocks));
        ASSERT_TRUE(extent);
        EXPECT_EQ(extent->linkType, kRaw);
        EXPECT_EQ(extent->first, at(1000));
        EXPECT_EQ(extent->last, at(9000));
    }
    EXPECT_FALSE(ingest::extentOf("/nowhere/at.all"));
    const support::TemporaryFile text("trace.txt", message("OPTIONS"));
    EXPECT_FALSE(ingest::extentOf(text.path()));
}

TEST(Continued, filesOfOneCaptureAreReadInOrderOfTime)
{
    for (const bool blocks : {false, true}) {
        Files files;
        const std::string third = files.add(20'000, 30'000, blocks),
                          beside = files.add(5'000, 25'000, blocks),
                          first = files.add(0, 10'000, blocks),
                          foreign = files.add(40'000, 50'000, blocks, 1),
                          second = files.add(10'000, 20'000, blocks);
        EXPECT_THAT(ingest::readingOrder({third, beside, first, foreign, second}),
                    ElementsAre(first, second, third, beside, foreign));
        EXPECT_THAT(ingest::readingOrder({beside, "/nowhere/at.all", first}),
                    ElementsAre(beside, "/nowhere/at.all", first));
    }
}

TEST(Continued, whatRunsBesideIsNoContinuation)
{
    const ingest::Extent next{1, at(10'000), at(20'000)};
    EXPECT_TRUE(ingest::follows(1, at(9'999), next));
    EXPECT_FALSE(ingest::follows(101, at(9'999), next)) << "another link";
    EXPECT_FALSE(ingest::follows(1, at(15'000), next)) << "it began before";
    EXPECT_FALSE(ingest::follows(1, at(10'000 - 2 * 86'400'000), next)) << "another day";
    EXPECT_FALSE(ingest::follows(1, {}, next));
}

} // namespace
