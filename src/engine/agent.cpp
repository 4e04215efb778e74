// SPDX-License-Identifier: Apache-2.0
#include <engine/agent.h>

#include <algorithm>
#include <base/log.h>
#include <cerrno>
#include <cstring>
#include <engine/transaction.h>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr auto kHalfMessagePatience = std::chrono::seconds(60);
constexpr unsigned kIdle = 60'000; // ms; flows switch it off for themselves
constexpr std::size_t kStackLimit = 65'536;
constexpr std::size_t kMostLocals = 512;      // addresses, and ports of UDP flows
constexpr unsigned kNever = 12 * 3600 * 1000; // timer C is a proxy's; a user agent lets it ring

unsigned milliseconds(base::Duration d)
{
    return static_cast<unsigned>(std::max<std::int64_t>(1, d.count() / 1'000'000));
}

std::string hostText(const base::Address &address)
{
    return address.family == 6 ? "[" + address.text() + "]" : address.text();
}

} // namespace

int RequestHandler::called(RequestHandler *self, nta_leg_t *, nta_incoming_t *request,
                           const sip_t *sip) noexcept
{
    return self->onRequest(request, *sip);
}

Agent::Agent(SuLoop &loop, const Options &options, base::Inbox<base::Packet> &sink)
    : m_loop(loop), m_options(options), m_sink(sink), m_tap(*this), m_tellDrops(loop),
      m_judge(options.tls)
{
}

base::Result<std::unique_ptr<Agent>> Agent::open(SuLoop &loop, const Options &options,
                                                 base::Inbox<base::Packet> &sink)
{
    std::unique_ptr<Agent> agent(new Agent(loop, options, sink));
    if (auto created = agent->create(); !created)
        return tl::unexpected(created.error());
    return agent;
}

base::Result<void> Agent::create()
{
    if (auto good = checkOptions(m_options); !good)
        return good;
    if (!m_options.dnsServer.empty()) {
        auto place = Workplace::make();
        if (!place)
            return tl::unexpected(place.error());
        m_place = std::move(*place);
        const auto file =
            m_place->write("resolv.conf", *resolverConfiguration(m_options.dnsServer));
        if (!file)
            return tl::unexpected(file.error());
        m_resolverFile = *file;
    }
    m_tap.attach();
    const unsigned t1 = milliseconds(m_options.t1);
    // sofia's way to say "no transport yet".
    auto *none = reinterpret_cast<url_string_t *>(-1); // NOLINT(performance-no-int-to-ptr)
    m_nta = nta_agent_create(
        m_loop.root(), none, stray, this, NTATAG_UA(0), NTATAG_PASS_100(1),
        NTATAG_MAXSIZE(kStackLimit), NTATAG_UDP_MTU(65535), NTATAG_CLIENT_RPORT(1),
        NTATAG_SIP_T1(t1), NTATAG_SIP_T1X64(64 * t1), NTATAG_SIP_T2(8 * t1), NTATAG_SIP_T4(10 * t1),
        NTATAG_TIMER_C(kNever), NTATAG_MAX_PROCEEDING(64), NTATAG_MERGE_482(1),
        // A response is not lost for a header that we can do without, such as its Contact: a 2xx
        // that nobody acknowledges leaves its callee in a call of one.
        NTATAG_BAD_RESP_MASK(sip_mask_response),
        TAG_IF(!m_resolverFile.empty(), SRESTAG_RESOLV_CONF(m_resolverFile.c_str())), TAG_END());
    if (m_nta == nullptr)
        return base::fail(base::ErrorCode::Internal, "The SIP stack could not be started.",
                          "nta_agent_create");
    auto address =
        base::Address::parse(m_options.localAddress.empty() ? "127.0.0.1" : m_options.localAddress);
    if (!address)
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("\"{}\" is not an IP address of this computer.", m_options.localAddress));
    if (auto first = local(*address); !first)
        return tl::unexpected(first.error());
    m_sweep = std::make_unique<Timer>(m_loop);
    sweep();
    return {};
}

Agent::~Agent()
{
    m_alive.reset();
    m_sweep.reset();
    if (m_defaultLeg != nullptr)
        nta_leg_destroy(m_defaultLeg);
    if (m_nta != nullptr)
        nta_agent_destroy(m_nta);
}

bool Agent::bind(const std::string &ident, const base::Address &address, const std::string &port,
                 Kind kind)
{
    // Adding a transport rebuilds every primary's Via and frees the old ones, but open connections
    // go on using theirs. A primary that holds none gives up none: the old Vias live as long as the
    // agent.
    std::vector<std::pair<tport_t *, tp_magic_t *>> held;
    if (tport_t *all = nta_agent_tports(m_nta))
        for (tport_t *tp = tport_primaries(all); tp != nullptr; tp = tport_next(tp)) {
            held.emplace_back(tp, tport_magic(tp));
            tport_set_magic(tp, nullptr);
        }
    const bool secure = kind == Kind::Secure;
    const std::string url = fmt::format("{}:{}:{}{}", secure ? "sips" : "sip", hostText(address),
                                        port, kind == Kind::Datagrams ? ";transport=udp" : "");
    const bool added =
        nta_agent_add_tport(
            m_nta, reinterpret_cast<const url_string_t *>(url.c_str()), TPTAG_IDENT(ident.c_str()),
            TPTAG_IDLE(kIdle), TPTAG_STUN_SERVER(0), TPTAG_PONG2PING(0),
            // The end of a connection is told to whoever waits there (RFC 3261 section 17.1.4).
            TPTAG_SDWN_ERROR(1),
            TAG_IF(secure, TPTAG_CERTIFICATE(m_place ? m_place->path().c_str() : "")),
            TAG_IF(secure, TPTAG_TLS_VERSION(0)), TAG_END()) == 0;
    for (const auto &[tp, magic] : held)
        if (tport_magic(tp) == nullptr)
            tport_set_magic(tp, magic);
    return added;
}

base::Result<const Local *> Agent::local(const base::Address &address)
{
    for (const auto &each : m_locals)
        if (each.endpoint.address == address && !each.datagramsOnly)
            return &each;
    m_locals.push_back(
        {fmt::format("local{}", m_locals.size() + 1), {address, 0}, {}, false, false});
    Local &entry = m_locals.back();
    const bool chosen = m_locals.size() == 1 && m_options.localPort != 0;
    if (!bind(entry.ident, address, chosen ? std::to_string(m_options.localPort) : "*",
              Kind::Plain)) {
        const int number = errno;
        m_locals.pop_back();
        const auto wanted = base::Endpoint{address, m_options.localPort}.text();
        if (number == EADDRINUSE)
            return base::fail(base::ErrorCode::PortInUse,
                              fmt::format("{} is in use by another program. Choose another port, "
                                          "or 0 to let the system choose.",
                                          wanted));
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("Earshot cannot listen on {}: {}. Check the local address.",
                                      wanted, std::strerror(number)));
    }
    learnPorts(entry);
    return &entry;
}

/// The library gives no primary transport up before its end, so a port that a flow left is used
/// again.
base::Result<const Local *> Agent::flowPort(const base::Address &address, const Local *former)
{
    for (auto &each : m_locals) {
        if (!each.free || each.endpoint.address != address || &each == former)
            continue;
        each.free = false;
        m_tap.heal(each.endpoint);
        return &each;
    }
    if (m_locals.size() >= kMostLocals)
        return base::fail(base::ErrorCode::Refused,
                          fmt::format("There are {} local SIP ports already; no further UDP flow "
                                      "gets one of its own.",
                                      m_locals.size()));
    m_locals.push_back({fmt::format("flow{}", m_locals.size() + 1), {address, 0}, {}, true, false});
    if (!bind(m_locals.back().ident, address, "*", Kind::Datagrams)) {
        const int number = errno;
        m_locals.pop_back();
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("Earshot cannot open a UDP port on {}: {}. Check the local "
                                      "address.",
                                      address.text(), std::strerror(number)));
    }
    learnPorts(m_locals.back());
    return &m_locals.back();
}

void Agent::release(const Local *flowPort)
{
    for (auto &each : m_locals)
        if (&each == flowPort && each.datagramsOnly)
            each.free = true;
}

tport_t *Agent::datagrams(const Local &local) const
{
    for (tport_t *tp = tport_primaries(nta_agent_tports(m_nta)); tp != nullptr; tp = tport_next(tp))
        if (tport_ident(tp) != nullptr && local.ident == tport_ident(tp) && tport_is_udp(tp) != 0)
            return tp;
    return nullptr;
}

Agent::Arrival Agent::localFor(nta_incoming_t *request) const
{
    Arrival out{m_locals.front().endpoint, base::Transport::Udp};
    tport_t *transport = nta_incoming_transport(m_nta, request, nullptr);
    if (transport == nullptr)
        return out;
    const char *ident = tport_ident(transport);
    out.transport = tport_has_tls(transport) != 0  ? base::Transport::Tls
                    : tport_is_tcp(transport) != 0 ? base::Transport::Tcp
                                                   : base::Transport::Udp;
    for (const auto &each : m_locals)
        if (ident != nullptr && each.ident == ident)
            out.endpoint = each.of(out.transport);
    tport_unref(transport);
    return out;
}

void Agent::serve(RequestHandler *requests, std::function<void(msg_t *, const sip_t &)> strays)
{
    m_strays = std::move(strays);
    m_defaultLeg =
        nta_leg_tcreate(m_nta, RequestHandler::called, requests, NTATAG_NO_DIALOG(1), TAG_END());
}

int Agent::stray(Agent *self, nta_agent_t *, msg_t *message, sip_t *sip) noexcept
{
    if (sip != nullptr && sip->sip_status != nullptr && self->m_strays)
        self->m_strays(message, *sip);
    msg_destroy(message);
    return 0;
}

void Agent::sweep()
{
    m_tap.sweep(base::now(), kHalfMessagePatience);
    m_sweep->start(std::chrono::seconds(10), [this] { sweep(); });
}

void Agent::later(std::function<void()> what)
{
    m_loop.post([alive = std::weak_ptr<int>(m_alive), what = std::move(what)] {
        if (!alive.expired())
            what();
    });
}

namespace {

/// What the error of a socket means for a request that waited for its answer from `where`.
LocalFailure failureOf(const SocketError &error, const std::string &where)
{
    // The network quotes what did not arrive, which need not be the request that fails for it.
    const bool later = !error.request.empty() && error.request != "INVITE" &&
                       error.request != "REGISTER" && error.request != "OPTIONS";
    switch (error.number) {
    case 0:
        return {
            base::LocalKind::SendFailed,
            fmt::format("{} closed the connection (FIN) and left the request unanswered.", where),
            true};
    case ECONNRESET:
        return {
            base::LocalKind::SendFailed,
            fmt::format("{} reset the connection (RST) and left the request unanswered.", where),
            true};
    case EBADMSG:
        return {base::LocalKind::GuardRefused,
                fmt::format("{} sent {}; the connection was closed here.", where, error.why)};
    case ECONNREFUSED:
        if (later)
            return {base::LocalKind::ConnectionRefused,
                    fmt::format("The {} did not arrive: nobody listens on {} any more.",
                                error.request, where)};
        return {base::LocalKind::ConnectionRefused,
                fmt::format(
                    "{} refused: nobody listens on that port. Check the port and the transport.",
                    where)};
    case EHOSTUNREACH:
    case ENETUNREACH:
        return {base::LocalKind::Unreachable,
                fmt::format("There is no way to {}{}: {}. Check the network.", where,
                            later ? fmt::format(" any more for the {}", error.request) : "",
                            std::strerror(error.number))};
    default:
        return {base::LocalKind::SendFailed, fmt::format("The request could not be sent to {}: {}.",
                                                         where, std::strerror(error.number))};
    }
}

} // namespace

LocalFailure Agent::explain(const Reply &reply, const std::string &target,
                            const base::Endpoint &remote)
{
    auto error = m_tap.takeError(remote);
    if (error && base::now() - error->time > std::chrono::seconds(1))
        error.reset(); // somebody else's, long ago
    const std::string where = error && error->remote.known() ? error->remote.text()
                              : remote.known()               ? remote.text()
                                                             : target;
    // A handshake that fails ends the connection, which is told before the handshake's own end. One
    // that was refused before this request tells nothing of it.
    const auto met = error ? error->remote : remote;
    if ((error || reply.status == 503) && tlsRefusedSince(met, reply.begun))
        return {base::LocalKind::SendFailed, tls(met)->sentence};
    const auto secured = m_secured.find(met);
    const bool stood = secured != m_secured.end() && secured->second.report->accepted;
    if (!stood && handshaking(remote)) // else it may be another connection that hangs
        return {reply.status == 408 ? base::LocalKind::TimedOut : base::LocalKind::SendFailed,
                silentHandshake(remote)};
    const bool never = m_expected.contains(met) && !stood;
    if (never && error && (error->number == 0 || error->number == ECONNRESET))
        return {base::LocalKind::SendFailed,
                fmt::format("{} {} the connection before the TLS handshake was done. A port "
                            "without TLS or a filter on the way does that: check the port, which "
                            "is 5061 for TLS.",
                            where, error->number == 0 ? "closed (FIN)" : "reset (RST)")};
    if (reply.status == 408 && reply.unsent)
        return {
            base::LocalKind::TimedOut,
            fmt::format("No connection to {} came about in time, so nothing was sent. Check the "
                        "address, the port and whether something blocks the way.",
                        where)};
    if (reply.status == 408 && reply.connected)
        return {base::LocalKind::TimedOut,
                fmt::format("{} took the connection and the request, and never answered it. "
                            "Address and port lead somewhere: look at what listens there.",
                            where)};
    if (reply.status == 408)
        return {base::LocalKind::TimedOut,
                fmt::format("{} did not answer in time. Check the address, the port and whether "
                            "something blocks the way.",
                            where)};
    if (reply.phrase.find("DNS") != std::string::npos)
        return {base::LocalKind::Unresolvable,
                fmt::format("The host of {} was not found. Check the spelling and the DNS server.",
                            target)};
    if (error)
        return failureOf(*error, where);
    return {base::LocalKind::SendFailed,
            fmt::format("The request could not be sent to {}: {}.", where, reply.phrase)};
}

std::string Agent::silentHandshake(const base::Endpoint &remote)
{
    return fmt::format("{} took the connection but never answered the TLS handshake, so nothing "
                       "was asked of it. A port for plain TCP does that: check the port, which is "
                       "5061 for TLS, and the transport.",
                       remote.text());
}

std::optional<LocalFailure> Agent::met(const base::Endpoint &remote, base::Instant since)
{
    if (!remote.known())
        return std::nullopt;
    const auto error = m_tap.takeError(remote);
    if (!error || error->number == 0 || error->time < since)
        return std::nullopt;
    return failureOf(*error, remote.text());
}

void Agent::observe(const std::string &registerCallId, WireObserver *observer)
{
    m_byCallId[registerCallId] = observer;
}

void Agent::forget(WireObserver *observer)
{
    std::erase_if(m_byCallId, [&](const auto &each) { return each.second == observer; });
    std::erase_if(m_byConnection, [&](const auto &each) { return each.second == observer; });
    std::erase_if(m_byPair, [&](const auto &each) { return each.second == observer; });
}

} // namespace engine
