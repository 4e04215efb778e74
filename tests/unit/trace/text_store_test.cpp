// SPDX-License-Identifier: Apache-2.0
// Old text leaves memory and is read again, byte for byte, from where it always stood.
#include <support/wire.h>

#include <atomic>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20U; // as the store's
constexpr std::size_t kBound = 2 * kBlock;

base::Packet packetOf(std::string_view text)
{
    base::Packet packet;
    packet.time = base::Instant{5};
    packet.origin = base::Origin::Tap;
    packet.payload = base::Blob::copy(text);
    return packet;
}

std::string textOf(std::uint32_t number)
{
    std::string text = support::response(
        200, "OPTIONS",
        {.callId = "call-" + std::to_string(number), .cseq = static_cast<int>(number) + 1});
    text += std::string(700, static_cast<char>('a' + number % 26));
    return text;
}

trace::RowId add(trace::Trace &trace, const std::string &text)
{
    const auto message = sip::parse(text);
    return trace.add(trace::RowKind::Message, packetOf(text), text, &*message);
}

TEST(TextStore, keepsMemoryBoundedAndEveryByte)
{
    trace::Trace trace;
    ASSERT_TRUE(trace.bound(kBound, std::filesystem::temp_directory_path().string()));
    constexpr std::uint32_t kCalls = 20'000;
    for (std::uint32_t i = 0; i < kCalls; ++i) {
        add(trace, textOf(i));
        ASSERT_LE(trace.memory().resident, kBound + kBlock) << "after " << i;
    }
    const trace::Memory memory = trace.memory();
    EXPECT_FALSE(memory.full);
    EXPECT_GT(memory.stored, 5 * kBound);
    EXPECT_GE(memory.stored + memory.resident, trace.bytesKept() - kCalls * 64U);
    EXPECT_GT(memory.storedRows, kCalls / 2);
    EXPECT_LT(memory.storedRows, kCalls);
    EXPECT_EQ(trace.refused().texts, 0U);
    for (std::uint32_t i = 0; i < kCalls; ++i) {
        ASSERT_EQ(trace.text({i}), textOf(i));
        ASSERT_EQ(trace.callId(trace.row({i}).call), "call-" + std::to_string(i));
    }
    ASSERT_TRUE(trace.message({0}));
    EXPECT_EQ(trace.message({0})->callId(), "call-0");
}

TEST(TextStore, readersSeeTheSameWhileItMoves)
{
    trace::Trace trace;
    ASSERT_TRUE(trace.bound(0, std::filesystem::temp_directory_path().string()));
    const std::string first = textOf(0);
    add(trace, first);
    std::atomic<bool> done{false};
    std::atomic<std::size_t> wrong{0}, looks{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!done) {
                wrong += trace.text({0}) == first ? 0U : 1U;
                ++looks;
            }
        });
    for (std::uint32_t i = 1; i < 10'000; ++i)
        add(trace, textOf(i));
    while (looks == 0)
        std::this_thread::yield();
    done = true;
    for (std::thread &reader : readers)
        reader.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(trace.memory().storedRows, 0U);
}

TEST(TextStore, withoutRoomOnTheDiskEverythingStaysInMemory)
{
    trace::Trace trace;
    const auto bound = trace.bound(kBound, "/nowhere/at/all");
    ASSERT_FALSE(bound);
    EXPECT_NE(bound.error().sentence.find("/nowhere/at/all"), std::string::npos);
    for (std::uint32_t i = 0; i < 5'000; ++i)
        add(trace, textOf(i));
    EXPECT_TRUE(trace.memory().full);
    EXPECT_EQ(trace.memory().stored, 0U);
    EXPECT_EQ(trace.text({0}), textOf(0));
}

TEST(TextStore, aTextLargerThanABlockHasOneOfItsOwn)
{
    trace::Trace trace;
    ASSERT_TRUE(trace.bound(0, std::filesystem::temp_directory_path().string()));
    const std::string large(3 * kBlock + 1, 'x');
    const auto id = trace.add(trace::RowKind::Garbage, packetOf(large), large, nullptr);
    const std::string next(kBlock, 'y'); // the rest of that block is too small for it
    trace.add(trace::RowKind::Garbage, packetOf(next), next, nullptr);
    EXPECT_EQ(trace.memory().stored, 4 * kBlock);
    EXPECT_EQ(trace.text(id), large);
}

} // namespace
