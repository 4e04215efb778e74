// SPDX-License-Identifier: Apache-2.0
// A flow's way on the wire: where its edge is (RFC 3263), its connection or UDP port, keep-alives,
// and how it ends.
#include <engine/flow_link.h>

#include <base/text.h>
#include <cstring>
#include <engine/stun.h>
#include <fmt/format.h>

namespace engine {

void FlowLink::connect()
{
    giveUpHops();
    drop(true);
    m_register.reset(); // what is still to come of the old connection is not of this attempt
    m_former.reset();
    m_connection = {};
    m_tls.clear();
    m_deaf = false;
    m_portFailed = m_portFailed || (m_outbound && !m_keeper.portLives());
    ++m_round;
    if (const auto known = literalHop(m_identity.wanted))
        return located(std::vector<Hop>{*known});
    m_env.locator.find(
        m_identity.wanted,
        [this, alive = std::weak_ptr<int>(m_alive)](const std::string &sentence) {
            if (!alive.expired())
                m_env.agent.tell({base::LocalKind::Note, 0, m_callId, {}, sentence, {}});
        },
        [this, round = m_round,
         alive = std::weak_ptr<int>(m_alive)](base::Result<std::vector<Hop>> hops) {
            if (!alive.expired() && round == m_round)
                located(std::move(hops));
        });
}

void FlowLink::located(base::Result<std::vector<Hop>> hops)
{
    if (m_keeper.stopped())
        return;
    if (!hops || hops->empty()) {
        m_keeper.failed(now(), hops ? "No address of the edge is known." : hops.error().sentence);
        return actSoon();
    }
    m_keeper.located(now());
    m_hops = std::move(*hops);
    tryHop();
}

base::Result<const Local *> FlowLink::localFor(const Hop &hop)
{
    const auto address = localAddressTowards(hop.endpoint.address.text(), m_env.options);
    if (!address)
        return tl::unexpected(address.error());
    if (address->family != hop.endpoint.address.family)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} cannot be reached from {}: one is IPv4, the other IPv6.",
                                      hop.endpoint.address.text(), address->text()));
    if (hop.transport == base::Transport::Tls) {
        m_env.agent.expect(hop.endpoint, hop.name);
        return m_env.agent.secureLocal(*address);
    }
    if (hop.transport == base::Transport::Tcp)
        return m_env.agent.local(*address);
    return portFor(*address);
}

/// What failed is not made anew from the same port: same ends, same flow (RFC 5626 section 2), and
/// what lies between may have lost just the way of this port. Without outbound there is no flow in
/// that sense, only a Contact, and with the same port it is replaced.
base::Result<const Local *> FlowLink::portFor(const base::Address &address)
{
    const bool own =
        m_local != nullptr && m_local->datagramsOnly && m_local->endpoint.address == address;
    if (own && !m_portFailed)
        return m_local;
    auto port = m_env.agent.flowPort(address, own ? m_local : nullptr);
    if (!port && own) {
        m_env.agent.tell({base::LocalKind::Note,
                          0,
                          m_callId,
                          {},
                          port.error().sentence + " The flow keeps its port.",
                          {}});
        port = m_local;
    }
    m_portFailed = m_portFailed && !port;
    return port;
}

void FlowLink::tryHop()
{
    std::string why = "No address of the edge is left.";
    while (!m_hops.empty()) {
        m_hop = m_hops.front();
        m_hops.erase(m_hops.begin());
        m_transportKind = m_hop->transport;
        m_keeper.over(!stream());
        const auto local = localFor(*m_hop);
        if (local) {
            if (m_local != *local)
                m_env.agent.release(m_local);
            m_local = *local;
            return sendRegister(false);
        }
        why = local.error().sentence;
        if (!m_hops.empty())
            noteNextHop(why);
    }
    m_keeper.failed(now(), why);
    actSoon();
}

void FlowLink::giveUpHops()
{
    m_next.stop();
    m_hops.clear();
}

void FlowLink::noteNextHop(const std::string &why)
{
    m_keeper.remark(now(), fmt::format("{} Trying the edge's next address, {} over {} (RFC 3263 "
                                       "section 4.3).",
                                       why, m_hops.front().endpoint.text(),
                                       base::transportText(m_hops.front().transport)));
}

/// RFC 3263 section 4.3: the next address of the same edge before it counts as a failure.
bool FlowLink::nextHop(const RegisterResult &result)
{
    const bool elsewhere = result.local || (result.status == 503 && result.retryAfter.count() == 0);
    if (!elsewhere || m_hops.empty() || m_keeper.registered() || m_keeper.stopping())
        return false;
    noteNextHop(result.sentence);
    m_next.start(std::chrono::milliseconds(1), [this] {
        drop(true);
        tryHop();
        act();
    });
    return true;
}

void FlowLink::secured(const TlsReport &report)
{
    if (!m_hop || m_transportKind != base::Transport::Tls || report.remote != m_hop->endpoint)
        return;
    const auto state = this->report().state;
    if (state != base::FlowState::Connecting && state != base::FlowState::Registering)
        return;             // a call's connection to the same edge
    if (!report.accepted) { // the library waits for its timer; what is known is said now
        RegisterResult failed;
        failed.local = true;
        failed.status = 503;
        failed.sentence = report.sentence;
        m_register.reset();
        if (nextHop(failed))
            return;
        m_keeper.result(now(), failed);
        return actSoon();
    }
    m_tlsVerified = report.verified;
    const auto who = report.names.empty() ? report.subject : report.names.front();
    m_tls = fmt::format("{}, {}, {}", report.protocol, who.empty() ? "no name" : who,
                        report.verified ? "verified" : "NOT verified: " + report.sentence);
}

bool FlowLink::carries(tport_t *transport) const
{
    if (transport == nullptr)
        return false;
    if (m_transport != nullptr)
        return transport == m_transport;
    const char *ident = tport_ident(transport);
    return m_local != nullptr && m_local->datagramsOnly && ident != nullptr &&
           m_local->ident == ident;
}

void FlowLink::drill(Drill what)
{
    if (what == Drill::SwallowPongs) {
        m_deaf = true;
        m_keeper.remark(now(), "From now on the edge's pongs are not heard, on request.");
    } else if (what == Drill::Silence && m_keeper.registered()) {
        const bool severed = m_env.agent.sever(m_connection);
        m_portFailed = m_portFailed || (severed && !stream());
        m_keeper.remark(now(), severed ? "From now on nothing passes this flow either way and "
                                         "nobody is told, on request."
                                       : "This system cannot cut a flow without a word, so nothing "
                                         "was done.");
    } else if (m_keeper.registered()) {
        m_portFailed = !stream();
        drop(true);
        m_keeper.closed(now(), stream() ? "The connection was cut here, on request."
                                        : "The source port is changed here, on request.");
    }
    act();
}

void FlowLink::adopt(tport_t *transport)
{
    if (transport == nullptr)
        return;
    if (tport_is_secondary(transport) == 0) { // UDP: nothing to watch
        tport_unref(transport);
        return;
    }
    m_transport = transport;
    tport_set_params(transport, TPTAG_SDWN_ERROR(1), TPTAG_PONG2PING(0), TPTAG_IDLE(UINT_MAX),
                     TAG_END());
    m_pending = tport_pend(transport, nullptr, died, this);
}

/// From here on nothing that is said about the connection counts: closing it fails what waits on it
/// at once.
void FlowLink::drop(bool close)
{
    ++m_attempt;
    if (m_transport == nullptr)
        return close ? abandon() : void();
    tport_t *transport = std::exchange(m_transport, nullptr);
    if (m_pending > 0)
        tport_release(transport, m_pending, nullptr, nullptr, this, 0);
    m_pending = 0;
    if (close)
        tport_shutdown(transport, 2);
    tport_unref(transport);
}

/// The REGISTER that made the connection was not answered, so it is nobody's yet: it may be up all
/// the same, or come up later and take the REGISTER along. With a connection of ours that we do not
/// know, the registrar would send calls where nobody listens.
void FlowLink::abandon()
{
    for (const auto &each : {m_register.get(), m_former.get()}) {
        tport_t *way = each != nullptr ? each->transport() : nullptr;
        if (each != nullptr)
            each->giveUp();
        if (way == nullptr)
            continue;
        if (tport_is_secondary(way) != 0)
            tport_shutdown(way, 2);
        tport_unref(way);
    }
}

/// By whom and how a connection ended.
std::string FlowLink::endText(int error) const
{
    const auto alert = m_env.agent.tlsAlert(m_connection.id);
    if (m_transportKind == base::Transport::Tls && !alert.empty())
        return fmt::format("The edge ended TLS with the alert \"{}\".", alert);
    if (const auto what = m_env.agent.brokenBy(m_connection.id); !what.empty())
        return fmt::format("The edge sent {}; the connection was closed here.", what);
    switch (error) {
    case 0:
        return "The edge closed the connection (FIN).";
    case ECONNRESET:
    case EPIPE:
        return "The edge reset the connection (RST).";
    case ETIMEDOUT:
        return "The network is silent: TCP gave up sending again.";
    default:
        return fmt::format("The connection broke: {}.", std::strerror(error));
    }
}

void FlowLink::died(tp_stack_t *, FlowLink *self, tport_t *transport, msg_t *, int error) noexcept
{
    if (transport != self->m_transport)
        return;
    const auto why = self->endText(error);
    self->drop(false);
    if (self->m_next.running())
        return; // given up for the edge's next address already
    self->m_keeper.closed(self->now(), why);
    self->actSoon();
}

void FlowLink::onBound(const Connection &connection)
{
    m_connection = connection;
    m_keeper.sending(now()); // gives nothing to do
}

void FlowLink::onSent()
{
    m_keeper.sent(now()); // what was due may be due later now; the timer finds out by itself
}

void FlowLink::onBytes(base::Instant time)
{
    if (m_deaf)
        return;
    now();
    m_keeper.bytes(time);
    act();
}

void FlowLink::onKeepAlive(bool ping, base::Instant time)
{
    now();
    if (ping) {
        sendRaw("\r\n"); // RFC 5626 section 3.5.1: whoever gets a ping answers at once
        m_keeper.pingedByEdge(time);
    } else if (!m_deaf) {
        m_keeper.pong(time);
    }
    act();
}

void FlowLink::onStun(const std::string &bytes, base::Instant time)
{
    const auto answer = readStun(bytes);
    if (!answer || answer->transaction != m_pingKey || m_deaf)
        return;
    m_pingKey.clear();
    now();
    if (answer->success)
        m_keeper.pong(time, answer->mapped);
    else
        m_keeper.closed(time, fmt::format("The edge refused STUN with {} {}.", answer->error,
                                          base::printable(base::trim(answer->reason), false, 80)));
    act();
}

void FlowLink::onUnreachable(int number)
{
    if (stream() || !m_keeper.registered())
        return; // a REGISTER's own transaction fails by itself
    m_keeper.closed(now(), fmt::format("ICMP says that {} does not take datagrams any more: {}.",
                                       m_connection.remote.text(), std::strerror(number)));
    act();
}

void FlowLink::sendPing(bool again)
{
    if (stream()) {
        sendRaw("\r\n\r\n"); // RFC 5626 section 3.5.1
        return;
    }
    if (!again)
        m_ping = stunRequest(m_pingKey);
    sendRaw(m_ping);
}

/// Bytes that are no message, through the library's own queue so that they never land inside one: a
/// request whose only fragment is already "encoded" as these bytes.
bool FlowLink::sendRaw(std::string_view bytes)
{
    tport_t *way = stream()             ? m_transport
                   : m_local != nullptr ? m_env.agent.datagrams(*m_local)
                                        : nullptr;
    if (way == nullptr || (stream() && tport_is_clear_to_send(way) == 0))
        return false;
    const std::string host = m_connection.remote.address.text();
    const std::string port = std::to_string(m_connection.remote.port);
    tp_name_t name = *tport_name(way);
    if (!stream()) { // else it would go to ourselves
        name.tpn_host = name.tpn_canon = host.c_str();
        name.tpn_port = port.c_str();
    }
    msg_t *message = nta_msg_create(m_env.agent.nta(), 0);
    sip_t *sip = sip_object(message);
    su_home_t *home = msg_home(message);
    auto *request = sip_request_create(home, SIP_METHOD_OPTIONS,
                                       reinterpret_cast<const url_string_t *>("sip:x"), nullptr);
    char *data = static_cast<char *>(su_alloc(home, bytes.size()));
    if (request != nullptr && data != nullptr) {
        std::memcpy(data, bytes.data(), bytes.size());
        request->rq_common->h_data = data;
        request->rq_common->h_len = bytes.size();
        msg_header_insert(message, reinterpret_cast<msg_pub_t *>(sip),
                          reinterpret_cast<msg_header_t *>(request));
        msg_serialize(message, reinterpret_cast<msg_pub_t *>(sip));
        tport_tsend(way, message, &name, TAG_END());
    }
    msg_destroy(message);
    return true;
}

} // namespace engine
