// SPDX-License-Identifier: Apache-2.0
#include <engine/self_test.h>

#include <engine/sofia.h>
#include <engine/tap.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sofia-sip/su.h>
#include <unistd.h>

namespace engine {

namespace {

class Counter final : public TapListener
{
public:
    void packet(base::Packet packet) override
    {
        ++packets;
        bytes += packet.payload.size();
    }
    bool admits(std::string_view, const Connection &) override { return true; }
    void sent(const Connection &, std::string_view) override {}
    void received(const Connection &) override {}
    void keepAlive(const Connection &, bool) override { ++keepAlives; }
    void refused(const Connection &, std::string_view) override {}

    std::uint64_t packets = 0, bytes = 0, keepAlives = 0;
};

constexpr std::string_view kDatagram = "OPTIONS sip:tap SIP/2.0\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kStream =
    "\r\n\r\nOPTIONS sip:tap SIP/2.0\r\nContent-Length: 0\r\n\r\n\r\n";

class Socket
{
public:
    explicit Socket(int fd) : m_fd(fd) {}
    ~Socket()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;
    int fd() const { return m_fd; }

private:
    int m_fd;
};

su_sockaddr_t boundTo(int fd)
{
    su_sockaddr_t address{};
    address.su_sin.sin_family = AF_INET;
    address.su_sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address.su_sin;
    if (::bind(fd, &address.su_sa, length) != 0 || ::getsockname(fd, &address.su_sa, &length) != 0)
        return {};
    return address;
}

/// The library's own functions, so that it is the library's calls that are counted.
void libraryWrites(int fd, std::string_view text, const su_sockaddr_t *to)
{
    su_iovec_t vector[1];
    vector[0].siv_base = const_cast<char *>(text.data());
    vector[0].siv_len = text.size();
    su_vsend(fd, vector, 1, MSG_NOSIGNAL, to, to != nullptr ? sizeof to->su_sin : 0);
}

void libraryReads(int fd)
{
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 1000) != 1)
        return;
    const auto size = su_getmsgsize(fd);
    if (size <= 0)
        return;
    std::string room(static_cast<std::size_t>(size), '\0');
    su_iovec_t vector[1];
    vector[0].siv_base = room.data();
    vector[0].siv_len = room.size();
    su_sockaddr_t from{};
    socklen_t length = sizeof from;
    su_vrecv(fd, vector, 1, 0, &from, &length);
}

void exchange()
{
    const Socket udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const su_sockaddr_t self = boundTo(udp.fd());
    if (self.su_family != AF_INET)
        return; // no loopback here: the tap is told to have seen nothing
    libraryWrites(udp.fd(), kDatagram, &self);
    libraryReads(udp.fd());

    const Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const su_sockaddr_t there = boundTo(listener.fd());
    if (there.su_family != AF_INET || ::listen(listener.fd(), 1) != 0)
        return;
    const Socket client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(client.fd(), &there.su_sa, sizeof there.su_sin) != 0)
        return;
    const Socket server(::accept(listener.fd(), nullptr, nullptr));
    libraryWrites(client.fd(), kStream, nullptr);
    libraryReads(server.fd());
}

} // namespace

TapReport testTap()
{
    Counter counter;
    {
        Tap tap(counter);
        tap.attach();
        exchange();
    }
    // Two datagram packets, two stream packets, each end's FIN, and a ping and a pong between the
    // stream's messages.
    TapReport report;
    report.expected = 2 + 2 + 2 + 2;
    report.seen = counter.packets + counter.keepAlives;
    report.works =
        report.seen == report.expected && counter.bytes == 2 * (kDatagram.size() + kStream.size());
    if (!report.works)
        report.sentence = fmt::format("The wire tap is blind: it saw {} of {} events of its "
                                      "self-test. What this program sends and "
                                      "receives would not be shown. Its build does not stand "
                                      "before the C library's socket calls; "
                                      "link it with exported symbols (--export-dynamic).",
                                      report.seen, report.expected);
    return report;
}

} // namespace engine
