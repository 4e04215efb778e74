// SPDX-License-Identifier: Apache-2.0
// The tap's other half: what leaves, and how connections begin and end.
#include <engine/tap_socket.h>

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>

namespace engine {

namespace {

constexpr std::size_t kMostConnections = 512;
constexpr std::size_t kMostPerPeer = 64;
constexpr std::string_view kSelfProbe =
    "TEST"; // sofia sends itself this when it opens a UDP socket

base::Endpoint nameOf(int fd, int (*ask)(int, sockaddr *, socklen_t *))
{
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    if (ask(fd, reinterpret_cast<sockaddr *>(&name), &length) != 0)
        return {};
    return base::Endpoint::of(reinterpret_cast<const sockaddr *>(&name));
}

int localName(int fd, sockaddr *name, socklen_t *length)
{
    return ::getsockname(fd, name, length);
}

int peerName(int fd, sockaddr *name, socklen_t *length)
{
    return ::getpeername(fd, name, length);
}

} // namespace

void learnNames(TapSocket &entry, int fd)
{
    const Quiet quiet;
    // Asked while they can still be told: getpeername fails once the peer is gone.
    if (entry.local.port == 0 || entry.local.address.isUnspecified())
        entry.local = nameOf(fd, localName);
    if (!entry.remote.known() && (entry.stream || entry.connected))
        entry.remote = nameOf(fd, peerName);
}

ssize_t Tap::send(int fd, const msghdr *message, int flags)
{
    const ssize_t n = libC().sendmsg(fd, message, flags);
    const int number = errno;
    {
        const Quiet quiet;
        TapSocket &entry = socket(fd);
        const auto to = message->msg_name != nullptr
                            ? base::Endpoint::of(static_cast<const sockaddr *>(message->msg_name))
                            : entry.remote;
        if (n < 0) {
            if (number != EAGAIN && number != EINTR)
                m_error = SocketError{number, to, base::now()};
        } else if (n > 0) {
            std::string bytes;
            for (std::size_t i = 0;
                 i < message->msg_iovlen && bytes.size() < static_cast<std::size_t>(n); ++i)
                bytes.append(static_cast<const char *>(message->msg_iov[i].iov_base),
                             std::min(message->msg_iov[i].iov_len,
                                      static_cast<std::size_t>(n) - bytes.size()));
            if (!(to == entry.local && bytes == kSelfProbe)) {
                emit(entry,
                     entry.stream ? base::PacketKind::StreamData : base::PacketKind::Datagram, true,
                     bytes, to, base::now());
                Connection connection = connectionOf(entry);
                connection.remote = to;
                if (entry.stream || !entry.connected)
                    m_listener.sent(connection, bytes);
            }
        }
    }
    errno = number;
    return n;
}

bool Tap::tooMany(const base::Endpoint &from) const
{
    std::size_t same = 0;
    for (const auto &[fd, entry] : m_sockets)
        same += entry.stream && entry.remote.address == from.address ? 1 : 0;
    return m_streams > kMostConnections || same > kMostPerPeer;
}

int Tap::accepted(int fd)
{
    const Quiet quiet;
    TapSocket &entry = socket(fd);
    entry.lastData = base::now();
    if (!tooMany(entry.remote))
        return fd;
    m_listener.refused(connectionOf(entry), "there are too many connections already");
    --m_streams;
    m_sockets.erase(fd);
    libC().close(fd);
    errno = ECONNABORTED;
    return -1;
}

void Tap::connecting(int fd, const sockaddr *to, int number)
{
    const Quiet quiet;
    TapSocket &entry = socket(fd);
    entry.connected = true;
    entry.remote = base::Endpoint::of(to);
    entry.local = nameOf(fd, localName);
    entry.lastData = base::now();
    if (entry.stream && number != 0 && number != EINPROGRESS)
        m_error = SocketError{number, entry.remote, base::now()};
}

void Tap::socketError(int fd, int number)
{
    const Quiet quiet;
    TapSocket &entry = socket(fd);
    if (!entry.stream)
        return; // datagrams: the error queue tells whose it was
    m_error = SocketError{number, entry.remote, base::now()};
    entry.error = number;
    if (number == ECONNRESET && entry.outgoing != 0)
        finished(entry, base::PacketKind::StreamReset, false);
}

void Tap::shuttingDown(int fd, int how)
{
    const Quiet quiet;
    TapSocket &entry = socket(fd);
    if (entry.stream && how != SHUT_RD)
        finished(entry, base::PacketKind::StreamFin, true);
}

void Tap::closing(int fd)
{
    const Quiet quiet;
    const auto found = m_sockets.find(fd);
    if (found == m_sockets.end())
        return;
    TapSocket &entry = found->second;
    if (entry.stream && entry.outgoing != 0) {
        if (entry.error == 0)
            finished(entry, base::PacketKind::StreamFin, true);
        --m_streams;
    }
    m_sockets.erase(found);
}

std::optional<SocketError> Tap::takeError()
{
    auto out = m_error;
    m_error.reset();
    return out;
}

void Tap::sweep(base::Instant now, base::Duration patience)
{
    for (auto &[fd, entry] : m_sockets) {
        if (!entry.stream || entry.framer.held() == 0 || now - entry.lastData < patience)
            continue;
        m_listener.refused(connectionOf(entry),
                           "half a message came and the rest did not; the connection was closed");
        libC().shutdown(fd, SHUT_RDWR); // the library meets the end of the stream and closes it
    }
}

} // namespace engine
