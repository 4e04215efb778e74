// SPDX-License-Identifier: Apache-2.0
// Private to lab: loopback sockets of the peers. What goes from one peer to another is told to the
// analysis, because no tap sees it. Peers' thread.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <base/result.h>
#include <lab/reactor.h>
#include <memory>
#include <set>
#include <sip/framer.h>

namespace lab {

/// A socket of that type bound to loopback, which never blocks. Errors: none to be had.
base::Result<int> openLoopback(int type, std::uint16_t port);
base::Endpoint localName(int descriptor);

/// Knows which endpoints are peers of this lab.
class Hops
{
public:
    explicit Hops(base::Inbox<base::Packet> &sink) : m_sink(sink) {}
    void addPeer(const base::Endpoint &endpoint) { m_peers.insert(endpoint); }
    void sending(const base::Endpoint &from, const base::Endpoint &to, std::string_view text);

private:
    base::Inbox<base::Packet> &m_sink;
    std::set<base::Endpoint> m_peers;
};

class UdpPort
{
public:
    using Handler = std::function<void(std::string_view, const base::Endpoint &)>;

    /// On loopback; port 0: the system chooses. `hops` may be null (RTP).
    static base::Result<std::unique_ptr<UdpPort>> open(Reactor &reactor, Hops *hops,
                                                       std::uint16_t port);
    ~UdpPort();
    UdpPort(const UdpPort &) = delete;
    UdpPort &operator=(const UdpPort &) = delete;

    void onDatagram(Handler handler) { m_handler = std::move(handler); }
    void send(std::string_view bytes, const base::Endpoint &to);
    const base::Endpoint &local() const { return m_local; }

private:
    UdpPort(Reactor &reactor, Hops *hops, int descriptor, base::Endpoint local);
    void readable();

    Reactor &m_reactor;
    Hops *m_hops;
    int m_descriptor;
    base::Endpoint m_local;
    Handler m_handler;
};

/// Listens on loopback; each connection is known by its remote endpoint.
class TcpPort
{
public:
    using Handler = std::function<void(const sip::Frame &, const base::Endpoint &)>;

    static base::Result<std::unique_ptr<TcpPort>> open(Reactor &reactor, std::uint16_t port);
    ~TcpPort();
    TcpPort(const TcpPort &) = delete;
    TcpPort &operator=(const TcpPort &) = delete;

    void onFrame(Handler handler) { m_handler = std::move(handler); }
    void onClose(std::function<void(const base::Endpoint &)> handler)
    {
        m_closed = std::move(handler);
    }
    /// False: there is no such connection, or its peer reads so slowly that it was given up.
    bool send(std::string_view bytes, const base::Endpoint &to);
    bool connected(const base::Endpoint &remote) const { return m_connections.count(remote) > 0; }
    const base::Endpoint &local() const { return m_local; }
    void end(const base::Endpoint &remote) { drop(remote); }
    /// As a machine that is switched off: nobody is taken any more, every connection ends.
    void shutDown();
    /// As a process that is away while the machine is there: who connects is reset, every
    /// connection ends.
    void away(bool away);

private:
    struct Connection {
        int descriptor = -1;
        sip::Framer framer{64 * 1024};
        std::string unsent;
    };
    TcpPort(Reactor &reactor, int descriptor, base::Endpoint local);
    void acceptable();
    void ready(const base::Endpoint &remote);
    bool flush(Connection &connection);
    void drop(const base::Endpoint &remote);

    Reactor &m_reactor;
    int m_descriptor;
    base::Endpoint m_local;
    bool m_away = false;
    Handler m_handler;
    std::function<void(const base::Endpoint &)> m_closed;
    std::map<base::Endpoint, Connection> m_connections;
};

} // namespace lab
