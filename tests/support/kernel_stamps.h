// SPDX-License-Identifier: Apache-2.0
// The kernel begins to stamp packets a moment after the first socket of the machine asked for it;
// until then a packet bears the time it was read. A test that compares two sockets' stamps waits
// for that moment first.
#pragma once

#include <support/step_until.h>

#include <base/time.h>

#include <array>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {

namespace detail {

/// What the kernel says of a datagram that was sent before and is read now.
inline base::Instant stampOf(int fd)
{
    std::array<char, 16> room{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
    iovec vector{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_DONTWAIT) < 0)
        return {};
    const cmsghdr *item = CMSG_FIRSTHDR(&message);
    if (item == nullptr || item->cmsg_type != SCM_TIMESTAMPNS)
        return {};
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
    return {static_cast<std::int64_t>(stamp.tv_sec) * 1'000'000'000 + stamp.tv_nsec};
}

} // namespace detail

/// True as soon as a datagram bears the time it came, not the time it was read. The sockets under
/// test must be open by then: they keep the stamps on.
inline bool awaitKernelStamps()
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof name;
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr *>(&name), length) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr *>(&name), &length) == 0;
    const bool stamped =
        bound && stepUntil([&] {
            const base::Instant before = base::now();
            if (::sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr *>(&name), length) != 1)
                return false;
            const base::Instant sent = base::now();
            stepUntil([&] { return base::now() - sent > std::chrono::milliseconds(5); });
            const base::Instant stamp = detail::stampOf(fd);
            return stamp >= before && stamp <= sent;
        });
    ::close(fd);
    return stamped;
}

} // namespace support
