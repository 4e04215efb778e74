// SPDX-License-Identifier: Apache-2.0
#include <engine/probes.h>

#include <algorithm>
#include <base/text.h>
#include <engine/in_dialog.h>
#include <engine/target.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace engine {

namespace {

constexpr std::size_t kMostProbes = 200;
constexpr std::size_t kLargestRaw = 60'000, kLongestVia = 200;

constexpr auto kLook = std::chrono::milliseconds(50);
// Until then the network may say that a datagram did not arrive.
constexpr base::Duration kNews = std::chrono::milliseconds(500);
constexpr base::Duration kConnecting = std::chrono::seconds(3);

/// What the ladder shows of bytes that need not be SIP: how they begin, and nothing that may hold a
/// secret, as header fields and descriptions do.
std::string excerpt(std::string_view bytes)
{
    constexpr std::size_t kMost = 100;
    const auto line = bytes.substr(0, bytes.find_first_of("\r\n"));
    const auto word = line.find_first_of(" \t");
    if (line.substr(0, word).find_first_of(":=") !=
        std::string_view::npos) // a field or an SDP line
        return {};
    return ": " + base::printable(line, false, kMost) +
           (line.size() < bytes.size() || line.size() > kMost ? "..." : "");
}

/// The library's serialiser sends a pre-encoded fragment verbatim, so these are any bytes at all.
/// Where they went, with a reference; nullptr: they could not leave.
tport_t *sendBytes(Agent &agent, const Local &local, const Hop &hop, const std::string &bytes)
{
    tport_t *primary = nullptr;
    const bool stream = hop.transport != base::Transport::Udp;
    for (tport_t *tp = tport_primaries(nta_agent_tports(agent.nta())); tp != nullptr;
         tp = tport_next(tp)) {
        const char *ident = tport_ident(tp);
        const bool tls = tport_has_tls(tp) != 0;
        if (ident != nullptr && local.ident == ident && (tport_is_tcp(tp) != 0 || tls) == stream &&
            tls == (hop.transport == base::Transport::Tls))
            primary = tp;
    }
    msg_t *message = nta_msg_create(agent.nta(), 0);
    if (primary == nullptr || message == nullptr)
        return nullptr;
    su_home_t *home = msg_home(message);
    sip_t *sip = sip_object(message);
    auto *request = sip_request_create(home, SIP_METHOD_OPTIONS,
                                       reinterpret_cast<const url_string_t *>("sip:x"), nullptr);
    char *copy = static_cast<char *>(su_alloc(home, static_cast<isize_t>(bytes.size())));
    std::copy(bytes.begin(), bytes.end(), copy);
    request->rq_common->h_data = copy;
    request->rq_common->h_len = static_cast<usize_t>(bytes.size());
    msg_header_insert(message, reinterpret_cast<msg_pub_t *>(sip),
                      reinterpret_cast<msg_header_t *>(request));
    msg_serialize(message, reinterpret_cast<msg_pub_t *>(sip));
    const std::string host = hop.endpoint.address.family == 6
                                 ? "[" + hop.endpoint.address.text() + "]"
                                 : hop.endpoint.address.text();
    const std::string port = std::to_string(hop.endpoint.port);
    const std::string protocol = base::lower(base::transportText(hop.transport));
    tp_name_t name{};
    name.tpn_proto = protocol.c_str();
    name.tpn_canon = name.tpn_host = host.c_str();
    name.tpn_port = port.c_str();
    tport_t *sent = tport_tsend(primary, message, &name, TPTAG_MTU(65535), TAG_END());
    tport_t *const kept = sent != nullptr ? tport_ref(sent) : nullptr;
    msg_destroy(message);
    return kept;
}

} // namespace

struct Probes::Probe {
    ProbeRequest request;
    Plan plan;
    std::string callId;
    base::Instant sent;
    nta_leg_t *leg = nullptr;
    std::unique_ptr<Transaction> transaction;
    Hop hop;                // bytes as they are: where they went
    tport_t *way = nullptr; // and by which connection or socket
    std::unique_ptr<Timer> look;
    ~Probe()
    {
        transaction.reset();
        if (way != nullptr)
            tport_unref(way);
        if (leg != nullptr)
            nta_leg_destroy(leg);
    }
};

Probes::Probes(Env &env) : m_env(env) {}

Probes::~Probes() = default;

void Probes::start(ProbeHandle handle, const ProbeRequest &request)
{
    m_finished.clear();
    auto probe = std::make_unique<Probe>();
    probe->request = request;
    probe->callId = base::randomToken(12);
    CallRequest like;
    like.target = request.target;
    like.from = request.from;
    like.proxy = request.proxy;
    like.transport = request.transport;
    like.extras.allowNumber = true; // an OPTIONS rings nowhere
    const auto plan = planCall(like);
    auto *raw = probe.get();
    if (m_running.size() >= kMostProbes)
        return fail(handle, "Too many probes are under way. Wait for their answers.");
    m_running[handle] = std::move(probe);
    if (!plan)
        return fail(handle, plan.error().sentence);
    if (request.raw.size() > kLargestRaw)
        return fail(handle, fmt::format("{} bytes are more than the {} that are sent at once.",
                                        request.raw.size(), kLargestRaw));
    raw->plan = *plan;
    m_env.locator.find(
        raw->plan.wanted,
        [this, callId = raw->callId](const std::string &sentence) {
            m_env.agent.tell({base::LocalKind::Note, 0, callId, {}, sentence, {}});
        },
        [this, handle, alive = std::weak_ptr<int>(m_alive)](base::Result<std::vector<Hop>> hops) {
            if (!alive.expired())
                located(handle, std::move(hops));
        });
}

void Probes::located(ProbeHandle handle, base::Result<std::vector<Hop>> hops)
{
    const auto found = m_running.find(handle);
    if (found == m_running.end())
        return;
    if (!hops)
        return fail(handle, hops.error().sentence);
    Probe &probe = *found->second;
    const Hop hop = hops->front();
    if (probe.request.raw.empty())
        send(handle, probe, hop);
    else
        sendRaw(handle, probe, hop);
}

namespace {

base::Result<const Local *> localFor(Env &env, const ProbeRequest &request, const Hop &hop)
{
    CallRequest like;
    like.extras.localAddress = request.localAddress;
    const auto address = localAddressOf(like, env.options, hop, {});
    if (!address)
        return tl::unexpected(address.error());
    if (hop.transport != base::Transport::Tls)
        return env.agent.local(*address);
    env.agent.expect(hop.endpoint, hop.name);
    return env.agent.secureLocal(*address);
}

} // namespace

void Probes::sendRaw(ProbeHandle handle, Probe &probe, const Hop &hop)
{
    const auto local = localFor(m_env, probe.request, hop);
    if (!local)
        return fail(handle, local.error().sentence);
    // A message that can be read has a ladder of its own; this row stands in it.
    const auto message = sip::parse(probe.request.raw);
    if (message && !message->callId().empty())
        probe.callId = message->callId();
    m_env.agent.tell(
        {base::LocalKind::Note,
         0,
         probe.callId,
         {},
         fmt::format("{} bytes are sent to {} as they are, by the user's order{}",
                     probe.request.raw.size(), hop.endpoint.text(), excerpt(probe.request.raw)),
         {}},
        (*local)->of(hop.transport), hop.endpoint);
    probe.hop = hop;
    probe.sent = base::now();
    probe.way = sendBytes(m_env.agent, **local, hop, probe.request.raw);
    if (probe.way == nullptr)
        return fail(handle, fmt::format("The bytes could not be sent to {}.", hop.endpoint.text()));
    m_env.agent.lend(probe.request.raw);
    probe.look = std::make_unique<Timer>(m_env.loop);
    watch(handle);
}

/// Whether they left, and whether the network says that nobody is there for them.
void Probes::watch(ProbeHandle handle)
{
    const auto found = m_running.find(handle);
    if (found == m_running.end())
        return;
    Probe &probe = *found->second;
    const bool stream = probe.hop.transport != base::Transport::Udp;
    const auto since = base::now() - probe.sent;
    const bool left =
        stream && tport_is_connected(probe.way) != 0 && tport_queuelen(probe.way) == 0;
    const bool gone =
        stream && (tport_is_closed(probe.way) != 0 || tport_is_shutdown(probe.way) != 0);
    if (const auto why = stream ? std::nullopt : m_env.agent.met(probe.hop.endpoint, probe.sent))
        return failAs(handle, *why);
    if (left || (!stream && since > kNews)) {
        ProbeEvent event;
        event.remote = probe.hop.endpoint;
        return finish(handle, event);
    }
    if (gone || since > kConnecting) {
        if (!gone && tport_is_connected(probe.way) == 0 && tport_queuelen(probe.way) <= 1)
            tport_shutdown(probe.way, 2); // else the bytes leave when it stands after all
        Reply reply;
        reply.status = gone ? 503 : 408;
        reply.phrase = "the connection ended";
        reply.local = true;
        reply.begun = probe.sent;
        return failAs(handle, m_env.agent.explain(reply, probe.plan.next, probe.hop.endpoint));
    }
    probe.look->start(kLook, [this, handle] { watch(handle); });
}

void Probes::send(ProbeHandle handle, Probe &probe, const Hop &hop)
{
    const auto local = localFor(m_env, probe.request, hop);
    if (!local)
        return fail(handle, local.error().sentence);
    probe.leg = nta_leg_tcreate(
        m_env.agent.nta(), nullptr, nullptr, SIPTAG_CALL_ID_STR(probe.callId.c_str()),
        SIPTAG_FROM_STR(probe.plan.from.c_str()), SIPTAG_TO_STR(probe.plan.to.c_str()), TAG_END());
    if (probe.leg == nullptr || nta_leg_tag(probe.leg, base::randomToken(6).c_str()) == nullptr)
        return fail(handle, "The SIP stack did not take the probe. Check target and From address.");
    RequestSpec spec;
    spec.leg = probe.leg;
    spec.method = "OPTIONS";
    spec.uri = probe.plan.requestUri;
    spec.route = hopUri(hop);
    spec.ident = (*local)->ident.c_str();
    spec.headers =
        probe.plan.routeLine +
        fmt::format("Max-Forwards: {}\r\nContact: <sip:{}@{}>\r\nAccept: application/sdp\r\n"
                    "User-Agent: {}\r\n",
                    probe.request.maxForwards, probe.plan.user, (*local)->of(hop.transport).text(),
                    base::printable(m_env.options.userAgent, false, 120));
    probe.sent = base::now();
    probe.transaction = Transaction::start(spec, [this, handle, hop](const Reply &reply) {
        const auto found = m_running.find(handle);
        if (reply.status < 200 || found == m_running.end())
            return;
        ProbeEvent event;
        event.status = reply.status;
        event.phrase = base::printable(reply.phrase, false, 160);
        event.local = reply.local;
        event.roundTrip = base::now() - found->second->sent;
        event.remote = reply.local ? hop.endpoint : reply.received->from;
        if (reply.local) {
            const auto why = m_env.agent.explain(reply, found->second->plan.next, hop.endpoint);
            event.sentence = why.sentence;
            m_env.agent.tell({why.kind, reply.status, found->second->callId, {}, why.sentence, {}});
        } else {
            const auto server = reply.message().value(sip::HeaderId::Server);
            event.server = base::printable(
                server.empty() ? reply.message().value(sip::HeaderId::UserAgent) : server, false,
                120);
            event.via =
                base::printable(reply.message().value(sip::HeaderId::Via), false, kLongestVia);
        }
        finish(handle, event);
    });
    if (!probe.transaction)
        fail(handle, "The SIP stack did not take the probe. Check target and From address.");
}

void Probes::fail(ProbeHandle handle, const std::string &sentence)
{
    failAs(handle, {base::LocalKind::SendFailed, sentence});
}

void Probes::failAs(ProbeHandle handle, const LocalFailure &why)
{
    ProbeEvent event;
    event.local = true;
    event.sentence = why.sentence;
    const auto found = m_running.find(handle);
    m_env.agent.tell({why.kind,
                      0,
                      found != m_running.end() ? found->second->callId : std::string(),
                      {},
                      why.sentence,
                      {}});
    finish(handle, event);
}

void Probes::finish(ProbeHandle handle, ProbeEvent event)
{
    if (const auto found = m_running.find(handle); found != m_running.end()) {
        event.callId = found->second->callId;
        m_finished.push_back(std::move(found->second)); // its own handler may be running
        m_running.erase(found);
    }
    event.probe = handle;
    m_env.listener.onProbe(event);
}

} // namespace engine
