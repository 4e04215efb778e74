// SPDX-License-Identifier: Apache-2.0
// The instance-id of this device stays the same.
#include <desk/device.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/places.h>

namespace {

class Device : public testing::Test
{
public:
    Device()
    {
        char name[] = "/tmp/earshot-device-XXXXXX";
        folder = ::mkdtemp(name);
        ::setenv("XDG_STATE_HOME", folder.c_str(), 1);
    }
    ~Device() override
    {
        ::unsetenv("XDG_STATE_HOME");
        std::filesystem::remove_all(folder);
    }
    std::string folder;
};

TEST_F(Device, HasOneInstanceForEver)
{
    const auto first = desk::deviceInstance();
    ASSERT_TRUE(first.has_value());
    EXPECT_THAT(*first, testing::MatchesRegex("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                                              "a[0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_EQ(desk::deviceInstance().value(), *first);
    EXPECT_NE(desk::newInstance(), *first);
}

TEST_F(Device, ReplacesWhatIsNoInstance)
{
    std::filesystem::create_directories(folder + "/earshot");
    std::ofstream(folder + "/earshot/instance-id") << "urn:uuid:\"><evil>\n";
    const auto fresh = desk::deviceInstance();
    ASSERT_TRUE(fresh.has_value());
    EXPECT_EQ(desk::deviceInstance().value(), *fresh);
}

TEST_F(Device, SaysWhereItCannotBeKept)
{
    std::ofstream(folder + "/earshot") << "a file in the way";
    const auto none = desk::deviceInstance();
    ASSERT_FALSE(none.has_value());
    EXPECT_THAT(none.error().sentence, testing::HasSubstr("instance-id"));
}

} // namespace
