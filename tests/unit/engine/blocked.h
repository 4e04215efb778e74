// SPDX-License-Identifier: Apache-2.0
// A TCP port whose connections do not come about until it is opened: its queue is full, so the
// kernel drops each SYN, and whoever connects tries again a second later.
#pragma once

#include <arpa/inet.h>
#include <base/endpoint.h>
#include <cstdint>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <support/step_until.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace peer {

class Blocked
{
public:
    Blocked()
    {
        m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(m_listener, reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
        EXPECT_EQ(::listen(m_listener, 0), 0);
        socklen_t length = sizeof name;
        EXPECT_EQ(::getsockname(m_listener, reinterpret_cast<sockaddr *>(&name), &length), 0);
        m_port = ntohs(name.sin_port);
        m_plug = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(m_plug, reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
    }
    ~Blocked()
    {
        for (const int fd : m_accepted)
            ::close(fd);
        ::close(m_plug);
        ::close(m_listener);
    }
    Blocked(const Blocked &) = delete;
    Blocked &operator=(const Blocked &) = delete;

    std::uint16_t port() const { return m_port; }
    std::string uri(const std::string &user = "bob") const
    {
        return fmt::format("sip:{}@127.0.0.1:{};transport=tcp", user, m_port);
    }
    /// Sockets of this computer that still try to connect to it.
    int knocking() const
    {
        std::ifstream table("/proc/net/tcp");
        std::string line, number, from, to, state;
        int out = 0;
        while (table >> number >> from >> to >> state) {
            std::getline(table, line);
            out += state == "02" && to == fmt::format("0100007F:{:04X}", m_port) ? 1 : 0;
        }
        return out;
    }
    bool waitForKnocking(int count) const
    {
        return support::stepUntil([&] { return knocking() == count; });
    }
    /// From now on connections come about, and what they bring is read.
    void open()
    {
        m_open = true;
        ::close(m_plug);
        m_plug = -1;
        ::listen(m_listener, 16);
    }
    /// Everything that came so far.
    const std::string &read()
    {
        for (int fd = 0; m_open && (fd = ::accept4(m_listener, nullptr, nullptr,
                                                   SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
            m_accepted.push_back(fd);
        char buffer[4096];
        for (const int fd : m_accepted)
            for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
                m_read.append(buffer, static_cast<std::size_t>(n));
        return m_read;
    }

private:
    int m_listener = -1, m_plug = -1;
    std::uint16_t m_port = 0;
    bool m_open = false;
    std::vector<int> m_accepted;
    std::string m_read;
};

} // namespace peer
