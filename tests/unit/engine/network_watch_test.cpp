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

} // namespace
