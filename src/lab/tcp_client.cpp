// SPDX-License-Identifier: Apache-2.0
#include <lab/tcp_client.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace lab {

base::Result<std::unique_ptr<TcpClient>> TcpClient::connect(Reactor &reactor,
                                                            const base::Endpoint &remote)
{
    const auto descriptor = openLoopback(SOCK_STREAM, 0);
    if (!descriptor)
        return tl::unexpected<base::Error>(descriptor.error());
    sockaddr_storage address{};
    const auto length = remote.toSocketAddress(address);
    if (::connect(*descriptor, reinterpret_cast<sockaddr *>(&address), length) != 0 &&
        errno != EINPROGRESS) {
        const int error = errno;
        close(*descriptor);
        return base::fail(base::ErrorCode::Io, "A user agent of the lab could not connect.",
                          std::strerror(error));
    }
    return std::unique_ptr<TcpClient>(new TcpClient(reactor, *descriptor, localName(*descriptor)));
}

TcpClient::TcpClient(Reactor &reactor, int descriptor, base::Endpoint local)
    : m_reactor(reactor), m_descriptor(descriptor), m_local(local)
{
    m_reactor.watch(descriptor, [this] { ready(); });
}

TcpClient::~TcpClient()
{
    end();
}

void TcpClient::end()
{
    if (m_descriptor < 0)
        return;
    m_reactor.unwatch(m_descriptor);
    close(std::exchange(m_descriptor, -1));
}

void TcpClient::send(std::string_view bytes)
{
    if (m_descriptor < 0)
        return;
    m_unsent += bytes;
    m_reactor.wantWrite(m_descriptor, true);
}

bool TcpClient::flush()
{
    while (!m_unsent.empty()) {
        const auto sent = ::send(m_descriptor, m_unsent.data(), m_unsent.size(), MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        m_unsent.erase(0, static_cast<std::size_t>(sent));
    }
    m_reactor.wantWrite(m_descriptor, false);
    return true;
}

void TcpClient::ready()
{
    std::array<char, 16384> buffer;
    const bool open = m_descriptor >= 0 && flush();
    const auto got = open ? recv(m_descriptor, buffer.data(), buffer.size(), 0) : 0;
    if (open && got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        end();
        if (const auto closed = std::exchange(m_closed, {}))
            closed();
        return;
    }
    const auto frames = m_framer.add({buffer.data(), static_cast<std::size_t>(got)}, base::now());
    for (const auto &frame : frames)
        if (const auto handler = m_handler) // a copy: it may be taken off inside
            handler(frame);
}

} // namespace lab
