// SPDX-License-Identifier: Apache-2.0
// A caller with a TCP connection of its own to the engine, for what arrives over one.
#pragma once

#include "incoming.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace incoming {

class Connected : public Incoming
{
public:
    explicit Connected(std::chrono::milliseconds t1 = std::chrono::milliseconds(200)) : Incoming(t1)
    {
        fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
    }
    ~Connected() override { ::close(fd); }
    static std::string of(const std::string &callId, const std::string &method, int cseq,
                          const std::string &branch, const std::string &tag = "")
    {
        return sip::Writer::request(method, "sip:me@127.0.0.1;transport=tcp")
            .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK" + branch)
            .header("From", "<sip:caller@127.0.0.1>;tag=c")
            .header("To", "<sip:me@127.0.0.1>" + (tag.empty() ? "" : ";tag=" + tag))
            .header("Call-ID", callId)
            .header("CSeq", std::to_string(cseq) + " " + method)
            .header("Contact", "<sip:caller@127.0.0.1:9;transport=tcp>")
            .header("Max-Forwards", "70")
            .text();
    }
    void send(const std::string &text)
    {
        EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    std::size_t found(const std::string &what) const
    {
        std::size_t out = 0;
        for (auto at = read.find(what); at != std::string::npos; at = read.find(what, at + 1))
            ++out;
        return out;
    }
    void receive()
    {
        char buffer[4096];
        const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        read.append(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    /// What came so far; `times` responses begin with "SIP/2.0 " and `status`.
    bool came(const std::string &status, std::size_t times, std::chrono::milliseconds limit)
    {
        return support::stepUntil([&] { return found("SIP/2.0 " + status) >= times; }, limit,
                                  [&] { receive(); });
    }
    std::string told(base::LocalKind kind, const std::string &what)
    {
        std::string out;
        support::stepUntil(
            [&] {
                for (const auto &each : ear.told(kind))
                    if (each.sentence.find(what) != std::string::npos)
                        out = each.sentence;
                return !out.empty();
            },
            std::chrono::seconds(30));
        return out;
    }

    int fd = -1;
    std::string read;
};

} // namespace incoming
