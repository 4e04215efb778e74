// SPDX-License-Identifier: Apache-2.0
#include <engine/network_news.h>

#include <algorithm>
#include <base/text.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <ifaddrs.h>
#include <iterator>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

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

bool isTentative(const base::Address &address, std::string_view table)
{
    constexpr std::size_t kDigits = 32, kFlags = 4; // of the address; which word they are
    if (address.family != 6)
        return false;
    std::string wanted;
    for (const auto byte : address.bytes)
        wanted += fmt::format("{:02x}", byte);
    for (const auto line : base::split(table, '\n')) {
        if (line.size() < kDigits || !base::equalsNoCase(line.substr(0, kDigits), wanted))
            continue;
        auto rest = line;
        for (std::size_t i = 0; i < kFlags; ++i) {
            rest.remove_prefix(std::min(rest.find(' '), rest.size()));
            rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        }
        unsigned flags = 0;
        std::from_chars(rest.data(), rest.data() + rest.size(), flags, 16);
        if ((flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_DADFAILED) == 0)
            return true;
    }
    return false;
}

bool isOurAddress(const base::Address &address)
{
    sockaddr_storage name{};
    const auto size = base::Endpoint{address, 0}.toSocketAddress(name);
    const int fd = ::socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || size == 0)
        return true;
    const bool unusable =
        ::bind(fd, reinterpret_cast<const sockaddr *>(&name), size) != 0 && errno == EADDRNOTAVAIL;
    ::close(fd);
    if (!unusable)
        return true;
    std::ifstream table("/proc/net/if_inet6");
    return isTentative(address, std::string(std::istreambuf_iterator<char>(table), {}));
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
