// SPDX-License-Identifier: Apache-2.0
#include <engine/flow_link.h>

#include <base/text.h>
#include <cstring>
#include <engine/in_dialog.h>
#include <engine/target.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace engine {

namespace {

KeeperSettings settingsFrom(const Options &options, const FlowLink::Identity &identity)
{
    KeeperSettings out;
    out.firstPing = options.firstPing;
    out.pongTimeout = options.pongTimeout;
    out.backOffBase = options.backOffBase;
    out.expires = identity.expires;
    out.probes = identity.transport == base::Transport::Tcp;
    return out;
}

base::Duration secondsOf(std::optional<std::uint32_t> value)
{
    return std::chrono::seconds(value.value_or(0));
}

} // namespace

FlowLink::FlowLink(Env &env, Identity identity, std::function<bool()> othersUp)
    : m_env(env), m_identity(std::move(identity)),
      m_keeper(settingsFrom(env.options, m_identity),
               {[this] { return std::uniform_real_distribution<double>(0.0, 1.0)(m_random); },
                std::move(othersUp), [this] { changed(); }}),
      m_digest(m_identity.credentials.user, m_identity.credentials.password),
      m_callId(base::randomToken(12)), m_fromTag(base::randomToken(6)), m_timer(env.loop),
      m_soon(env.loop)
{
    const std::string self = "<" + m_identity.aor + ">";
    m_leg = nta_leg_tcreate(env.agent.nta(), nullptr, nullptr, SIPTAG_CALL_ID_STR(m_callId.c_str()),
                            SIPTAG_FROM_STR(self.c_str()), SIPTAG_TO_STR(self.c_str()), TAG_END());
    if (m_leg != nullptr)
        nta_leg_tag(m_leg, m_fromTag.c_str());
    env.agent.observe(m_callId, this);
}

FlowLink::~FlowLink()
{
    m_env.agent.forget(this);
    m_register.reset();
    m_former.reset();
    drop(true);
    if (m_leg != nullptr)
        nta_leg_destroy(m_leg);
}

void FlowLink::start()
{
    m_keeper.start(base::now());
    act();
}

void FlowLink::reRegister()
{
    m_keeper.reRegister(base::now());
    act();
}

void FlowLink::ping()
{
    m_keeper.ping(base::now());
    act();
}

void FlowLink::stop()
{
    m_keeper.stop(base::now());
    act();
}

void FlowLink::cut()
{
    if (m_transport == nullptr)
        return;
    drop(true);
    m_keeper.closed(base::now(), "The connection was cut here, on request.");
    act();
}

void FlowLink::changed()
{
    base::FlowReport report = m_keeper.report();
    report.aor = m_identity.aor;
    report.regId = m_identity.regId;
    report.instance = m_identity.instance;
    report.edge = m_identity.edge;
    report.transport = base::transportText(m_identity.transport);
    report.local = m_localEnd;
    report.remote = m_remoteEnd;
    base::LocalEvent event;
    event.kind = base::LocalKind::FlowChanged;
    event.callId = m_callId;
    event.sentence = fmt::format("Flow {} is {}: {}", m_identity.regId,
                                 base::flowStateText(report.state), report.reason);
    event.flow = std::make_shared<const base::FlowReport>(report);
    m_env.agent.tell(std::move(event), m_localEnd, m_remoteEnd);
    m_env.listener.onFlow({m_identity.account, std::move(report)});
}

void FlowLink::actSoon()
{
    m_soon.start(std::chrono::milliseconds(1), [this] { act(); });
}

void FlowLink::act()
{
    for (const auto what : m_keeper.take()) {
        switch (what) {
        case KeeperAct::Connect:
            drop(true);
            sendRegister(true, false);
            break;
        case KeeperAct::Refresh:
            sendRegister(false, false);
            break;
        case KeeperAct::Unregister:
            sendRegister(false, true);
            break;
        case KeeperAct::Ping:
            sendRaw("\r\n\r\n");
            break; // RFC 5626 section 3.5.1
        case KeeperAct::Close:
            drop(true);
            break;
        }
    }
    if (const auto next = m_keeper.next())
        m_timer.start(std::max(*next - base::now(), base::Duration{0}), [this] {
            m_keeper.tick(base::now());
            act();
        });
    else
        m_timer.stop();
}

std::string FlowLink::routeLine() const
{
    if (m_identity.edge.empty())
        return {};
    return fmt::format("Route: <{}{}>\r\n", m_identity.edge,
                       sip::parseUri(m_identity.edge).parameter("lr") ? "" : ";lr");
}

std::string FlowLink::contact(bool outboundCall) const
{
    const auto user = sip::parseUri(m_identity.aor).user;
    return fmt::format("<sip:{}{}{}{}{}>", user, user.empty() ? "" : "@",
                       m_identity.local->endpoint.text(),
                       m_identity.transport == base::Transport::Tcp ? ";transport=tcp" : "",
                       outboundCall ? ";ob" : "");
}

std::string FlowLink::registerHeaders(bool remove)
{
    // RFC 5626 section 4.2: one Contact with instance and reg-id, Supported: path and outbound.
    std::string out = m_cseq == 0 ? "CSeq: 1 REGISTER\r\n" : "";
    ++m_cseq;
    out += routeLine();
    out += fmt::format("Contact: {};reg-id={};+sip.instance=\"<{}>\";expires={}\r\n",
                       contact(false), m_identity.regId, m_identity.instance,
                       remove ? 0 : m_keeper.expires() / std::chrono::seconds(1));
    out += fmt::format("Expires: {}\r\nSupported: path, outbound\r\nUser-Agent: {}\r\n",
                       remove ? 0 : m_keeper.expires() / std::chrono::seconds(1),
                       m_env.options.userAgent);
    return out;
}

void FlowLink::sendRegister(bool fresh, bool remove)
{
    const sip::Uri aor = sip::parseUri(m_identity.aor);
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "REGISTER";
    spec.uri = fmt::format("sip:{}{}{}{}", aor.ipv6 ? "[" : "", aor.host, aor.ipv6 ? "]" : "",
                           aor.port ? ":" + std::to_string(*aor.port) : "");
    spec.headers = registerHeaders(remove) + m_digest.headers("REGISTER", spec.uri);
    spec.ident = m_identity.local->ident.c_str();
    spec.fresh = fresh && m_identity.transport == base::Transport::Tcp;
    if (!fresh && m_transport != nullptr && tport_is_clear_to_send(m_transport) != 0)
        spec.transport = m_transport;
    else
        spec.route = m_identity.edge.empty() ? withTransport(spec.uri, m_identity.transport)
                                             : m_identity.edge;
    m_former = std::move(m_register);
    m_register =
        Transaction::start(spec, [this, remove](const Reply &reply) { replied(reply, remove); });
    if (m_register)
        return;
    RegisterResult failed;
    failed.local = true;
    failed.status = 503;
    failed.sentence = "The SIP stack did not take the REGISTER; check the account's addresses.";
    m_keeper.result(base::now(), failed);
    actSoon();
}

void FlowLink::replied(const Reply &reply, bool remove)
{
    if (reply.status < 200)
        return;
    if (!reply.local && m_transport == nullptr && m_register != nullptr)
        adopt(m_register->transport());
    RegisterResult result = resultOf(reply);
    if (!reply.local && (reply.status == 401 || reply.status == 407) &&
        authenticate(reply, remove, result))
        return;
    if (reply.status < 300)
        m_digest.accepted();
    m_keeper.result(base::now(), result);
    actSoon();
}

bool FlowLink::authenticate(const Reply &reply, bool remove, RegisterResult &result)
{
    const auto id =
        reply.status == 407 ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate;
    std::vector<std::string_view> values;
    for (const auto &header : reply.message().headers)
        if (header.id == id)
            values.push_back(header.value);
    const auto answer = m_digest.challenged(reply.status == 407, values);
    if (answer) {
        sendRegister(false, remove);
        return true;
    }
    result.sentence = answer.error().sentence;
    m_env.agent.tell(
        {base::LocalKind::AuthenticationGaveUp, reply.status, m_callId, {}, result.sentence, {}},
        m_localEnd, m_remoteEnd);
    return false;
}

RegisterResult FlowLink::resultOf(const Reply &reply) const
{
    RegisterResult out;
    out.status = reply.status;
    out.local = reply.local;
    if (reply.local) {
        const auto why =
            m_env.agent.explain(reply, m_identity.edge.empty() ? m_identity.aor : m_identity.edge);
        m_env.agent.tell({why.kind, reply.status, m_callId, {}, why.sentence, {}}, m_localEnd,
                         m_remoteEnd);
        out.sentence = why.sentence;
        return out;
    }
    const auto &message = reply.message();
    out.outbound = message.lists(sip::HeaderId::Require, "outbound");
    out.flowTimer =
        out.outbound ? secondsOf(message.number(sip::HeaderId::FlowTimer)) : base::Duration{0};
    out.retryAfter = secondsOf(message.number(sip::HeaderId::RetryAfter));
    out.minExpires = secondsOf(message.number(sip::HeaderId::MinExpires));
    out.expires = secondsOf(message.number(sip::HeaderId::Expires));
    // The registrar lists every binding; ours is the one with our reg-id and instance.
    for (const auto value : message.values(sip::HeaderId::Contact)) {
        const auto binding = sip::parseNameAddress(value);
        const auto regId = binding.parameter("reg-id");
        const auto instance = binding.parameter("+sip.instance");
        const bool ours = regId && *regId == std::to_string(m_identity.regId) && instance &&
                          instance->find(m_identity.instance) != std::string_view::npos;
        const auto expires =
            ours ? base::toInteger(binding.parameter("expires").value_or("")) : std::nullopt;
        if (expires && *expires > 0 && *expires <= 7 * 24 * 3600)
            out.expires = std::chrono::seconds(*expires);
    }
    return out;
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

void FlowLink::drop(bool close)
{
    if (m_transport == nullptr)
        return;
    tport_t *transport = std::exchange(m_transport, nullptr);
    if (m_pending > 0)
        tport_release(transport, m_pending, nullptr, nullptr, this, 0);
    m_pending = 0;
    if (close)
        tport_shutdown(transport, 2);
    tport_unref(transport);
}

void FlowLink::died(tp_stack_t *, FlowLink *self, tport_t *transport, msg_t *, int error) noexcept
{
    if (transport != self->m_transport)
        return;
    self->drop(false);
    self->m_keeper.closed(
        base::now(), error == 0 ? "The other side closed the connection."
                                : fmt::format("The connection broke: {}.", std::strerror(error)));
    self->actSoon();
}

void FlowLink::onBound(const Connection &connection)
{
    m_localEnd = connection.local;
    m_remoteEnd = connection.remote;
    m_keeper.sending(base::now()); // gives nothing to do
}

void FlowLink::onBytes(base::Instant time)
{
    m_keeper.bytes(time);
    act();
}

void FlowLink::onKeepAlive(bool ping, base::Instant time)
{
    if (ping)
        sendRaw("\r\n"); // RFC 5626 section 3.5.1: whoever gets a ping answers at once
    else
        m_keeper.pong(time);
    act();
}

/// Bytes that are no message, through the library's own queue so that they never land inside one: a
/// request whose only fragment is already "encoded" as these bytes.
void FlowLink::sendRaw(std::string_view bytes)
{
    if (m_transport == nullptr || tport_is_clear_to_send(m_transport) == 0)
        return;
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
        tport_tsend(m_transport, message, tport_name(m_transport), TAG_END());
    }
    msg_destroy(message);
}

} // namespace engine
