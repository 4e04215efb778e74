// SPDX-License-Identifier: Apache-2.0
#include <engine/network_news.h>

#include <algorithm>
#include <cstring>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace engine {

namespace {

bool isReturn(const nlmsghdr &head, const char *body, std::size_t size)
{
    if (head.nlmsg_type == RTM_NEWADDR || head.nlmsg_type == RTM_NEWROUTE)
        return true;
    ifinfomsg link{};
    if (head.nlmsg_type != RTM_NEWLINK || size < sizeof link)
        return false;
    std::memcpy(&link, body, sizeof link);
    return (link.ifi_flags & IFF_RUNNING) != 0;
}

} // namespace

bool tellsReturn(const char *messages, std::size_t size)
{
    nlmsghdr head{};
    while (size >= sizeof head) {
        std::memcpy(&head, messages, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > size)
            return false;
        if (isReturn(head, messages + sizeof head, head.nlmsg_len - sizeof head))
            return true;
        const std::size_t whole = std::min<std::size_t>((head.nlmsg_len + 3U) / 4U * 4U, size);
        messages += whole;
        size -= whole;
    }
    return false;
}

} // namespace engine
