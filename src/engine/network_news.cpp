// SPDX-License-Identifier: Apache-2.0
#include <engine/network_news.h>

#include <algorithm>
#include <cstring>
#include <ifaddrs.h>
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

std::string linkThatIsDown(const base::Address &address)
{
    ifaddrs *all = nullptr;
    if (::getifaddrs(&all) != 0)
        return {};
    std::string out;
    for (const ifaddrs *each = all; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr || base::Endpoint::of(each->ifa_addr).address != address)
            continue;
        constexpr unsigned kRuns = IFF_UP | IFF_RUNNING;
        out = (each->ifa_flags & kRuns) == kRuns ? "" : each->ifa_name;
        if (out.empty())
            break; // by another link
    }
    ::freeifaddrs(all);
    return out;
}

} // namespace engine
