// SPDX-License-Identifier: Apache-2.0
// What a TLS handshake came to is told of the request that it was made for, and of no later one.
#include "script.h"

#include <atomic>
#include <engine/tap.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

using ear::Ear;
using engine::CallStep;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Answers whatever comes on its connections with bytes that are no TLS, and is gone then.
class NoTls
{
public:
    explicit NoTls(int connections = 1)
        : m_listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof name;
        EXPECT_EQ(::bind(m_listener, reinterpret_cast<sockaddr *>(&name), length), 0);
        EXPECT_EQ(::listen(m_listener, 4), 0);
        ::getsockname(m_listener, reinterpret_cast<sockaddr *>(&name), &length);
        m_port = ntohs(name.sin_port);
        m_thread = std::thread([this, connections] {
            for (int left = connections; left > 0; --left) {
                const int fd = ::accept(m_listener, nullptr, nullptr);
                if (left == 1)
                    ::close(m_listener); // from now on nobody listens
                answer(fd);
            }
        });
    }
    ~NoTls() { m_thread.join(); }
    NoTls(const NoTls &) = delete;
    NoTls &operator=(const NoTls &) = delete;
    std::uint16_t port() const { return m_port; }

private:
    static void answer(int fd)
    {
        char buffer[4096];
        if (::recv(fd, buffer, sizeof buffer, 0) > 0) {
            const std::string words = "SIP/2.0 400 This is no TLS\r\n\r\n";
            ::send(fd, words.data(), words.size(), MSG_NOSIGNAL);
        }
        while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
        }
        ::close(fd);
    }

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

/// How many SSLs of the process live, as OpenSSL itself tells.
class SslCount
{
public:
    SslCount()
    {
        m_index = CRYPTO_get_ex_new_index(
            CRYPTO_EX_INDEX_SSL, 0, m_made,
            [](void *, void *, CRYPTO_EX_DATA *, int, long, void *made) {
                ++*static_cast<std::atomic<int> *>(made);
            },
            nullptr,
            [](void *, void *, CRYPTO_EX_DATA *, int, long, void *made) {
                static_cast<std::atomic<int> *>(made)[1]++;
            });
    }
    ~SslCount() { CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, m_index); }
    SslCount(const SslCount &) = delete;
    SslCount &operator=(const SslCount &) = delete;
    int made() const { return m_made[0]; }
    int freed() const { return m_made[1]; }

private:
    std::atomic<int> m_made[2] = {0, 0};
    int m_index = 0;
};

struct Deaf : engine::TapListener {
    void packet(base::Packet) override {}
    bool admits(std::string_view, const engine::Connection &) override { return false; }
    void sent(const engine::Connection &, std::string_view) override {}
    void received(const engine::Connection &) override {}
    void keepAlive(const engine::Connection &, bool) override {}
    void refused(const engine::Connection &, std::string_view) override {}
};

/// One SSL in the middle of its handshake, as a version of sofia-sip has it.
class TlsEnd : public testing::Test
{
protected:
    TlsEnd()
    {
        tap.emplace(listener);
        tap->attach();
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
        bio = BIO_new_socket(ends[0], BIO_NOCLOSE);
        ssl = SSL_new(context);
        SSL_set_bio(ssl, bio, bio);
        EXPECT_LT(SSL_connect(ssl), 1); // nobody answers
    }
    ~TlsEnd() override
    {
        tap.reset();
        SSL_CTX_free(context);
        ::close(ends[0]);
        ::close(ends[1]);
    }
    const SslCount count;
    Deaf listener;
    std::optional<engine::Tap> tap;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int ends[2] = {-1, -1};
    BIO *bio = nullptr;
    SSL *ssl = nullptr;
};

/// sofia-sip 1.13: tls_free() ends it until that is done, and frees it.
TEST_F(TlsEnd, ALibraryThatFreesIsLeftToIt)
{
    int tries = 0;
    for (int result = 0; result != 1 && tries < 10; ++tries) {
        result = SSL_shutdown(ssl);
        result = result == -1 ? 1 : result;
    }
    EXPECT_LT(tries, 10) << "it would go on for ever";
    EXPECT_EQ(count.freed(), 0);
    SSL_free(ssl);
    EXPECT_EQ(count.freed(), 1);
    tap.reset();
    EXPECT_EQ(count.freed(), 1);
}

/// The socket was closed and its number is another's by now: still it has to come to an end.
TEST_F(TlsEnd, ALibraryThatInsistsIsToldThatItIsDone)
{
    SSL *const other = SSL_new(context);
    SSL_set_fd(other, ends[0]);
    EXPECT_LT(SSL_connect(other), 1);
    EXPECT_EQ(SSL_shutdown(ssl), 1);
    EXPECT_EQ(SSL_shutdown(ssl), 1);
    SSL_free(ssl);
    SSL_free(other);
    EXPECT_EQ(count.freed(), 2);
}

/// sofia-sip 1.12: tls_free() ends it and lets go of what it holds, never of the SSL.
TEST_F(TlsEnd, OneThatIsLeftIsFreedOnce)
{
    SSL_shutdown(ssl);
    BIO_free(bio);
    SSL_CTX_free(context); // what the SSL holds
    EXPECT_EQ(count.freed(), 0) << "it is not known yet";
    tap.reset();
    EXPECT_EQ(count.freed(), 1);
}

/// The library never frees what it made for a connection (Tap::endSecure).
TEST(TlsConnection, LeavesNothingBehind)
{
    constexpr int kCalls = 3;
    const SslCount count;
    {
        NoTls peer(kCalls);
        Ear ear(ear::quick());
        engine::CallRequest request;
        request.target = "sip:bob@127.0.0.1:" + std::to_string(peer.port()) + ";transport=tls";
        request.description = ear::kOffer;
        for (std::size_t i = 1; i <= kCalls; ++i) {
            ear.engine->place(request);
            ASSERT_TRUE(ear.waitFor(CallStep::Failed, i));
        }
    }
    EXPECT_GE(count.made(), kCalls);
    EXPECT_EQ(count.freed(), count.made());
}

} // namespace
