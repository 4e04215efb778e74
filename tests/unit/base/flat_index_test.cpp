// SPDX-License-Identifier: Apache-2.0
#include <base/flat_index.h>
#include <base/hash.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace {

TEST(FlatIndex, findsWhatWasFiled)
{
    std::vector<std::string> names;
    base::FlatIndex index;
    const auto hashOf = [&](std::uint32_t i) { return base::hashOf(names[i], 1); };
    const auto find = [&](const std::string &name) {
        return index.find(base::hashOf(name, 1), [&](std::uint32_t i) { return names[i] == name; });
    };
    EXPECT_EQ(find("nobody"), base::FlatIndex::kNone);
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        names.push_back("name-" + std::to_string(i));
        index.add(hashOf(i), i, hashOf);
    }
    for (std::uint32_t i = 0; i < 10'000; ++i)
        ASSERT_EQ(find(names[i]), i);
    EXPECT_EQ(find("nobody"), base::FlatIndex::kNone);
}

TEST(FlatIndex, tellsEntriesOfOneHashApart)
{
    base::FlatIndex index;
    for (std::uint32_t i = 0; i < 100; ++i)
        index.add(7, i, [](std::uint32_t) { return 7; });
    for (std::uint32_t wanted = 0; wanted < 100; ++wanted)
        EXPECT_EQ(index.find(7, [&](std::uint32_t i) { return i == wanted; }), wanted);
}

TEST(Hash, dependsOnEveryByteAndTheSeed)
{
    for (const std::size_t length : {1U, 7U, 8U, 9U, 31U, 32U, 33U, 100U, 700U}) {
        const std::string text(length, 'x');
        std::set<std::uint64_t> seen{base::hashOf(text), base::hashOf(text, 1),
                                     base::hashOf(text + 'x'), base::hashOf(text + '\0')};
        for (std::size_t i = 0; i < length; ++i) {
            std::string other = text;
            other[i] = 'y';
            seen.insert(base::hashOf(other));
        }
        EXPECT_EQ(seen.size(), 4 + length) << length;
    }
    EXPECT_NE(base::freshSeed(), base::freshSeed());
}

} // namespace
