// SPDX-License-Identifier: Apache-2.0
// What a TLS handshake came to is told of the request that it was made for, and of no later one.
#include "script.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

using ear::Ear;
using engine::CallStep;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Answers whatever comes on the first connection with bytes that are no TLS, and is gone then.
class NoTls
{
public:
    NoTls() : m_listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof name;
        EXPECT_EQ(::bind(m_listener, reinterpret_cast<sockaddr *>(&name), length), 0);
        EXPECT_EQ(::listen(m_listener, 4), 0);
        ::getsockname(m_listener, reinterpret_cast<sockaddr *>(&name), &length);
        m_port = ntohs(name.sin_port);
        m_thread = std::thread([this] {
            const int fd = ::accept(m_listener, nullptr, nullptr);
            ::close(m_listener); // from now on nobody listens
            char buffer[4096];
            if (::recv(fd, buffer, sizeof buffer, 0) > 0) {
                const std::string words = "SIP/2.0 400 This is no TLS\r\n\r\n";
                ::send(fd, words.data(), words.size(), MSG_NOSIGNAL);
            }
            while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
            }
            ::close(fd);
        });
    }
    ~NoTls() { m_thread.join(); }
    NoTls(const NoTls &) = delete;
    NoTls &operator=(const NoTls &) = delete;
    std::uint16_t port() const { return m_port; }

private:
    int m_listener;
    std::uint16_t m_port = 0;
    std::thread m_thread;
};

TEST(TlsRefused, IsNotRepeatedForARequestThatCameLater)
{
    NoTls peer;
    Ear ear(ear::quick());
    engine::CallRequest request;
    request.target = "sip:bob@127.0.0.1:" + std::to_string(peer.port()) + ";transport=tls";
    request.description = ear::kOffer;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto first = ear.first(CallStep::Failed);
    EXPECT_THAT(first.sentence, HasSubstr("TLS"));
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed, 2));
    for (const auto &each : ear.calls()) {
        if (each.step == CallStep::Failed && each.call != first.call) {
            EXPECT_THAT(each.sentence, AllOf(HasSubstr("nobody listens"), Not(HasSubstr("TLS"))));
        }
    }
}

} // namespace
