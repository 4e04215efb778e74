// SPDX-License-Identifier: Apache-2.0
// Private to lab: registrar and authoritative proxy of the domain (RFC 3261 sections 10 and 16, RFC
// 5626 sections 6 and 7), over UDP. Calls are forwarded with transaction state, one flow of an
// instance after the other. Peers' thread.
#pragma once

#include <lab/bindings.h>
#include <lab/forward.h>
#include <lab/retransmit.h>
#include <lab/settings.h>
#include <lab/sockets.h>

namespace lab {

class Registrar
{
public:
    static base::Result<std::unique_ptr<Registrar>>
    open(Reactor &reactor, Hops &hops, RegistrarSettings settings, base::Duration t1);
    ~Registrar();

    const base::Endpoint &local() const { return m_udp->local(); }

private:
    struct Branch;
    struct Call;
    Registrar(Reactor &reactor, std::unique_ptr<UdpPort> udp, RegistrarSettings settings,
              base::Duration t1);

    void onDatagram(std::string_view bytes, const base::Endpoint &from);
    void request(const sip::Message &request, const base::Endpoint &from);
    void registration(const sip::Message &request, const base::Endpoint &from);
    void invite(const sip::Message &request, const base::Endpoint &from);
    void cancel(const sip::Message &request, const base::Endpoint &from);
    void response(const sip::Message &response);
    void tryNext(Call &call);
    void forward(Call &call, const Binding &binding, const base::Endpoint &hop);
    void provisional(Call &call, const sip::Message &response);
    void failed(Call &call, int status, std::string text);
    void finish(Call &call, int status, const std::string &text);
    void cancelBranch(Call &call);
    void forget(Call &call);
    void answer(const sip::Message &request, const base::Endpoint &from, int status);

    Reactor &m_reactor;
    std::unique_ptr<UdpPort> m_udp;
    RegistrarSettings m_settings;
    base::Duration m_t1;
    Bindings m_bindings;
    std::map<std::string, std::unique_ptr<Call>> m_calls; // by the caller's branch
    std::map<std::string, Call *> m_branches;             // by our own branches
};

} // namespace lab
