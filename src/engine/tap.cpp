// SPDX-License-Identifier: Apache-2.0
#include <engine/tap.h>

#include <engine/stun.h>
#include <engine/tap_socket.h>
#include <engine/tap_stamp.h>

#include <algorithm>
#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <random>
#include <sys/ioctl.h>

namespace engine {

namespace {

constexpr std::size_t kReadSize =
    4096; // with a full message before it still below the stack's size limit
constexpr std::string_view kSelfProbe =
    "TEST"; // sofia sends itself this when it opens a UDP socket

std::string gather(const iovec *vectors, std::size_t count, std::size_t bytes)
{
    std::string out;
    for (std::size_t i = 0; i < count && out.size() < bytes; ++i)
        out.append(static_cast<const char *>(vectors[i].iov_base),
                   std::min(vectors[i].iov_len, bytes - out.size()));
    return out;
}

std::size_t scatter(std::string_view bytes, const iovec *vectors, std::size_t count)
{
    std::size_t done = 0;
    for (std::size_t i = 0; i < count && done < bytes.size(); ++i) {
        const std::size_t n = std::min(vectors[i].iov_len, bytes.size() - done);
        std::memcpy(vectors[i].iov_base, bytes.data() + done, n);
        done += n;
    }
    return done;
}

/// The method at the head of a datagram of ours; empty: it is no request.
std::string requestOf(std::string_view datagram)
{
    const auto method = datagram.substr(0, datagram.find(' '));
    const bool token =
        !method.empty() && method.size() <= 32 &&
        std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return token ? std::string(method) : std::string();
}

std::string firstLine(std::string_view message)
{
    return base::printable(message.substr(0, message.find_first_of("\r\n")), false, 120);
}

bool onlyBlank(std::string_view bytes)
{
    return bytes.find_first_not_of(std::string_view("\r\n \t\0", 5)) == std::string_view::npos;
}

} // namespace

Tap::Tap(TapListener &listener) : m_listener(listener)
{
    // Ids of two engines in one process should not meet, and there is no common counter to ask.
    m_nextStream = std::random_device{}() & 0x7FFFFFFEU;
}

TapSocket &Tap::socket(int fd)
{
    TapSocket &entry = m_sockets[fd];
    if (!entry.known)
        identify(entry, fd);
    if (entry.inet && !entry.listening)
        learnNames(entry, fd);
    return entry;
}

void Tap::identify(TapSocket &entry, int fd)
{
    const Quiet quiet;
    entry.known = true;
    int family = 0, type = 0, listening = 0;
    socklen_t length = sizeof(int);
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0)
        return;
    length = sizeof(int);
    ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    length = sizeof(int);
    ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length);
    entry.inet = family == AF_INET || family == AF_INET6;
    entry.stream = type == SOCK_STREAM;
    entry.listening = listening != 0;
    if (entry.inet && !entry.listening)
        askForStamps(fd);
    if (entry.inet && entry.stream && !entry.listening) {
        entry.outgoing = m_nextStream += 2;
        entry.incoming = entry.outgoing + 1;
        ++m_streams;
    }
}

bool Tap::watches(int fd)
{
    const TapSocket &entry = socket(fd);
    return entry.inet && !entry.listening;
}

Connection Tap::connectionOf(const TapSocket &entry) const
{
    return {entry.outgoing, entry.stream, entry.local, entry.remote, entry.secure};
}

void Tap::emit(const TapSocket &entry, base::PacketKind kind, bool outgoing, std::string_view bytes,
               const base::Endpoint &peer, base::Instant time)
{
    base::Packet packet;
    packet.time = time;
    packet.kind = kind;
    packet.transport = connectionOf(entry).transport();
    packet.origin = base::Origin::Tap;
    packet.hint =
        entry.connected && !entry.stream ? base::PayloadHint::Unknown : base::PayloadHint::Sip;
    packet.outgoing = outgoing;
    packet.stream = !entry.stream ? 0 : outgoing ? entry.outgoing : entry.incoming;
    packet.source = outgoing ? entry.local : peer;
    packet.destination = outgoing ? peer : entry.local;
    if (!bytes.empty())
        packet.payload = base::Blob::copy(bytes);
    m_listener.packet(std::move(packet));
}

void Tap::finished(TapSocket &entry, base::PacketKind kind, bool outgoing)
{
    if (entry.resetSeen || (outgoing ? entry.finSent : entry.ended))
        return;
    (outgoing ? entry.finSent : entry.ended) = true;
    entry.resetSeen = entry.resetSeen || kind == base::PacketKind::StreamReset;
    if (entry.remote.known())
        emit(entry, kind, outgoing, {}, entry.remote, base::now());
}

ssize_t Tap::receive(int fd, msghdr *message, int flags)
{
    TapSocket &entry = socket(fd);
    if ((flags & MSG_ERRQUEUE) != 0)
        return fromErrorQueue(entry, fd, message, flags);
    return entry.stream ? fromStream(entry, fd, message, flags)
                        : fromDatagrams(entry, fd, message, flags);
}

ssize_t Tap::fromDatagrams(TapSocket &entry, int fd, msghdr *message, int flags)
{
    sockaddr_storage name{};
    msghdr own = *message; // the caller may not care for the source; we do
    if (own.msg_name == nullptr) {
        own.msg_name = &name;
        own.msg_namelen = sizeof name;
    }
    base::Instant time;
    const ssize_t n = receiveStamped(fd, own, flags, time);
    if (n >= 0) {
        if (message->msg_name != nullptr)
            message->msg_namelen = own.msg_namelen;
        message->msg_flags = own.msg_flags;
        message->msg_controllen = own.msg_controllen;
    }
    if (n <= 0 || (flags & MSG_PEEK) != 0)
        return n;
    const Quiet quiet;
    const auto from = entry.connected
                          ? entry.remote
                          : base::Endpoint::of(static_cast<const sockaddr *>(own.msg_name));
    const std::string bytes = gather(own.msg_iov, own.msg_iovlen, static_cast<std::size_t>(n));
    if (from == entry.local && kSelfProbe.substr(0, bytes.size()) == bytes)
        return n;
    emit(entry, base::PacketKind::Datagram, false, bytes, from, time);
    if (entry.connected)
        return n;
    Connection connection = connectionOf(entry);
    connection.remote = from;
    m_listener.received(connection);
    const bool stun = isStun(bytes) && m_listener.stun(connection, bytes);
    if (!stun && !onlyBlank(bytes)) {
        if (m_listener.admits(bytes, connection))
            return n;
        if (const auto other = m_listener.instead(bytes, connection))
            return static_cast<ssize_t>(scatter(*other, own.msg_iov, own.msg_iovlen));
    }
    errno = EAGAIN; // to the library there was nothing
    return -1;
}

ssize_t Tap::fromErrorQueue(TapSocket &entry, int fd, msghdr *message, int flags)
{
    base::Instant time;
    const ssize_t n = receiveStamped(fd, *message, flags, time);
    if (n < 0)
        return n;
    for (cmsghdr *c = CMSG_FIRSTHDR(message); c != nullptr; c = CMSG_NXTHDR(message, c)) {
        const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
        const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
        if (!v4 && !v6)
            continue;
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(c), sizeof error);
        const auto target =
            message->msg_name != nullptr && message->msg_namelen > 0
                ? base::Endpoint::of(static_cast<const sockaddr *>(message->msg_name))
                : entry.remote;
        met({static_cast<int>(error.ee_errno), target, time,
             requestOf(
                 gather(message->msg_iov, message->msg_iovlen, static_cast<std::size_t>(n)))});
        const Quiet quiet;
        Connection connection = connectionOf(entry);
        connection.remote = target;
        if (!entry.stream)
            m_listener.unreachable(connection, static_cast<int>(error.ee_errno));
    }
    return n;
}

void Tap::frames(TapSocket &entry, int fd, std::string_view bytes, base::Instant time)
{
    const Connection connection = connectionOf(entry);
    std::string lost = "bytes that are not SIP";
    for (const auto &frame : entry.framer.add(bytes, time)) {
        switch (frame.kind) {
        case sip::FrameKind::Message:
            if (frame.unsized) // RFC 3261 section 20.14: over a connection it has to be there
                return breakOff(entry, fd,
                                fmt::format("\"{}\" without a Content-Length that can be read, so "
                                            "that nobody knows where it ends (RFC 3261 section "
                                            "18.3)",
                                            firstLine(frame.text)));
            if (m_listener.admits(frame.text, connection))
                entry.ready += frame.text;
            else if (const auto other = m_listener.instead(frame.text, connection))
                entry.ready += *other;
            break;
        case sip::FrameKind::Ping:
        case sip::FrameKind::Pong:
            m_listener.keepAlive(connection, frame.kind == sip::FrameKind::Ping);
            break;
        case sip::FrameKind::Garbage:
            m_listener.refused(connection, "these bytes are not SIP");
            break;
        case sip::FrameKind::Cut:
            if (!frame.counted)
                lost = "a message larger than the stack takes";
            tooLarge(entry, frame);
            break;
        case sip::FrameKind::Rest:
            break;
        }
    }
    if (entry.framer.lost())
        breakOff(entry, fd, lost);
}

/// The library would close the connection for it, and with it end everything that goes over it.
void Tap::tooLarge(TapSocket &entry, const sip::Frame &frame)
{
    const Connection connection = connectionOf(entry);
    if (!frame.counted)
        return m_listener.refused(connection, "the message is larger than the stack takes");
    m_listener.refused(connection,
                       fmt::format("\"{}\" is larger than the {} bytes that the stack takes; it "
                                   "was skipped, and the connection is kept",
                                   firstLine(frame.text), kStreamMessageLimit));
    if (const auto other = m_listener.instead(frame.text, connection))
        entry.ready += *other;
}

/// Takes what the kernel has, whole messages go to `ready`: the library never meets half a message
/// or a keep-alive.
void Tap::pump(TapSocket &entry, int fd)
{
    if (entry.ended || entry.error != 0)
        return;
    char buffer[kReadSize];
    iovec vector{buffer, sizeof buffer};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    base::Instant time;
    const ssize_t n = receiveStamped(fd, message, MSG_DONTWAIT, time);
    const int number = errno;
    const Quiet quiet;
    if (n > 0) {
        const auto bytes = withoutFlood(entry, {buffer, static_cast<std::size_t>(n)}, time);
        entry.lastData = time;
        m_listener.received(connectionOf(entry));
        if (bytes.empty())
            return;
        emit(entry, base::PacketKind::StreamData, false, bytes, entry.remote, time);
        frames(entry, fd, bytes, time);
    } else if (n == 0) {
        peerFinished(entry);
    } else if (number != EAGAIN && number != EINTR) {
        entry.error = number;
        met({number, entry.remote, base::now()});
        if (number == ECONNRESET)
            finished(entry, base::PacketKind::StreamReset, false);
    }
}

int Tap::pending(int fd, int *bytes)
{
    TapSocket &entry = socket(fd);
    if (!entry.stream)
        return libC().ioctl(fd, FIONREAD, bytes);
    if (entry.taken >= entry.ready.size())
        pump(entry, fd);
    *bytes = static_cast<int>(entry.ready.size() - entry.taken);
    if (*bytes > 0 || entry.ended)
        return 0; // 0 bytes at the end of the stream is how the library learns of it
    errno = entry.error != 0 ? entry.error : EAGAIN;
    return -1;
}

ssize_t Tap::fromStream(TapSocket &entry, int fd, msghdr *message, int flags)
{
    if (entry.taken >= entry.ready.size())
        pump(entry, fd);
    const std::string_view rest = std::string_view(entry.ready).substr(entry.taken);
    if (rest.empty()) {
        if (entry.ended && !entry.resetSeen)
            return 0;
        errno = entry.error != 0 ? entry.error : EAGAIN;
        return -1;
    }
    const std::size_t n = scatter(rest, message->msg_iov, message->msg_iovlen);
    message->msg_namelen = 0;
    message->msg_flags = 0;
    if ((flags & MSG_PEEK) == 0)
        entry.taken += n;
    if (entry.taken >= entry.ready.size()) {
        entry.ready.clear();
        entry.taken = 0;
    }
    return static_cast<ssize_t>(n);
}
} // namespace engine
