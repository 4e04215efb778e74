// SPDX-License-Identifier: Apache-2.0
// A TCP port of loopback where a connection is refused.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace peer {

/// Nobody listens there, and nobody else is given it meanwhile.
class TakenPort
{
public:
    TakenPort() : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        m_address.sin_family = AF_INET;
        m_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof m_address;
        auto *address = reinterpret_cast<sockaddr *>(&m_address);
        EXPECT_EQ(::bind(m_socket, address, length), 0);
        EXPECT_EQ(::getsockname(m_socket, address, &length), 0);
    }
    ~TakenPort() { ::close(m_socket); }
    TakenPort(const TakenPort &) = delete;
    TakenPort &operator=(const TakenPort &) = delete;
    int number() const { return ntohs(m_address.sin_port); }

private:
    int m_socket;
    sockaddr_in m_address{};
};

} // namespace peer
