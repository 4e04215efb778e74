// SPDX-License-Identifier: Apache-2.0
#include <engine/network_watch.h>

#include <array>
#include <base/log.h>
#include <cerrno>
#include <cstring>
#include <engine/network_news.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace engine {

namespace {

constexpr base::Duration kSettles = std::chrono::milliseconds(200); // address, then route
constexpr base::Duration kLongest = std::chrono::seconds(1);

} // namespace

NetworkWatch::NetworkWatch(SuLoop &loop, std::function<void()> returned,
                           std::function<void()> changed)
    : m_loop(loop), m_returned(std::move(returned)), m_changed(std::move(changed)), m_settles(loop),
      m_socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE))
{
    sockaddr_nl name{};
    name.nl_family = AF_NETLINK;
    name.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                     RTMGRP_IPV6_ROUTE;
    const bool bound = m_socket >= 0 && ::bind(m_socket, reinterpret_cast<const sockaddr *>(&name),
                                               sizeof name) == 0;
    if (!bound || !m_loop.watch(m_socket, [this] { read(); }))
        base::log(base::LogLevel::Info, "engine", "the system does not tell of network changes: {}",
                  std::strerror(errno));
}

NetworkWatch::~NetworkWatch()
{
    if (m_socket < 0)
        return;
    m_loop.unwatch(m_socket);
    ::close(m_socket);
}

void NetworkWatch::read()
{
    std::array<char, 16384> buffer{};
    bool back = false, any = false;
    for (;;) {
        const ssize_t n = ::recv(m_socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n <= 0) {
            back = back || (n < 0 && errno == ENOBUFS); // too many at once: one may be of that kind
            break;
        }
        any = true;
        back = back || tellsReturn(buffer.data(), static_cast<std::size_t>(n));
    }
    m_back = m_back || back;
    // What goes on and on must not keep the news away.
    const auto now = std::chrono::steady_clock::now();
    const bool first = !m_settles.running();
    if (first)
        m_since = now;
    if (first ? m_back || (any && m_changed) : back && now - m_since < kLongest)
        m_settles.start(kSettles, [this] {
            if (m_changed)
                m_changed();
            if (std::exchange(m_back, false))
                m_returned();
        });
}

} // namespace engine
