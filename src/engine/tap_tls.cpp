// SPDX-License-Identifier: Apache-2.0
// The tap on TLS: the library's own reads and writes of the decrypted bytes pass through here, in
// whole admitted messages like those of a plain connection.
#include <engine/tap_socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <engine/sofia.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string_view>
#include <utility>

namespace engine {

namespace {

constexpr int kReadSize = 4096;
constexpr std::size_t kMostReady = 256 * 1024; // then the peer has to wait until it is read

TapListener::Secured endOf(bool done, int error, int number)
{
    const bool cut = !done && error == SSL_ERROR_SYSCALL;
    return {done, !done && error == SSL_ERROR_SSL, cut ? number : 0};
}

bool wouldBlock(int error)
{
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

} // namespace

int Tap::handshake(SSL *ssl, SslCall real, bool weConnect)
{
    freeLeft();
    TapSocket &entry = socket(SSL_get_fd(ssl));
    entry.ssl = ssl;
    if (!std::exchange(entry.secure, true)) {
        const Quiet quiet;
        m_listener.securing(ssl, connectionOf(entry), weConnect);
    }
    const int result = real(ssl);
    const int number = errno;
    const int error = SSL_get_error(ssl, result);
    if (!wouldBlock(error)) {
        const Quiet quiet;
        entry.lastData = base::now();
        m_listener.secured(ssl, connectionOf(entry), endOf(result == 1, error, number));
    }
    errno = number;
    return result;
}

/// Takes what has come until the connection would block, so that its state is the one a caller who
/// gets nothing has to see. Returns the last call's result.
int Tap::pumpSecure(TapSocket &entry, SSL *ssl, SslReadCall real)
{
    char buffer[kReadSize];
    for (;;) {
        const int n = real(ssl, buffer, sizeof buffer);
        if (n <= 0)
            return n;
        const Quiet quiet;
        entry.lastData = base::now();
        entry.heard = true;
        m_listener.received(connectionOf(entry));
        const auto bytes =
            withoutFlood(entry, {buffer, static_cast<std::size_t>(n)}, entry.lastData);
        if (bytes.empty())
            continue;
        emit(entry, base::PacketKind::StreamData, false, bytes, entry.remote, entry.lastData);
        frames(entry, SSL_get_fd(ssl), bytes, entry.lastData);
        if (entry.ended) { // broken off: the library has to meet the end of it
            int last = 0;
            do
                last = real(ssl, buffer, sizeof buffer);
            while (last > 0);
            return last;
        }
        if (entry.ready.size() > kMostReady)
            return n;
    }
}

int Tap::readSecure(SSL *ssl, void *buffer, int size, SslReadCall real)
{
    TapSocket &entry = socket(SSL_get_fd(ssl));
    int result = 0;
    if (entry.taken >= entry.ready.size()) {
        result = pumpSecure(entry, ssl, real);
        const int number = errno;
        const int error = result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
        if (result <= 0 && !wouldBlock(error) && !entry.ended) {
            const Quiet quiet;
            // TLS 1.3 has a client's certificate refused after the handshake (RFC 8446
            // section 4.4.2).
            if (error == SSL_ERROR_SSL || (!entry.heard && SSL_version(ssl) == TLS1_3_VERSION))
                m_listener.secured(ssl, connectionOf(entry), endOf(false, error, number));
            if (error == SSL_ERROR_SYSCALL && number == ECONNRESET) {
                met({number, entry.remote, base::now()});
                finished(entry, base::PacketKind::StreamReset, false);
            } else {
                peerFinished(entry);
            }
        }
        errno = number;
    }
    const auto rest = std::string_view(entry.ready).substr(entry.taken);
    if (rest.empty())
        return result;
    const auto n = std::min(rest.size(), static_cast<std::size_t>(size));
    std::memcpy(buffer, rest.data(), n);
    entry.taken += n;
    if (entry.taken >= entry.ready.size()) {
        entry.ready.clear();
        entry.taken = 0;
    }
    return static_cast<int>(n);
}

int Tap::writeSecure(SSL *ssl, const void *buffer, int size, SslWriteCall real)
{
    TapSocket &entry = socket(SSL_get_fd(ssl));
    const std::string_view bytes(static_cast<const char *>(buffer), static_cast<std::size_t>(size));
    if (entry.severed || !m_departures.admits(bytes))
        return size;
    const auto time = base::now();
    const int result = real(ssl, buffer, size);
    const int number = errno;
    if (result > 0) {
        const Quiet quiet;
        tellSent(entry, entry.remote, bytes.substr(0, static_cast<std::size_t>(result)), time);
    } else if (!wouldBlock(SSL_get_error(ssl, result))) {
        lastWords(entry);
    }
    errno = number;
    return result;
}

/// TLS 1.3 has a client's certificate refused when we are done with the handshake and may be
/// writing (RFC 8446 section 4.4.2). The library closes at the failing write or at the reset, and
/// the alert that says why is still in the kernel.
void Tap::lastWords(TapSocket &entry)
{
    auto *const ssl = const_cast<SSL *>(entry.ssl);
    if (ssl == nullptr || entry.heard || entry.ended || SSL_is_init_finished(ssl) == 0 ||
        SSL_version(ssl) != TLS1_3_VERSION)
        return;
    const Quiet quiet;
    entry.heard = true; // once
    char buffer[kReadSize];
    ERR_clear_error();
    const int result = SSL_read(ssl, buffer, sizeof buffer);
    const int number = errno;
    const int error = SSL_get_error(ssl, result);
    if (result <= 0 && !wouldBlock(error))
        m_listener.secured(ssl, connectionOf(entry), endOf(false, error, number));
    ERR_clear_error();
}

int Tap::pendingSecure(SSL *ssl)
{
    const TapSocket &entry = socket(SSL_get_fd(ssl));
    return static_cast<int>(entry.ready.size() - std::min(entry.taken, entry.ready.size()));
}

/// sofia-sip ends a TLS connection with SSL_shutdown. Up to 1.12.11 (Debian 12) it never touches
/// the SSL again and never frees it, some 40 kB for each connection, but does let go of the BIO and
/// the context that the SSL holds. From 1.13 on it calls SSL_shutdown until that returns 1 and
/// frees the SSL at once; both have the same soname. So one more reference of each is held until it
/// is known. It may have closed the socket before, and its number can belong to another connection
/// by now: nothing is sent then.
int Tap::endSecure(SSL *ssl, SslCall real)
{
    const Quiet quiet;
    if (ssl == m_left)
        return 1;
    freeLeft();
    const auto open = m_sockets.find(SSL_get_fd(ssl));
    const bool ours = open != m_sockets.end() && open->second.ssl == ssl;
    const int result = ours && !open->second.severed ? real(ssl) : 1;
    if (ours)
        open->second.ssl = nullptr;
    if (BIO *const way = SSL_get_rbio(ssl); way != nullptr)
        BIO_up_ref(way);
    SSL_CTX_up_ref(SSL_get_SSL_CTX(ssl));
    m_left = ssl;
    ERR_clear_error(); // what failed here is no failure of the next connection
    return result;
}

void Tap::freeing(const SSL *ssl)
{
    for (auto &[fd, entry] : m_sockets)
        if (entry.ssl == ssl)
            entry.ssl = nullptr;
    if (ssl == nullptr || ssl != m_left)
        return;
    m_left = nullptr; // the references that it does not need after all
    if (BIO *const way = SSL_get_rbio(ssl); way != nullptr)
        BIO_free(way);
    SSL_CTX_free(SSL_get_SSL_CTX(ssl));
}

/// The library has gone on without freeing it, so it never will.
void Tap::freeLeft()
{
    SSL *const left = std::exchange(m_left, nullptr);
    if (left == nullptr)
        return;
    const Quiet quiet;
    if (BIO *const way = SSL_get_rbio(left); way != nullptr)
        (void)BIO_set_close(way, BIO_NOCLOSE); // its number may be another connection's by now
    SSL_free(left);
}

} // namespace engine
