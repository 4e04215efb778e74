// SPDX-License-Identifier: Apache-2.0
// Which of the system's messages tell that the network may be back.
#include <cstring>
#include <engine/network_news.h>
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string>

namespace {

std::string message(std::uint16_t type, unsigned flags = 0)
{
    nlmsghdr head{};
    ifinfomsg link{};
    link.ifi_flags = flags;
    head.nlmsg_type = type;
    head.nlmsg_len = sizeof head + sizeof link;
    std::string out(sizeof head + sizeof link, '\0');
    std::memcpy(out.data(), &head, sizeof head);
    std::memcpy(out.data() + sizeof head, &link, sizeof link);
    return out;
}

bool tells(const std::string &messages)
{
    return engine::tellsReturn(messages.data(), messages.size());
}

TEST(NetworkWatch, AnAddressARouteAndALinkThatRunsAreAReturn)
{
    EXPECT_TRUE(tells(message(RTM_NEWADDR)));
    EXPECT_TRUE(tells(message(RTM_NEWROUTE)));
    EXPECT_TRUE(tells(message(RTM_NEWLINK, IFF_UP | IFF_RUNNING)));
    EXPECT_FALSE(tells(message(RTM_NEWLINK, IFF_UP))) << "no carrier";
    EXPECT_FALSE(tells(message(RTM_DELADDR)));
    EXPECT_FALSE(tells(message(RTM_DELROUTE)));
    EXPECT_TRUE(tells(message(RTM_DELADDR) + message(RTM_DELROUTE) + message(RTM_NEWADDR)));
}

TEST(NetworkWatch, DamagedMessagesTellNothing)
{
    std::string lies = message(RTM_NEWADDR);
    for (const std::uint32_t length : {0U, 3U, 4096U, ~0U}) {
        std::memcpy(lies.data(), &length, sizeof length);
        EXPECT_FALSE(tells(lies)) << length;
    }
    EXPECT_FALSE(tells(message(RTM_NEWADDR).substr(0, 15)));
    EXPECT_FALSE(tells({}));
}

/// RFC 4862 section 5.4: for the second or so in which the system looks whether another host has
/// the address too, it cannot be bound, and is no lost one.
TEST(NetworkWatch, AnAddressThatIsStillLookedAtIsNotLost)
{
    const std::string table = "00000000000000000000000000000001 01 80 10 80       lo\n"
                              "20010db8000000000000000000000007 0c 40 00 c0     eth0\n"
                              "20010db8000000000000000000000008 0c 40 00 c8     eth0\n"
                              "20010db8000000000000000000000009 0c 40 00 80     eth0\n";
    const auto tentative = [&](const char *address) {
        return engine::isTentative(base::Address::parse(address).value(), table);
    };
    EXPECT_TRUE(tentative("2001:db8::7"));
    EXPECT_FALSE(tentative("2001:db8::8")) << "somebody else has it";
    EXPECT_FALSE(tentative("2001:db8::9"));
    EXPECT_FALSE(tentative("2001:db8::a"));
    EXPECT_FALSE(tentative("192.0.2.1"));
    for (std::size_t length = 0; length < table.size();
         ++length) // damaged: no matter what, no harm
        engine::isTentative(base::Address::parse("2001:db8::7").value(), table.substr(0, length));
}

} // namespace
