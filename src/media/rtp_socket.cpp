// SPDX-License-Identifier: Apache-2.0
#include "rtp_socket.h"

#include <array>
#include <base/packet.h>
#include <cerrno>
#include <cstring>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <optional>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace media {

namespace {

constexpr int kBatch = 16;
constexpr std::size_t kLongest = 4096; // audio RTP is far below; what is longer is noted as cut
constexpr int kReceiveQueue = 512 * 1024;

void switchOn(int fd, int level, int option)
{
    const int one = 1;
    ::setsockopt(fd, level, option, &one, sizeof one);
}

/// Telephone sound and its RTCP are marked for expedited forwarding (RFC 4594 section 4.1), which
/// any user may do. False: the system refused.
bool expedite(int fd, int family)
{
    constexpr int kExpedited = base::kExpedited << 2;
    return family == AF_INET6
               ? ::setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &kExpedited, sizeof kExpedited) == 0
               : ::setsockopt(fd, IPPROTO_IP, IP_TOS, &kExpedited, sizeof kExpedited) == 0;
}

base::Error bindError(int code, const base::Endpoint &local)
{
    const std::string context = local.text() + ": " + std::strerror(code);
    const std::string address = local.address.text();
    switch (code) {
    case EADDRINUSE:
        return {base::ErrorCode::PortInUse,
                "Port " + std::to_string(local.port) + " on " + address +
                    " is in use. Choose another one, or end the program that holds it.",
                context};
    case EADDRNOTAVAIL:
        return {base::ErrorCode::BadInput,
                "This machine has no address " + address +
                    ", so no audio can be received there. Choose one of its own addresses.",
                context};
    case EACCES:
        return {base::ErrorCode::NoPermission,
                "Not allowed to use port " + std::to_string(local.port) +
                    " for audio. Choose a port range above 1023.",
                context};
    default:
        return {base::ErrorCode::Io,
                "Could not open a port for audio on " + address + ": " + std::strerror(code) + ".",
                context};
    }
}

void readControl(msghdr &message, Datagram &datagram, std::optional<std::uint32_t> &counter)
{
    for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        const auto *data = CMSG_DATA(c);
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            timespec stamp{};
            std::memcpy(&stamp, data, sizeof stamp);
            datagram.time = {stamp.tv_sec * 1'000'000'000LL + stamp.tv_nsec};
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            std::uint32_t value = 0;
            std::memcpy(&value, data, sizeof value);
            counter = value;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            datagram.tos = *data; // one byte, unlike the others
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            std::memcpy(&datagram.ttl, data, sizeof datagram.ttl);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            std::memcpy(&datagram.tos, data, sizeof datagram.tos);
        }
    }
}

} // namespace

struct UdpSocket::Buffers {
    std::array<std::array<char, kLongest>, kBatch> bytes;
    std::array<std::array<char, 256>, kBatch> control;
    std::array<sockaddr_storage, kBatch> sources;
    std::array<iovec, kBatch> vectors;
    std::array<mmsghdr, kBatch> messages;
};

base::Result<UdpSocket> UdpSocket::bind(const base::Endpoint &local)
{
    sockaddr_storage address{};
    const unsigned length = local.toSocketAddress(address);
    if (length == 0)
        return base::fail(base::ErrorCode::BadInput,
                          "Audio needs a local IP address to receive on; none was given.");
    UdpSocket socket;
    socket.m_fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket.m_fd < 0)
        return tl::unexpected(bindError(errno, local));
    if (address.ss_family == AF_INET6) {
        switchOn(socket.m_fd, IPPROTO_IPV6, IPV6_V6ONLY);
        switchOn(socket.m_fd, IPPROTO_IPV6, IPV6_RECVTCLASS);
        switchOn(socket.m_fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
    } else {
        switchOn(socket.m_fd, IPPROTO_IP, IP_RECVTOS);
        switchOn(socket.m_fd, IPPROTO_IP, IP_RECVTTL);
    }
    switchOn(socket.m_fd, SOL_SOCKET, SO_TIMESTAMPNS);
    switchOn(socket.m_fd, SOL_SOCKET, SO_RXQ_OVFL);
    socket.m_dscp = expedite(socket.m_fd, address.ss_family) ? base::kExpedited : base::kNoDscp;
    ::setsockopt(socket.m_fd, SOL_SOCKET, SO_RCVBUF, &kReceiveQueue, sizeof kReceiveQueue);
    if (::bind(socket.m_fd, reinterpret_cast<const sockaddr *>(&address), length) != 0)
        return tl::unexpected(bindError(errno, local));
    socklen_t size = sizeof address;
    ::getsockname(socket.m_fd, reinterpret_cast<sockaddr *>(&address), &size);
    socket.m_local = base::Endpoint::of(reinterpret_cast<const sockaddr *>(&address));
    socket.m_buffers = std::make_unique<Buffers>();
    return socket;
}

UdpSocket::UdpSocket(UdpSocket &&other) noexcept
{
    *this = std::move(other);
}

UdpSocket &UdpSocket::operator=(UdpSocket &&other) noexcept
{
    std::swap(m_buffers, other.m_buffers);
    std::swap(m_fd, other.m_fd);
    std::swap(m_local, other.m_local);
    std::swap(m_dscp, other.m_dscp);
    std::swap(m_overflowed, other.m_overflowed);
    std::swap(m_lastCounter, other.m_lastCounter);
    return *this;
}

UdpSocket::~UdpSocket()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

int UdpSocket::receiveBatch(const std::function<void(const Datagram &)> &take)
{
    auto &b = *m_buffers;
    for (std::size_t i = 0; i < kBatch; ++i) {
        b.vectors[i] = {b.bytes[i].data(), b.bytes[i].size()};
        b.messages[i] = {};
        msghdr &m = b.messages[i].msg_hdr;
        m.msg_name = &b.sources[i];
        m.msg_namelen = sizeof b.sources[i];
        m.msg_iov = &b.vectors[i];
        m.msg_iovlen = 1;
        m.msg_control = b.control[i].data();
        m.msg_controllen = b.control[i].size();
    }
    const int count = ::recvmmsg(m_fd, b.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (int k = 0; k < count; ++k) {
        const auto i = static_cast<std::size_t>(k);
        msghdr &m = b.messages[i].msg_hdr;
        Datagram datagram;
        std::optional<std::uint32_t> counter;
        readControl(m, datagram, counter);
        if (counter) { // the kernel's counter is 32 bits wide and wraps
            m_overflowed += *counter - m_lastCounter;
            m_lastCounter = *counter;
        }
        if (!datagram.time.known())
            datagram.time = base::now();
        datagram.source = base::Endpoint::of(reinterpret_cast<const sockaddr *>(&b.sources[i]));
        datagram.bytes = {b.bytes[i].data(), b.messages[i].msg_len};
        datagram.cut = (m.msg_flags & MSG_TRUNC) != 0;
        take(datagram);
    }
    return count;
}

int UdpSocket::receive(const std::function<void(const Datagram &)> &take, int most)
{
    int total = 0;
    while (total < most) {
        const int count = receiveBatch(take);
        if (count > 0)
            total += count;
        if (count < kBatch)
            break;
    }
    return total;
}

bool UdpSocket::send(const base::Endpoint &to, std::string_view bytes)
{
    sockaddr_storage address{};
    const unsigned length = to.toSocketAddress(address);
    if (length == 0)
        return false;
    return ::sendto(m_fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr *>(&address),
                    length) == static_cast<ssize_t>(bytes.size());
}

namespace {

base::Result<RtpPair> pairAt(const base::Address &local, std::uint16_t even)
{
    auto rtp = UdpSocket::bind({local, even});
    if (!rtp)
        return tl::unexpected(rtp.error());
    auto rtcp = UdpSocket::bind({local, static_cast<std::uint16_t>(even + 1)});
    if (!rtcp)
        return tl::unexpected(rtcp.error());
    return RtpPair{std::move(*rtp), std::move(*rtcp)};
}

base::Result<RtpPair> pairOfTheSystem(const base::Address &local)
{
    constexpr int kAttempts = 64;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto one = UdpSocket::bind({local, 0});
        if (!one)
            return tl::unexpected(one.error());
        const std::uint16_t port = one->local().port;
        const bool even = port % 2 == 0;
        auto other =
            UdpSocket::bind({local, static_cast<std::uint16_t>(even ? port + 1 : port - 1)});
        if (!other)
            continue;
        if (even)
            return RtpPair{std::move(*one), std::move(*other)};
        return RtpPair{std::move(*other), std::move(*one)};
    }
    return base::fail(base::ErrorCode::PortInUse,
                      "The system has no free pair of UDP ports for audio on " + local.text() +
                          ". End other calls or programs that hold many ports, then try again.");
}

} // namespace

base::Result<RtpPair> RtpPair::open(const base::Address &local, std::uint16_t first,
                                    std::uint16_t last)
{
    if (first == 0 && last == 0)
        return pairOfTheSystem(local);
    const unsigned lowest = first + first % 2U;
    if (last < lowest + 1)
        return base::fail(
            base::ErrorCode::BadInput,
            "The port range " + std::to_string(first) + "-" + std::to_string(last) +
                " holds no even port followed by an odd one. Choose at least two ports.");
    const unsigned pairs = (last + 1U - lowest) / 2;
    std::random_device
        random; // where to begin: a port just given up may still get the last call's packets
    const unsigned start = random() % pairs;
    for (unsigned i = 0; i < pairs; ++i) {
        const auto even = static_cast<std::uint16_t>(lowest + (start + i) % pairs * 2);
        auto pair = pairAt(local, even);
        if (pair)
            return pair;
        if (pair.error().code != base::ErrorCode::PortInUse)
            return pair;
    }
    return base::fail(
        base::ErrorCode::PortInUse,
        "Every pair of ports between " + std::to_string(first) + " and " + std::to_string(last) +
            " on " + local.text() +
            " is in use. Choose a wider port range, or end the program that holds them.");
}

} // namespace media
