// SPDX-License-Identifier: Apache-2.0
#include <engine/tap_stamp.h>

#include <engine/tap_socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

namespace engine {

namespace {

constexpr std::size_t kControlRoom = 1024; // twice what the library offers for ICMP errors

base::Instant stampIn(const cmsghdr *item)
{
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
    return {static_cast<std::int64_t>(stamp.tv_sec) * 1'000'000'000 + stamp.tv_nsec};
}

bool isStamp(const cmsghdr *item)
{
    return item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS &&
           item->cmsg_len >= CMSG_LEN(sizeof(timespec));
}

/// All but the stamp goes to the caller's control buffer, as far as it has room, which is told the
/// way the kernel tells it.
base::Instant handOn(msghdr &own, msghdr &caller)
{
    base::Instant stamp;
    std::size_t used = 0;
    for (cmsghdr *item = CMSG_FIRSTHDR(&own); item != nullptr; item = CMSG_NXTHDR(&own, item)) {
        if (isStamp(item)) {
            stamp = stampIn(item);
            continue;
        }
        if (caller.msg_control == nullptr || caller.msg_controllen < used + item->cmsg_len) {
            own.msg_flags |= MSG_CTRUNC;
            continue;
        }
        std::memcpy(static_cast<char *>(caller.msg_control) + used, item, item->cmsg_len);
        used = std::min<std::size_t>(used + CMSG_ALIGN(item->cmsg_len), caller.msg_controllen);
    }
    caller.msg_controllen = used;
    return stamp;
}

} // namespace

void askForStamps(int fd)
{
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

ssize_t receiveStamped(int fd, msghdr &message, int flags, base::Instant &time)
{
    alignas(cmsghdr) std::array<char, kControlRoom> room;
    msghdr own = message;
    own.msg_control = room.data();
    own.msg_controllen = room.size();
    const ssize_t n = libC().recvmsg(fd, &own, flags);
    time = base::now();
    if (n < 0)
        return n;
    const base::Instant stamp = handOn(own, message);
    message.msg_namelen = own.msg_namelen;
    message.msg_flags = own.msg_flags;
    // A clock set back in between must not put a message into the future.
    if (stamp.known() && stamp < time)
        time = stamp;
    return n;
}

} // namespace engine
