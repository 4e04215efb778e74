// SPDX-License-Identifier: Apache-2.0
// Compressed captures of each kind, whole, cut, damaged and far too large.
#include "reading.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <ingest/unpack.h>
#include <lz4frame.h>
#include <support/packing.h>
#include <zstd.h>

namespace {

using reading::at;
using reading::read;
using support::endpoint;
using testing::ElementsAre;
using testing::HasSubstr;

std::string capture(int packets, bool ng = false)
{
    std::vector<support::CapturedFrame> frames;
    for (int i = 0; i < packets; ++i) {
        frames.push_back({at(i), support::ethernet(support::udp(
                                     endpoint("192.0.2.1:5060"), endpoint("192.0.2.2:5060"),
                                     fmt::format("packet {} {}", i, (i * 7919) % 100'003)))});
    }
    return ng ? support::pcapng(frames) : support::pcap(frames);
}

using Pack = std::string (*)(std::string_view);

class Unpack : public testing::TestWithParam<Pack>
{
};

TEST_P(Unpack, everyPacketOfALongFileComesOut)
{
    constexpr int kPackets = 12'000; // several chunks
    for (const bool ng : {false, true}) {
        const std::string packed = GetParam()(capture(kPackets, ng));
        const auto out = read(packed);
        ASSERT_TRUE(out.outcome);
        ASSERT_EQ(out.packets.size(), static_cast<std::size_t>(kPackets));
        for (int i = 0; i < kPackets; i += 997)
            EXPECT_EQ(out.payload(static_cast<std::size_t>(i)),
                      fmt::format("packet {} {}", i, (i * 7919) % 100'003));
        EXPECT_TRUE(out.flaws.empty());
        EXPECT_FALSE(out.outcome->truncated);
        EXPECT_EQ(out.outcome->progress.bytes, packed.size());
        EXPECT_EQ(out.outcome->progress.totalBytes, packed.size());
    }
}

TEST_P(Unpack, severalMembersAreOneFile)
{
    const std::string whole = capture(100);
    const auto out = read(GetParam()(whole.substr(0, 1000)) + GetParam()(whole.substr(1000)));
    EXPECT_EQ(out.packets.size(), 100U);
    EXPECT_TRUE(out.flaws.empty());
}

TEST_P(Unpack, ofACutFileWhatIsThereIsShown)
{
    const std::string packed = GetParam()(capture(12'000));
    const auto out = read(packed.substr(0, packed.size() / 2));
    ASSERT_TRUE(out.outcome);
    EXPECT_GT(out.packets.size(), 1000U);
    EXPECT_TRUE(out.outcome->truncated);
    EXPECT_THAT(out.flaws, ElementsAre(HasSubstr("ends in the middle")));
}

TEST_P(Unpack, whereNothingCanBeUnpackedTheReasonIsTold)
{
    const std::string packed = GetParam()(capture(1));
    const auto cut = read(packed.substr(0, 12));
    ASSERT_FALSE(cut.outcome);
    EXPECT_THAT(cut.outcome.error().sentence, HasSubstr("ends before enough of it"));
    std::string damaged = packed.substr(0, 4) + std::string(packed.size() - 4, '\xFF');
    const auto broken = read(damaged);
    ASSERT_FALSE(broken.outcome);
    EXPECT_THAT(broken.outcome.error().sentence, HasSubstr("damaged at its beginning"));
}

TEST_P(Unpack, everyCutAndEveryDamagedByteIsSurvived)
{
    const std::string packed = GetParam()(capture(5));
    for (std::size_t size = 4; size < packed.size(); ++size)
        read(packed.substr(0, size));
    for (std::size_t i = 4; i < packed.size(); ++i) {
        std::string broken = packed;
        broken[i] = static_cast<char>(broken[i] ^ 0x55);
        read(broken);
    }
    const auto other = read(GetParam()("dear diary"));
    ASSERT_FALSE(other.outcome);
    EXPECT_THAT(other.outcome.error().sentence,
                HasSubstr("is compressed and holds no capture file"));
}

TEST_P(Unpack, whatGrowsTooMuchIsReadUpToThere)
{
    const std::string packed = GetParam()(std::string(8 << 20, 'x'));
    ingest::UnpackLimits limits;
    limits.ratioFrom = 1 << 20;
    const auto input = ingest::unpacked(base::Blob::copy(packed), limits);
    EXPECT_FALSE(input->ensure(8 << 20));
    EXPECT_THAT(input->trouble(), HasSubstr("more than 100 times its size"));

    limits = {};
    limits.kept = 1 << 20;
    const auto kept = ingest::unpacked(base::Blob::copy(packed), limits);
    std::vector<std::shared_ptr<const void>> owners;
    std::uint64_t seen = 0;
    while (kept->ensure(1)) {
        owners.push_back(kept->owner());
        seen += kept->rest().size();
        kept->consume(kept->rest().size());
    }
    EXPECT_THAT(kept->trouble(), HasSubstr("more than this program keeps"));
    EXPECT_LT(seen, 3U << 20U);
    const auto passing = ingest::unpacked(base::Blob::copy(packed), limits);
    seen = 0;
    while (passing->ensure(1)) { // what nobody keeps does not count
        seen += passing->rest().size();
        passing->consume(passing->rest().size());
    }
    EXPECT_EQ(seen, 8U << 20U);
    EXPECT_EQ(passing->trouble(), "");
}

INSTANTIATE_TEST_SUITE_P(EachKind, Unpack,
                         testing::Values(&support::gzip, &support::zstd, &support::lz4));

} // namespace
