// SPDX-License-Identifier: Apache-2.0
// The interposition of OpenSSL's calls, like wire_tap.cpp's of the C library's: only the engine's
// thread, which has a tap, does not fall straight through.
#include <engine/tap.h>

#include <dlfcn.h>
#include <openssl/ssl.h>

#define EARSHOT_INTERPOSED extern "C" __attribute__((visibility("default"), used))

namespace {

template <class Function> Function next(const char *name)
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

engine::Tap *tapFor(const SSL *ssl)
{
    return SSL_get_fd(ssl) >= 0 ? engine::Tap::current() : nullptr;
}

} // namespace

namespace engine {

bool tlsPassesHere()
{
    return ::dlsym(RTLD_DEFAULT, "SSL_connect") == reinterpret_cast<void *>(&SSL_connect);
}

} // namespace engine

EARSHOT_INTERPOSED int SSL_connect(SSL *ssl)
{
    static const auto real = next<engine::SslCall>("SSL_connect");
    engine::Tap *tap = tapFor(ssl);
    return tap == nullptr ? real(ssl) : tap->handshake(ssl, real, true);
}

EARSHOT_INTERPOSED int SSL_accept(SSL *ssl)
{
    static const auto real = next<engine::SslCall>("SSL_accept");
    engine::Tap *tap = tapFor(ssl);
    return tap == nullptr ? real(ssl) : tap->handshake(ssl, real, false);
}

EARSHOT_INTERPOSED int SSL_read(SSL *ssl, void *buffer, int size)
{
    static const auto real = next<engine::SslReadCall>("SSL_read");
    engine::Tap *tap = tapFor(ssl);
    return tap == nullptr ? real(ssl, buffer, size) : tap->readSecure(ssl, buffer, size, real);
}

EARSHOT_INTERPOSED int SSL_write(SSL *ssl, const void *buffer, int size)
{
    static const auto real = next<engine::SslWriteCall>("SSL_write");
    engine::Tap *tap = tapFor(ssl);
    return tap == nullptr ? real(ssl, buffer, size) : tap->writeSecure(ssl, buffer, size, real);
}

EARSHOT_INTERPOSED int SSL_pending(const SSL *ssl)
{
    static const auto real = next<int (*)(const SSL *)>("SSL_pending");
    engine::Tap *tap = tapFor(ssl);
    return real(ssl) + (tap == nullptr ? 0 : tap->pendingSecure(const_cast<SSL *>(ssl)));
}

EARSHOT_INTERPOSED void SSL_free(SSL *ssl)
{
    static const auto real = next<void (*)(SSL *)>("SSL_free");
    if (engine::Tap *tap = engine::Tap::current(); tap != nullptr)
        tap->freeing(ssl);
    real(ssl);
}

EARSHOT_INTERPOSED int SSL_shutdown(SSL *ssl)
{
    static const auto real = next<engine::SslCall>("SSL_shutdown");
    engine::Tap *tap = tapFor(ssl);
    return tap == nullptr ? real(ssl) : tap->endSecure(ssl, real);
}
