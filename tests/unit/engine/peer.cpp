// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

#include <algorithm>
#include <netinet/in.h>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace peer {

namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
}

std::uint16_t bindTo(int fd, std::uint16_t port)
{
    auto name = loopback(port);
    if (::bind(fd, reinterpret_cast<sockaddr *>(&name), sizeof name) != 0)
        return 0;
    socklen_t length = sizeof name;
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&name), &length);
    return ntohs(name.sin_port);
}

} // namespace

Peer::Peer(Handler handler, Blank keepAlive, Raw raw)
    : m_handler(std::move(handler)), m_blank(std::move(keepAlive)), m_raw(std::move(raw))
{
    for (int attempt = 0; attempt < 20; ++attempt) {
        m_udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        m_port = bindTo(m_udp, 0);
        if (bindTo(m_listener, m_port) != 0)
            break;
        ::close(m_udp);
        ::close(m_listener);
    }
    ::listen(m_listener, 8);
    m_wake = ::eventfd(0, EFD_CLOEXEC);
    m_thread = std::thread([this] { run(); });
}

Peer::~Peer()
{
    m_stop = true;
    wake();
    m_thread.join();
    for (const auto &[fd, stream] : m_streams)
        ::close(fd);
    ::close(m_udp);
    ::close(m_listener);
    ::close(m_wake);
}

std::string Peer::uri(const std::string &user) const
{
    return "sip:" + user + "@127.0.0.1:" + std::to_string(m_port);
}

void Peer::run()
{
    while (!m_stop) {
        std::vector<pollfd> waiting{
            {m_wake, POLLIN, 0}, {m_udp, POLLIN, 0}, {m_listener, POLLIN, 0}};
        for (const auto &[fd, stream] : m_streams)
            waiting.push_back({fd, POLLIN, 0});
        if (::poll(waiting.data(), waiting.size(), 1000) <= 0 || m_stop)
            continue;
        if (waiting[0].revents != 0)
            woken();
        if (waiting[1].revents != 0)
            datagram();
        if (waiting[2].revents != 0) {
            sockaddr_storage name{};
            socklen_t length = sizeof name;
            const int fd = ::accept(m_listener, reinterpret_cast<sockaddr *>(&name), &length);
            m_streams[fd].remote = base::Endpoint::of(reinterpret_cast<sockaddr *>(&name));
            ++m_connections;
        }
        for (std::size_t i = 3; i < waiting.size(); ++i) {
            const auto found =
                waiting[i].revents != 0 ? m_streams.find(waiting[i].fd) : m_streams.end();
            if (found != m_streams.end() && !bytes(found->first, found->second)) {
                ::close(found->first);
                m_streams.erase(found);
                ++m_ended;
            }
        }
    }
}

void Peer::datagram()
{
    char buffer[65536];
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    const ssize_t n =
        ::recvfrom(m_udp, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr *>(&name), &length);
    if (n <= 0)
        return;
    const std::string text(buffer, static_cast<std::size_t>(n));
    const Way way{m_udp, false, base::Endpoint::of(reinterpret_cast<sockaddr *>(&name))};
    if (!m_raw || !m_raw(*this, text, way))
        handle(text, way);
}

bool Peer::bytes(int fd, Stream &stream)
{
    char buffer[16384];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0)
        return false;
    const Way way{fd, true, stream.remote};
    for (const auto &frame :
         stream.framer.add({buffer, static_cast<std::size_t>(n)}, base::now())) {
        if (frame.kind == sip::FrameKind::Message)
            handle(frame.text, way);
        else if (m_blank &&
                 (frame.kind == sip::FrameKind::Ping || frame.kind == sip::FrameKind::Pong))
            m_blank(*this, frame.kind == sip::FrameKind::Ping, way);
    }
    return true;
}

void Peer::handle(const std::string &text, const Way &way)
{
    bool repeated = false;
    {
        std::lock_guard guard(m_mutex);
        repeated = std::find(m_texts.begin(), m_texts.end(), text) != m_texts.end();
        m_texts.push_back(text);
    }
    if (repeated)
        return; // timers are short in tests and machines slow: retransmissions are counted, not
                // answered
    if (const auto message = sip::parse(text))
        m_handler(*this, *message, way);
}

void Peer::send(const Way &way, const std::string &text)
{
    if (way.stream) {
        ::send(way.fd, text.data(), text.size(), MSG_NOSIGNAL);
        return;
    }
    sendTo(way.remote.port, text);
}

void Peer::sendTo(std::uint16_t port, const std::string &text)
{
    const auto name = loopback(port);
    ::sendto(m_udp, text.data(), text.size(), 0, reinterpret_cast<const sockaddr *>(&name),
             sizeof name);
}

void Peer::finish(const Way &way)
{
    ::shutdown(way.fd, SHUT_WR);
}

void Peer::reset(const Way &way)
{
    {
        std::lock_guard guard(m_mutex);
        m_resets.push_back(way.fd);
    }
    wake();
}

void Peer::wake()
{
    const std::uint64_t one = 1;
    if (::write(m_wake, &one, sizeof one) != sizeof one)
        std::abort();
}

void Peer::woken()
{
    std::uint64_t count = 0;
    if (::read(m_wake, &count, sizeof count) != sizeof count)
        std::abort();
    std::lock_guard guard(m_mutex);
    for (const int fd : m_resets) {
        // Disconnecting a TCP socket to "no address" aborts it with an RST at once.
        sockaddr none{};
        none.sa_family = AF_UNSPEC;
        ::connect(fd, &none, sizeof none);
    }
    m_resets.clear();
}

std::vector<std::string> Peer::texts() const
{
    std::lock_guard guard(m_mutex);
    return m_texts;
}

std::vector<std::string> Peer::startLines() const
{
    std::vector<std::string> out;
    for (const auto &text : texts())
        out.push_back(text.substr(0, text.find('\r')));
    return out;
}

int Peer::copies(const std::string &method) const
{
    int out = 0;
    for (const auto &line : startLines())
        out += line.compare(0, method.size() + 1, method + " ") == 0 ? 1 : 0;
    return out;
}

int Peer::count(const std::string &method) const
{
    std::set<std::string> seen;
    for (const auto &text : texts())
        if (text.compare(0, method.size() + 1, method + " ") == 0)
            seen.insert(text);
    return static_cast<int>(seen.size());
}

sip::Writer answer(Peer &from, const sip::Message &request, int status, const std::string &tag)
{
    auto writer = sip::responseTo(request, status, "", tag);
    writer.header("Contact", "<" + from.uri("callee") + ">");
    return writer;
}

} // namespace peer
