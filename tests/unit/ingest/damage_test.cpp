// SPDX-License-Identifier: Apache-2.0
// Damaged files: what is whole before and behind the damage is read, and the damage told.
#include "reading.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace {

using reading::at;
using reading::read;
using support::endpoint;
using testing::ElementsAre;
using testing::HasSubstr;

std::string frame(int i)
{
    return support::ethernet(support::udp(endpoint("192.0.2.1:5060"), endpoint("192.0.2.2:5060"),
                                          fmt::format("packet {}", i)));
}

std::vector<support::CapturedFrame> frames(int count, int from = 0)
{
    std::vector<support::CapturedFrame> out;
    for (int i = from; i < from + count; ++i)
        out.push_back({at(i), frame(i)});
    return out;
}

TEST(Damage, aDamagedLengthInAPcapIsPassedOver)
{
    for (const bool big : {false, true}) {
        for (const std::string_view length : {"\xFF\xFF\xFF\xFF", "\x40\x40\x01\x01"}) {
            support::PcapOptions options;
            options.big = big;
            std::string file = support::pcap(frames(20), options);
            const std::size_t record = 16 + frame(0).size();
            file.replace(24 + 5 * record + 8, 4, length);
            const auto out = read(file);
            // One frame's text is a byte longer from ten on, the damage lies before.
            EXPECT_EQ(out.packets.size(), 19U);
            EXPECT_EQ(out.payload(4), "packet 4");
            EXPECT_EQ(out.payload(5), "packet 6");
            ASSERT_TRUE(out.outcome);
            EXPECT_TRUE(out.outcome->truncated);
            EXPECT_THAT(out.flaws, ElementsAre(testing::AllOf(HasSubstr("damaged behind packet 5"),
                                                              HasSubstr("passed over"))));
        }
    }
}

TEST(Damage, rubbishBetweenRecordsIsPassedOver)
{
    const std::string one = support::pcap(frames(8)), rubbish(777, '\xA5');
    const std::size_t record = 16 + frame(0).size();
    std::string file = one;
    file.insert(24 + 3 * record, rubbish);
    const auto out = read(file);
    EXPECT_EQ(out.packets.size(), 8U);
    EXPECT_THAT(out.flaws, ElementsAre(HasSubstr("777 bytes were passed over")));
}

TEST(Damage, lostBytesCostTheirRecordOnly)
{
    std::string file = support::pcap(frames(9));
    const std::size_t record = 16 + frame(0).size();
    file.erase(24 + 3 * record + 20, 10);
    const auto out = read(file);
    EXPECT_GE(out.packets.size(), 7U);
    EXPECT_EQ(out.payload(out.packets.size() - 1), "packet 8");
}

TEST(Damage, manyPlacesAreToldTogether)
{
    std::string file;
    for (int i = 0; i < 10; ++i)
        file += support::pcap(frames(3, 3 * i)).substr(i == 0 ? 0 : 24) + std::string(99, '\xEE');
    const auto out = read(file + support::pcap(frames(1, 30)).substr(24));
    EXPECT_EQ(out.packets.size(), 31U);
    ASSERT_EQ(out.flaws.size(), 4U);
    EXPECT_THAT(out.flaws.back(), HasSubstr("7 further places; 693 bytes"));
}

TEST(Damage, aDamagedBlockIsPassedOver)
{
    for (const bool big : {false, true}) {
        const std::string whole = support::pcapng(frames(9), big);
        const std::size_t first = 28 + 20, block = (whole.size() - first) / 9;
        for (const std::size_t field : {std::size_t{4}, block - 4}) {
            std::string file = whole;
            file.replace(first + 4 * block + field, 4, "\x01\x23\x45\x67");
            const auto out = read(file);
            ASSERT_TRUE(out.outcome);
            EXPECT_EQ(out.payload(out.packets.size() - 1), "packet 8") << field;
            EXPECT_GE(out.packets.size(), 8U);
            EXPECT_EQ(out.flaws.size(), 1U) << field;
        }
        std::string file = whole;
        file.insert(first + 4 * block, std::string(1001, '\x01'));
        const auto out = read(file);
        EXPECT_EQ(out.packets.size(), 9U);
        EXPECT_THAT(out.flaws, ElementsAre(testing::AllOf(HasSubstr("damaged behind block 6"),
                                                          HasSubstr("1001 bytes"))));
    }
}

TEST(Damage, twoFilesInARowAreTwoSections)
{
    const auto out = read(support::pcapng(frames(2), false) + support::pcapng(frames(3, 2), true));
    EXPECT_EQ(out.packets.size(), 5U);
    EXPECT_TRUE(out.flaws.empty());
}

TEST(PcapVariants, longerHeadersAndOldOrders)
{
    const support::Writer w(true);
    const std::string bytes = frame(0);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const auto header = [&](std::uint32_t magic, std::uint32_t minor, std::uint32_t link) {
        return w.u32(magic) + w.u16(2) + w.u16(minor) + std::string(8, '\0') + w.u32(0) +
               w.u32(link);
    };
    const std::string stamp = w.u32(7) + w.u32(5);
    const std::string modified = header(0xA1B2CD34, 4, 1) + stamp + w.u32(size) + w.u32(size) +
                                 std::string(8, '\x01') + bytes;
    const std::string old =
        header(0xA1B2C3D4, 1, 1) + stamp + w.u32(size + 9) + w.u32(size) + bytes;
    const std::string between =
        header(0xA1B2C3D4, 3, 1) + stamp + w.u32(size + 9) + w.u32(size) + bytes;
    const std::string aix = header(0xA1B2C3D4, 2, 6) + stamp + w.u32(size) + w.u32(size) + bytes;
    const std::string generator =
        header(0x1C0001AC, 4, 1) + w.u32(0) + stamp + w.u32(size) + w.u32(size) + bytes;
    const std::string fcs =
        header(0xA1B2C3D4, 4, 0x24000001) + stamp + w.u32(size) + w.u32(size) + bytes;
    for (const std::string &file : {modified, old, between, aix, generator, fcs}) {
        const auto out = read(file);
        ASSERT_EQ(out.packets.size(), 1U);
        EXPECT_EQ(out.payload(0), "packet 0");
        EXPECT_TRUE(out.flaws.empty());
    }
    EXPECT_EQ(read(aix).packets[0].time.ns, 7'000'000'005);
    EXPECT_EQ(read(generator).packets[0].time.ns, 7'000'000'005);
    EXPECT_EQ(read(fcs).packets[0].time.ns, 7'000'005'000);
}

} // namespace
