// SPDX-License-Identifier: Apache-2.0
#include <engine/flow_link.h>

#include <base/text.h>
#include <engine/network_news.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <sip/uri.h>
#include <tuple>

namespace engine {

namespace {

KeeperSettings settingsFrom(const Options &options, const FlowLink::Identity &identity)
{
    KeeperSettings out;
    out.firstPing = options.firstPing;
    out.pongTimeout = options.pongTimeout;
    out.backOffBase = options.backOffBase;
    out.stunWait = options.t1; // both are 500 ms by their RFCs, and both a guess of the round trip
    out.attemptLimit = 64 * options.t1 + std::chrono::seconds(15); // timer F, and a look-up
    out.expires = identity.expires;
    out.named = !literalHop(identity.wanted);
    out.keepAlive = identity.keepAlive;
    out.plainAfter439 = identity.plainAfter439;
    return out;
}

/// What becomes a row of the ladder. That a pong came is one already, and is told by the time line
/// of the flow; a thousand of them say no more.
bool tellsMore(const base::FlowReport &now, const base::FlowReport &before)
{
    const auto facts = [](const base::FlowReport &of) {
        return std::tie(of.state, of.reason, of.failures, of.registeredUntil, of.nextAttempt,
                        of.unregistered, of.flowTimer, of.mapped, of.keepAlive, of.local, of.remote,
                        of.tls, of.reachableSince, of.reachableUntil, of.losses, of.publicGruu,
                        of.path, of.serviceRoute);
    };
    return facts(now) != facts(before);
}

std::string_view parameterOf(base::Transport transport)
{
    return transport == base::Transport::Tcp   ? ";transport=tcp"
           : transport == base::Transport::Tls ? ";transport=tls"
                                               : "";
}

} // namespace

FlowLink::FlowLink(Env &env, Identity identity, std::function<bool()> othersUp,
                   std::function<void(const std::vector<std::uint32_t> &listed)> listed)
    : m_env(env), m_identity(std::move(identity)),
      m_keeper(settingsFrom(env.options, m_identity),
               {[this] { return std::uniform_real_distribution<double>(0.0, 1.0)(m_random); },
                std::move(othersUp), [this] { changed(); }}),
      m_listed(std::move(listed)),
      m_digest(m_identity.credentials.user, m_identity.credentials.password),
      m_callId(base::randomToken(12)), m_fromTag(base::randomToken(6)),
      m_transportKind(m_identity.wanted.transport), m_timer(env.loop), m_soon(env.loop),
      m_next(env.loop)
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
    drop(true);
    m_register.reset();
    m_former.reset();
    m_env.agent.release(m_local);
    if (m_leg != nullptr)
        nta_leg_destroy(m_leg);
}

void FlowLink::start()
{
    m_keeper.start(now());
    act();
}

void FlowLink::reRegister()
{
    m_keeper.reRegister(now());
    act();
}

void FlowLink::networkReturned()
{
    m_keeper.networkReturned(now());
    act();
}

void FlowLink::ping()
{
    m_keeper.ping(now());
    act();
}

void FlowLink::disowned(const std::string &why, bool named)
{
    m_keeper.disowned(now(), why, named);
    act();
}

void FlowLink::unlisted(const std::string &why)
{
    m_keeper.unlisted(now(), why);
    actSoon(); // the answer to another flow's REGISTER is being read
}

void FlowLink::addressesChanged()
{
    const auto &own = m_connection.local.address;
    if (!m_keeper.registered() || !m_connection.local.known())
        return;
    if (isOurAddress(own)) {
        const auto link = linkThatIsDown(own);
        link.empty() ? m_keeper.linkUp(now()) : m_keeper.linkDown(now(), link);
        return act();
    }
    drop(true);
    m_keeper.closed(now(), fmt::format("This computer has the address {} no more, and with it the "
                                       "flow is gone.",
                                       own.text()));
    act();
}

void FlowLink::leaveAlone(base::Duration silence)
{
    m_keeper.leaveAlone(now(), silence);
    act();
}

void FlowLink::stop()
{
    m_keeper.stop(now());
    act();
}

void FlowLink::leave()
{
    m_keeper.leave(now());
    act();
}

void FlowLink::changed()
{
    base::FlowReport report = m_keeper.report();
    report.aor = m_identity.aor;
    report.regId = m_identity.regId;
    report.instance = m_identity.instance;
    report.edge = m_identity.edge;
    report.transport = base::transportText(m_transportKind);
    report.local = m_connection.local;
    report.remote = m_connection.remote.known() ? m_connection.remote
                    : m_hop                     ? m_hop->endpoint
                                                : base::Endpoint{};
    report.tls = m_tls;
    report.tlsVerified = m_tlsVerified;
    if (!m_told || tellsMore(report, *m_told)) {
        base::LocalEvent event;
        event.kind = base::LocalKind::FlowChanged;
        event.callId = m_callId;
        event.sentence = fmt::format("Flow {} is {}: {}", m_identity.regId,
                                     base::flowStateText(report.state), report.reason);
        m_told = std::make_shared<const base::FlowReport>(report);
        event.flow = m_told;
        m_env.agent.tell(std::move(event), report.local, report.remote);
    }
    m_env.listener.onFlow({m_identity.account, std::move(report)});
}

/// Deadlines are of the wall clock, as everything that is told; where that is set while we wait,
/// they go with it.
base::Instant FlowLink::now()
{
    const auto wall = base::now();
    const auto steady = sinceBoot();
    const auto step = (wall - m_wall) - (steady - m_steady);
    const bool stepped = m_wall.known() && std::chrono::abs(step) > std::chrono::seconds(1);
    m_wall = wall;
    m_steady = steady;
    if (stepped)
        m_keeper.clockStepped(wall, step);
    return wall;
}

void FlowLink::actSoon()
{
    m_soon.start(std::chrono::milliseconds(1), [this] { act(); });
}

void FlowLink::act()
{
    for (const auto what : m_keeper.take()) {
        if (what == KeeperAct::Connect || what == KeeperAct::Refresh ||
            what == KeeperAct::Unregister)
            m_digest.newAttempt();
        switch (what) {
        case KeeperAct::Connect:
            connect();
            break;
        case KeeperAct::Refresh:
            sendRegister(false);
            break;
        case KeeperAct::Unregister:
            sendRegister(true);
            break;
        case KeeperAct::Ping:
        case KeeperAct::PingAgain:
            sendPing(what == KeeperAct::PingAgain);
            break;
        case KeeperAct::Close:
            giveUpHops();
            drop(true);
            break;
        }
    }
    const auto at = now(); // may move what is next
    if (const auto next = m_keeper.next())
        m_timer.start(std::max(*next - at, base::Duration{0}), [this] {
            m_keeper.tick(now());
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

std::string FlowLink::contactUri(bool dialog) const
{
    // RFC 5627 section 4.4, where the user wants it; registered over this flow it needs no ob.
    if (dialog && m_identity.gruu && !report().publicGruu.empty())
        return report().publicGruu;
    const auto aor = sip::parseUri(m_identity.aor);
    // RFC 5630 section 5.1.1.1: a sips Contact is for a sips address of record, and for no other.
    const bool secure = base::equalsNoCase(aor.scheme, "sips");
    return fmt::format("{}:{}{}{}{}{}", secure ? "sips" : "sip", aor.user,
                       aor.user.empty() ? "" : "@", m_local->of(m_transportKind).text(),
                       secure ? "" : parameterOf(m_transportKind), dialog ? ";ob" : "");
}

std::string FlowLink::contact(bool dialog) const
{
    return m_local == nullptr ? std::string() : fmt::format("<{}>", contactUri(dialog));
}

} // namespace engine
