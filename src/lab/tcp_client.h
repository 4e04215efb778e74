// SPDX-License-Identifier: Apache-2.0
// Private to lab: one connection that a user agent of ours makes to a peer on loopback. Peers'
// thread.
#pragma once

#include <lab/sockets.h>

namespace lab {

class TcpClient
{
public:
    using Handler = std::function<void(const sip::Frame &)>;

    /// Returns at once; a refusal comes as onClose(). Errors: no descriptor left.
    static base::Result<std::unique_ptr<TcpClient>> connect(Reactor &reactor,
                                                            const base::Endpoint &remote);
    ~TcpClient();
    TcpClient(const TcpClient &) = delete;
    TcpClient &operator=(const TcpClient &) = delete;

    void onFrame(Handler handler) { m_handler = std::move(handler); }
    /// Told once, when the peer ended it.
    void onClose(std::function<void()> handler) { m_closed = std::move(handler); }
    /// Leaves as soon as the connection is made.
    void send(std::string_view bytes);
    /// Without a word to onClose().
    void end();
    const base::Endpoint &local() const { return m_local; }

private:
    TcpClient(Reactor &reactor, int descriptor, base::Endpoint local);
    void ready();
    bool flush();

    Reactor &m_reactor;
    int m_descriptor;
    base::Endpoint m_local;
    sip::Framer m_framer{64 * 1024};
    std::string m_unsent;
    Handler m_handler;
    std::function<void()> m_closed;
};

} // namespace lab
