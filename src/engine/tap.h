// SPDX-License-Identifier: Apache-2.0
// What the interposed socket calls do for the engine's thread: every byte becomes a Packet,
// connections are framed and passed through the guard before the library reads them. Owned by the
// agent, used on its thread only.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <deque>
#include <engine/departures.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>
#include <unordered_map>

struct ssl_st;
namespace sip {
struct Frame;
}

namespace engine {

struct TapSocket;

using SslCall = int (*)(ssl_st *);
using SslReadCall = int (*)(ssl_st *, void *, int);
using SslWriteCall = int (*)(ssl_st *, const void *, int);

/// A connection (or a datagram socket) as listeners see it. `id` is its outgoing stream id, 0 for
/// datagrams.
struct Connection {
    std::uint32_t id = 0;
    bool stream = false;
    base::Endpoint local, remote;
    bool secure = false; // TLS: the bytes are what was said inside
    base::Transport transport() const
    {
        return secure ? base::Transport::Tls : stream ? base::Transport::Tcp : base::Transport::Udp;
    }
};

/// Called inside the library's socket calls: implementations must not call into sofia from here.
class TapListener
{
public:
    virtual ~TapListener() = default;
    virtual void packet(base::Packet packet) = 0;
    /// May the library see it?
    virtual bool admits(std::string_view message, const Connection &connection) = 0;
    virtual void sent(const Connection &connection, std::string_view bytes) = 0;
    virtual void received(const Connection &connection) = 0; // any bytes
    virtual void keepAlive(const Connection &connection, bool ping) = 0;
    /// Bytes that are no SIP but between messages, or a connection beyond the caps.
    virtual void refused(const Connection &connection, std::string_view why) = 0;
    /// A TLS handshake begins, and how it ended: done, by an error of OpenSSL's (`failed`) or with
    /// the connection (errno `number`, 0: FIN). In TLS 1.3 a refusal comes after we are done: then
    /// this is called once more, if nothing had come before it.
    virtual void securing(ssl_st *, const Connection &, bool /*weConnect*/) {}
    struct Secured {
        bool done = false, failed = false;
        int number = 0;
    };
    virtual void secured(ssl_st *, const Connection &, const Secured &) {}
    virtual void closed(const Connection &) {} // TLS only
    /// `what` came, behind which no message can be found any more: the connection was closed here.
    virtual void broken(const Connection &connection, const std::string &what)
    {
        refused(connection, what);
    }
    /// What may stand for a message that was not admitted; nullopt: nothing.
    virtual std::optional<std::string> instead(std::string_view, const Connection &)
    {
        return std::nullopt;
    }
    /// STUN on a SIP socket (RFC 5626 section 8). Was it awaited? Then nobody else gets it.
    virtual bool stun(const Connection &, std::string_view /*bytes*/) { return false; }
    /// ICMP said that a datagram to `connection.remote` did not arrive; `number` is an errno.
    virtual void unreachable(const Connection &, int /*number*/) {}
};

/// What a SIP socket met, so that a made-up 503 can be explained.
struct SocketError {
    int number = 0; // an errno; 0: the peer closed its side (FIN); EBADMSG: we broke it off
    base::Endpoint remote;
    base::Instant time;
    std::string request{}; // ICMP: the method of the request that did not arrive, as far as quoted
    std::string why{};     // EBADMSG: what came ("bytes that are not SIP")
};

class Tap
{
public:
    explicit Tap(TapListener &listener);
    ~Tap();
    Tap(const Tap &) = delete;
    Tap &operator=(const Tap &) = delete;

    /// From now on (until destroyed) the calls of this thread pass through here.
    void attach();
    static Tap *current();

    /// The newest with `remote`, or with anybody where that is not known; each is given once.
    std::optional<SocketError> takeError(const base::Endpoint &remote);
    /// Ends connections that hold half a message for longer than `patience`.
    void sweep(base::Instant now, base::Duration patience);
    std::size_t connections() const { return m_streams; }
    /// From now on nothing passes either way, and neither end is told, not even when it is closed:
    /// as where a NAT forgot it. False: there is no such socket, or the kernel cannot.
    bool sever(const Connection &connection);
    /// The datagram socket of that local end serves again.
    void heal(const base::Endpoint &local);

    Departures &departures() { return m_departures; }
    const Departures &departures() const { return m_departures; }

    // What the interposed calls ask. `real` calls have happened where a result is passed in.
    bool watches(int fd);
    ssize_t receive(int fd, msghdr *message, int flags);
    ssize_t send(int fd, const msghdr *message, int flags);
    int pending(int fd, int *bytes); // FIONREAD
    int accepted(int fd);            // the new descriptor or -1
    void connecting(int fd, const sockaddr *to, int result);
    void socketError(int fd, int number); // SO_ERROR was read
    bool shuttingDown(int fd, int how);   // false: the peer is not to see it
    void closing(int fd);

    // The same for TLS; `real` is the library's own call, made from within.
    int handshake(ssl_st *ssl, SslCall real, bool weConnect);
    int readSecure(ssl_st *ssl, void *buffer, int size, SslReadCall real);
    int writeSecure(ssl_st *ssl, const void *buffer, int size, SslWriteCall real);
    int pendingSecure(ssl_st *ssl); // admitted bytes that the library has not read yet
    /// The library has done with `ssl`. Whether it frees it depends on its version: if it does not,
    /// that is done here, before the next connection begins or ends.
    int endSecure(ssl_st *ssl, SslCall real);
    void freeing(const ssl_st *ssl); // by the library itself

private:
    TapSocket &socket(int fd);
    void identify(TapSocket &socket, int fd);
    void pump(TapSocket &socket, int fd);
    void lastWords(TapSocket &socket);
    int pumpSecure(TapSocket &socket, ssl_st *ssl, SslReadCall real);
    void frames(TapSocket &socket, int fd, std::string_view bytes, base::Instant time);
    void tooLarge(TapSocket &socket, const sip::Frame &frame);
    std::string_view withoutFlood(TapSocket &socket, std::string_view bytes, base::Instant time);
    void breakOff(TapSocket &socket, int fd, const std::string &what);
    ssize_t fromStream(TapSocket &socket, int fd, msghdr *message, int flags);
    ssize_t fromDatagrams(TapSocket &socket, int fd, msghdr *message, int flags);
    ssize_t fromErrorQueue(TapSocket &socket, int fd, msghdr *message, int flags);
    void emit(const TapSocket &socket, base::PacketKind kind, bool outgoing, std::string_view bytes,
              const base::Endpoint &peer, base::Instant time);
    void tellSent(const TapSocket &socket, const base::Endpoint &to, std::string_view bytes,
                  base::Instant time);
    void finished(TapSocket &socket, base::PacketKind kind, bool outgoing);
    void peerFinished(TapSocket &socket);
    void keep(int fd);
    void met(SocketError error);
    Connection connectionOf(const TapSocket &socket) const;
    bool tooMany(const base::Endpoint &from) const;
    void freeLeft();

    TapListener &m_listener;
    std::unordered_map<int, TapSocket> m_sockets;
    std::deque<SocketError> m_errors; // the last few, newest in front
    Departures m_departures;
    std::uint32_t m_nextStream;
    std::size_t m_streams = 0;
    ssl_st *m_left = nullptr; // ended, not freed yet; its BIO and its context held once more
    std::deque<int> m_kept;   // severed connections that the library closed: descriptors of ours
    bool m_attached = false;
};

/// Whether OpenSSL's calls arrive here; without that nobody would judge a certificate.
bool tlsPassesHere();

} // namespace engine
