// SPDX-License-Identifier: Apache-2.0
#include <lab/sockets.h>

#include <array>
#include <base/time.h>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace lab {
namespace {

constexpr std::size_t kMostConnections = 256; // a hundred user agents, old and new one of each
constexpr int kBacklog = 256;                 // they come all at once
constexpr std::size_t kMostUnsent = 256 * 1024;
constexpr int kReadsAtOnce = 32; // then the other sockets have their turn

} // namespace

base::Result<int> openLoopback(int type, std::uint16_t port)
{
    const int descriptor = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    const auto length =
        base::Endpoint{base::Address::v4(0x7F000001), port}.toSocketAddress(address);
    if (descriptor >= 0 && bind(descriptor, reinterpret_cast<sockaddr *>(&address), length) == 0)
        return descriptor;
    const int error = errno;
    if (descriptor >= 0)
        close(descriptor);
    return base::fail(
        base::ErrorCode::PortInUse,
        "The lab could not open a socket on this machine's loopback address. Try again.",
        std::strerror(error));
}

base::Endpoint localName(int descriptor)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(descriptor, reinterpret_cast<sockaddr *>(&address), &length);
    return base::Endpoint::of(reinterpret_cast<sockaddr *>(&address));
}

void Hops::sending(const base::Endpoint &from, const base::Endpoint &to, std::string_view text)
{
    if (m_peers.count(from) == 0 || m_peers.count(to) == 0)
        return;
    base::Packet packet;
    packet.time = base::now();
    packet.transport = base::Transport::Udp;
    packet.origin = base::Origin::Lab;
    packet.hint = base::PayloadHint::Sip;
    packet.source = from;
    packet.destination = to;
    packet.payload = base::Blob::copy(text);
    m_sink.push(std::move(packet));
}

UdpPort::UdpPort(Reactor &reactor, Hops *hops, int descriptor, base::Endpoint local)
    : m_reactor(reactor), m_hops(hops), m_descriptor(descriptor), m_local(local)
{
    m_reactor.watch(descriptor, [this] { readable(); });
}

UdpPort::~UdpPort()
{
    m_reactor.unwatch(m_descriptor);
    close(m_descriptor);
}

base::Result<std::unique_ptr<UdpPort>> UdpPort::open(Reactor &reactor, Hops *hops,
                                                     std::uint16_t port)
{
    const auto descriptor = openLoopback(SOCK_DGRAM, port);
    if (!descriptor)
        return tl::unexpected<base::Error>(descriptor.error());
    const auto local = localName(*descriptor);
    return std::unique_ptr<UdpPort>(new UdpPort(reactor, hops, *descriptor, local));
}

void UdpPort::send(std::string_view bytes, const base::Endpoint &to)
{
    sockaddr_storage address{};
    const auto length = to.toSocketAddress(address);
    if (!to.address.isLoopback() || to.port == 0)
        return; // the lab never speaks to anybody outside this machine
    // Told before it is sent: else the receiver's tap may tell the effect before this cause.
    if (m_hops != nullptr)
        m_hops->sending(m_local, to, bytes);
    sendto(m_descriptor, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr *>(&address),
           length);
}

void UdpPort::readable()
{
    std::array<char, 65536> buffer;
    for (int i = 0; i < kReadsAtOnce; ++i) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        const auto got = recvfrom(m_descriptor, buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr *>(&address), &length);
        if (got < 0)
            return; // nothing more, or an ICMP error that the transaction's timers deal with
        if (m_handler)
            m_handler(std::string_view(buffer.data(), static_cast<std::size_t>(got)),
                      base::Endpoint::of(reinterpret_cast<sockaddr *>(&address)));
    }
}

TcpPort::TcpPort(Reactor &reactor, int descriptor, base::Endpoint local)
    : m_reactor(reactor), m_descriptor(descriptor), m_local(local)
{
    m_reactor.watch(descriptor, [this] { acceptable(); });
}

TcpPort::~TcpPort()
{
    if (m_descriptor >= 0) {
        m_reactor.unwatch(m_descriptor);
        close(m_descriptor);
    }
    for (const auto &[remote, connection] : m_connections) {
        m_reactor.unwatch(connection.descriptor);
        close(connection.descriptor);
    }
}

base::Result<std::unique_ptr<TcpPort>> TcpPort::open(Reactor &reactor, std::uint16_t port)
{
    const auto descriptor = openLoopback(SOCK_STREAM, port);
    if (!descriptor)
        return tl::unexpected<base::Error>(descriptor.error());
    if (listen(*descriptor, kBacklog) != 0) {
        close(*descriptor);
        return base::fail(base::ErrorCode::PortInUse,
                          "The lab could not listen for connections. Try again.",
                          std::strerror(errno));
    }
    const auto local = localName(*descriptor);
    return std::unique_ptr<TcpPort>(new TcpPort(reactor, *descriptor, local));
}

void TcpPort::acceptable()
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int descriptor = accept4(m_descriptor, reinterpret_cast<sockaddr *>(&address), &length,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0)
        return;
    if (m_away || m_connections.size() >= kMostConnections) {
        const linger atOnce{1, 0}; // a reset, not an orderly end
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
        close(descriptor);
        return;
    }
    const auto remote = base::Endpoint::of(reinterpret_cast<sockaddr *>(&address));
    m_connections[remote].descriptor = descriptor;
    m_reactor.watch(descriptor, [this, remote] { ready(remote); });
}

void TcpPort::ready(const base::Endpoint &remote)
{
    const auto it = m_connections.find(remote);
    if (it == m_connections.end() || !flush(it->second)) {
        drop(remote);
        return;
    }
    std::array<char, 16384> buffer;
    const auto got = recv(it->second.descriptor, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(remote);
        return;
    }
    const auto frames =
        it->second.framer.add({buffer.data(), static_cast<std::size_t>(got)}, base::now());
    for (const auto &frame : frames)
        if (m_handler && connected(remote)) // the handler may have dropped it
            m_handler(frame, remote);
}

bool TcpPort::flush(Connection &connection)
{
    while (!connection.unsent.empty()) {
        const auto sent = ::send(connection.descriptor, connection.unsent.data(),
                                 connection.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (sent < 0)
            return false;
        connection.unsent.erase(0, static_cast<std::size_t>(sent));
    }
    m_reactor.wantWrite(connection.descriptor, !connection.unsent.empty());
    return true;
}

bool TcpPort::send(std::string_view bytes, const base::Endpoint &to)
{
    const auto it = m_connections.find(to);
    if (it == m_connections.end())
        return false;
    it->second.unsent += bytes;
    if (it->second.unsent.size() <= kMostUnsent && flush(it->second))
        return true;
    drop(to);
    return false;
}

void TcpPort::shutDown()
{
    if (m_descriptor < 0)
        return;
    m_reactor.unwatch(m_descriptor);
    close(std::exchange(m_descriptor, -1));
    while (!m_connections.empty())
        drop(m_connections.begin()->first);
}

void TcpPort::away(bool away)
{
    m_away = away;
    while (m_away && !m_connections.empty())
        drop(m_connections.begin()->first);
}

void TcpPort::drop(const base::Endpoint &remote)
{
    const auto it = m_connections.find(remote);
    if (it == m_connections.end())
        return;
    const auto who = remote; // may be a view of the watcher that unwatch() destroys
    m_reactor.unwatch(it->second.descriptor);
    close(it->second.descriptor);
    m_connections.erase(it);
    if (m_closed)
        m_closed(who);
}

} // namespace lab
