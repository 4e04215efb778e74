// SPDX-License-Identifier: Apache-2.0
// The tap's other half: what leaves, and how connections begin and end.
#include <engine/tap_socket.h>

#include <algorithm>
#include <cerrno>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>

namespace engine {

namespace {

constexpr std::size_t kMostConnections = 512;
constexpr std::size_t kMostPerPeer = 64;
constexpr std::size_t kMostErrors = 16;
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

/// Writable, without an error waiting, and for streams with room for more than this.
bool takesAll(const TapSocket &entry, int fd, std::size_t size)
{
    pollfd writable{fd, POLLOUT, 0};
    if (::poll(&writable, 1, 0) != 1 || writable.revents != POLLOUT)
        return false;
    if (!entry.stream)
        return true;
    int queued = 0, room = 0;
    socklen_t length = sizeof room;
    return ::ioctl(fd, SIOCOUTQ, &queued) == 0 &&
           ::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &length) == 0 &&
           // The kernel's figure counts its own bookkeeping too.
           static_cast<std::size_t>(queued) + size < static_cast<std::size_t>(room) / 4;
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

void Tap::tellSent(const TapSocket &entry, const base::Endpoint &to, std::string_view bytes,
                   base::Instant time)
{
    if (bytes.empty() || (to == entry.local && bytes == kSelfProbe))
        return;
    if (entry.stream || !entry.connected)
        m_departures.sent(bytes);
    const auto kind = entry.stream ? base::PacketKind::StreamData : base::PacketKind::Datagram;
    emit(entry, kind, true, bytes, to, time);
    Connection connection = connectionOf(entry);
    connection.remote = to;
    if (entry.stream || !entry.connected)
        m_listener.sent(connection, bytes);
}

ssize_t Tap::send(int fd, const msghdr *message, int flags)
{
    TapSocket &entry = socket(fd);
    std::string bytes;
    for (std::size_t i = 0; i < message->msg_iovlen; ++i)
        bytes.append(static_cast<const char *>(message->msg_iov[i].iov_base),
                     message->msg_iov[i].iov_len);
    if (entry.severed || !m_departures.admits(bytes))
        return static_cast<ssize_t>(bytes.size());
    const auto to = message->msg_name != nullptr
                        ? base::Endpoint::of(static_cast<const sockaddr *>(message->msg_name))
                        : entry.remote;
    const auto time = base::now();
    bool told = false;
    {
        // A peer on this computer may answer, and be recorded, before the call returns: where the
        // kernel is sure to take all of it, the packet is told first.
        const Quiet quiet;
        told = takesAll(entry, fd, bytes.size());
        if (told)
            tellSent(entry, to, bytes, time);
    }
    const ssize_t n = libC().sendmsg(fd, message, flags);
    const int number = errno;
    {
        const Quiet quiet;
        if (n < 0 && number != EAGAIN && number != EINTR)
            met({number, to, base::now()});
        else if (n > 0 && !told)
            tellSent(entry, to, std::string_view(bytes).substr(0, static_cast<std::size_t>(n)),
                     time);
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
        met({number, entry.remote, base::now()});
}

void Tap::socketError(int fd, int number)
{
    const Quiet quiet;
    TapSocket &entry = socket(fd);
    if (!entry.stream)
        return; // datagrams: the error queue tells whose it was
    lastWords(entry);
    met({number, entry.remote, base::now()});
    entry.error = number;
    if (number == ECONNRESET && entry.outgoing != 0)
        finished(entry, base::PacketKind::StreamReset, false);
}

bool Tap::shuttingDown(int fd, int how)
{
    const Quiet quiet;
    TapSocket &entry = socket(fd);
    if (entry.stream && how != SHUT_RD && !entry.severed)
        finished(entry, base::PacketKind::StreamFin, true);
    return !entry.severed;
}

void Tap::closing(int fd)
{
    const Quiet quiet;
    const auto found = m_sockets.find(fd);
    if (found == m_sockets.end())
        return;
    TapSocket &entry = found->second;
    if (entry.stream && entry.outgoing != 0) {
        lastWords(entry);
        if (entry.error == 0 && !entry.severed)
            finished(entry, base::PacketKind::StreamFin, true);
        if (entry.severed) // the last descriptor's end would send a FIN
            keep(fd);
        if (entry.secure)
            m_listener.closed(connectionOf(entry));
        --m_streams;
    }
    m_sockets.erase(found);
}

void Tap::met(SocketError error)
{
    m_errors.push_front(std::move(error));
    if (m_errors.size() > kMostErrors)
        m_errors.pop_back();
}

/// Keep-alives beyond what anybody needs are neither recorded nor answered: each would be a row,
/// and a pong that the next ones wait for. What holds anything else is left as it is.
std::string_view Tap::withoutFlood(TapSocket &entry, std::string_view bytes, base::Instant time)
{
    constexpr std::size_t kMost = 40; // CRLFs within a second: twenty pings
    constexpr auto kToldAgain = std::chrono::minutes(1);
    const bool blank = bytes.size() % 2 == 0 && bytes.front() == '\r' &&
                       bytes.find_first_not_of("\r\n") == std::string_view::npos;
    if (!blank || entry.framer.within())
        return bytes;
    if (time < entry.blanksSince || time - entry.blanksSince > std::chrono::seconds(1)) {
        entry.blanksSince = time;
        entry.blanks = 0;
    }
    const auto room = (kMost - std::min(kMost, entry.blanks)) * 2;
    entry.blanks += bytes.size() / 2;
    if (bytes.size() <= room)
        return bytes;
    if (!entry.blanksTold.known() || time - entry.blanksTold > kToldAgain) {
        entry.blanksTold = time;
        m_listener.refused(connectionOf(entry),
                           "it floods us with keep-alives; of those beyond twenty within a second "
                           "none is recorded or answered");
    }
    return bytes.substr(0, room);
}

/// What was admitted before is still read; then the library meets the end of the stream and closes.
void Tap::breakOff(TapSocket &entry, int fd, const std::string &what)
{
    if (entry.ended)
        return;
    entry.ended = true;
    entry.framer = sip::Framer(kStreamMessageLimit, kLongestSkipped);
    met({EBADMSG, entry.remote, base::now(), {}, what});
    m_listener.broken(connectionOf(entry), what);
    finished(entry, base::PacketKind::StreamFin, true);
    const Quiet quiet;
    libC().shutdown(fd, SHUT_RDWR); // wakes the library
}

std::optional<SocketError> Tap::takeError(const base::Endpoint &remote)
{
    const auto found = std::find_if(m_errors.begin(), m_errors.end(), [&](const SocketError &each) {
        // Of nobody in particular: an error, and not a connection that somebody closed in peace.
        return remote.known() ? each.remote == remote : each.number != 0;
    });
    if (found == m_errors.end())
        return std::nullopt;
    auto out = std::move(*found);
    m_errors.erase(found);
    return out;
}

/// FIN. What waits for an answer on this connection learns why it fails.
void Tap::peerFinished(TapSocket &entry)
{
    if (entry.ended)
        return;
    finished(entry, base::PacketKind::StreamFin, false);
    met({0, entry.remote, base::now()});
    if (entry.framer.within())
        m_listener.refused(connectionOf(entry),
                           "the peer closed the connection in the middle of a message");
    entry.framer = sip::Framer(kStreamMessageLimit, kLongestSkipped);
}

void Tap::sweep(base::Instant now, base::Duration patience)
{
    for (auto &[fd, entry] : m_sockets) {
        if (!entry.stream || !entry.framer.within() || now - entry.lastData < patience)
            continue;
        breakOff(entry, fd, "half a message and not the rest of it");
    }
}

} // namespace engine
