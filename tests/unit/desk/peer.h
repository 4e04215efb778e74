// SPDX-License-Identifier: Apache-2.0
// A raw UDP socket that speaks SIP by hand with the desk under test. Test thread only.
#pragma once

#include <arpa/inet.h>
#include <base/endpoint.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace desk_test {

class Peer
{
public:
    Peer() : m_fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof name;
        ::bind(m_fd, reinterpret_cast<sockaddr *>(&name), size);
        ::getsockname(m_fd, reinterpret_cast<sockaddr *>(&name), &size);
        m_local = base::Endpoint::of(reinterpret_cast<sockaddr *>(&name));
    }
    ~Peer() { ::close(m_fd); }
    Peer(const Peer &) = delete;
    Peer &operator=(const Peer &) = delete;

    std::string uri() const { return "sip:peer@" + m_local.text(); }
    std::string local() const { return m_local.text(); }

    /// What waits, if anything; its sender gets what send() sends.
    std::optional<std::string> receive()
    {
        char buffer[65536];
        socklen_t size = sizeof m_from;
        const auto got = ::recvfrom(m_fd, buffer, sizeof buffer, 0,
                                    reinterpret_cast<sockaddr *>(&m_from), &size);
        if (got < 0)
            return std::nullopt;
        return std::string(buffer, static_cast<std::size_t>(got));
    }
    void send(const std::string &text) const
    {
        ::sendto(m_fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr *>(&m_from),
                 sizeof m_from);
    }

    /// The value of the first such header line, empty without one.
    static std::string header(const std::string &message, const std::string &name)
    {
        const auto at = message.find("\r\n" + name + ": ");
        if (at == std::string::npos)
            return {};
        const auto begin = at + name.size() + 4;
        return message.substr(begin, message.find("\r\n", begin) - begin);
    }
    static std::string reply(const std::string &request, const std::string &status,
                             const std::string &tag, const std::string &more = {},
                             const std::string &body = {})
    {
        std::string out = "SIP/2.0 " + status + "\r\n";
        for (const char *name : {"Via", "From", "Call-ID", "CSeq"})
            out += std::string(name) + ": " + header(request, name) + "\r\n";
        const auto to = header(request, "To");
        out += "To: " + to + (to.find("tag=") == std::string::npos ? ";tag=" + tag : "") + "\r\n";
        out += more;
        if (!body.empty())
            out += "Content-Type: application/sdp\r\n";
        return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

private:
    int m_fd;
    base::Endpoint m_local;
    sockaddr_in m_from{};
};

inline std::string sdp(const std::string &media, const std::string &rest = {})
{
    return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
           media + "\r\n" + rest;
}

} // namespace desk_test
