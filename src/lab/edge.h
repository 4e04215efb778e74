// SPDX-License-Identifier: Apache-2.0
// Private to lab: an RFC 5626 edge proxy. Stateless (RFC 3261 section 16.11) but for its flows:
// user agents come over TCP, everybody else over UDP on the same port number. Peers' thread.
#pragma once

#include <lab/bindings.h>
#include <lab/forward.h>
#include <lab/settings.h>
#include <lab/sockets.h>
#include <lab/token.h>

namespace lab {

class Edge
{
public:
    static base::Result<std::unique_ptr<Edge>> open(Reactor &reactor, Hops &hops,
                                                    EdgeSettings settings, int number);

    const base::Endpoint &local() const { return m_udp->local(); }
    /// Where REGISTERs go; without one it is the registrar itself (edge_registrar.cpp).
    void registrar(const base::Endpoint &registrar) { m_registrar = registrar; }
    /// The connections stay open, but the edge knows nothing of them any more: no pong, no
    /// delivery. A REGISTER over one makes it a flow again.
    void forget();
    /// A new start: another key for the tokens unless it is kept, no connection is left; for as
    /// long as it takes nobody is served.
    void restart();
    /// What the story lets go wrong, once.
    void strike();
    /// Gone: it neither answers nor takes connections.
    void die();

private:
    Edge(Reactor &reactor, std::unique_ptr<UdpPort> udp, std::unique_ptr<TcpPort> tcp,
         EdgeSettings settings, int number);

    void onFrame(const sip::Frame &frame, const base::Endpoint &from);
    void onDatagram(std::string_view bytes, const base::Endpoint &from);
    void fromUserAgent(const sip::Message &request, const base::Endpoint &from);
    void toUserAgent(const sip::Message &request, const base::Endpoint &from,
                     base::Transport transport);
    void registration(const sip::Message &request, const base::Endpoint &from);
    void keepRegistration(const sip::Message &request, const base::Endpoint &from);
    void toRegistered(const sip::Message &request, const base::Endpoint &from,
                      base::Transport transport);
    void overFlow(Draft draft, const sip::Message &request, const base::Endpoint &from,
                  base::Transport transport, const std::string &token);
    void response(const sip::Message &response);
    void refuse(const sip::Message &request, const base::Endpoint &from, base::Transport transport,
                int status, std::string_view warning);
    /// The user part of the top Route if that names this edge; nothing: it does not.
    std::optional<std::string> ownRoute(const Draft &draft, bool &outbound) const;
    void fault(const sip::Message &request);
    bool hop(const sip::Message &request, const base::Endpoint &from, base::Transport transport,
             Draft &draft);
    void sendOn(const Draft &draft, const sip::Message &request, const base::Endpoint &from);
    std::string branchOf(const sip::Message &request) const;
    std::string routeUri(std::string_view user, std::string_view parameters) const;

    Reactor &m_reactor;
    std::unique_ptr<UdpPort> m_udp;
    std::unique_ptr<TcpPort> m_tcp;
    EdgeSettings m_settings;
    base::Endpoint m_registrar;
    Bindings m_bindings; // where it is the registrar
    TokenMaker m_tokens;
    std::string m_branchKey;
    std::set<base::Endpoint> m_flows; // user agents whose connections the edge knows
    int m_number;                     // from 1
    bool m_faultDone = false, m_closed = false, m_dead = false, m_down = false;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace lab
