// SPDX-License-Identifier: Apache-2.0
// Private to lab: the called phone, a UAS over UDP that does what its scenario says. Peers' thread.
#pragma once

#include <lab/forward.h>
#include <lab/retransmit.h>
#include <lab/rtp_sender.h>
#include <lab/settings.h>
#include <lab/sockets.h>

namespace lab {

class CalleeCall;

class Callee
{
public:
    static base::Result<std::unique_ptr<Callee>> open(Reactor &reactor, Hops &hops,
                                                      CalleeSettings settings, base::Duration t1);
    ~Callee();

    const base::Endpoint &local() const { return m_udp->local(); }
    std::string contact() const;

private:
    Callee(Reactor &reactor, std::unique_ptr<UdpPort> udp, CalleeSettings settings,
           base::Duration t1);
    void onDatagram(std::string_view bytes, const base::Endpoint &from);
    void invite(const sip::Message &request, const base::Endpoint &from);
    void answer(const sip::Message &request, const base::Endpoint &from, int status);

    Reactor &m_reactor;
    std::unique_ptr<UdpPort> m_udp;
    CalleeSettings m_settings;
    base::Duration m_t1;
    std::map<std::string, std::unique_ptr<CalleeCall>> m_calls; // by Call-ID and the caller's tag
};

} // namespace lab
