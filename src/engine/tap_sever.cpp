// SPDX-License-Identifier: Apache-2.0
// A flow's way that is lost without a word, for drills: what comes is thrown away by the kernel
// before it is acknowledged, what we send goes nowhere, and the end of the socket is not told.
#include <engine/tap_socket.h>

#include <algorithm>
#include <fcntl.h>
#include <linux/filter.h>
#include <sys/socket.h>

namespace engine {

namespace {

constexpr std::size_t kMostKept = 16;

bool dropEverything(int fd)
{
    sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &nothing};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

} // namespace

bool Tap::sever(const Connection &connection)
{
    const Quiet quiet;
    const auto found = std::find_if(m_sockets.begin(), m_sockets.end(), [&](const auto &each) {
        const TapSocket &entry = each.second;
        return entry.stream == connection.stream &&
               (entry.stream ? entry.outgoing == connection.id : entry.local == connection.local);
    });
    if (found == m_sockets.end() || !dropEverything(found->first))
        return false;
    found->second.severed = true;
    return true;
}

void Tap::heal(const base::Endpoint &local)
{
    const Quiet quiet;
    for (auto &[fd, entry] : m_sockets) {
        if (!entry.severed || entry.stream || entry.local != local)
            continue;
        int unused = 0;
        ::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
        entry.severed = false;
    }
}

void Tap::keep(int fd)
{
    const int kept = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (kept >= 0)
        m_kept.push_back(kept);
    if (m_kept.size() > kMostKept) {
        libC().close(m_kept.front());
        m_kept.pop_front();
    }
}

} // namespace engine
