// SPDX-License-Identifier: Apache-2.0
#include <engine/registrations.h>

#include <algorithm>
#include <base/text.h>
#include <engine/flow_link.h>
#include <engine/target.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace engine {

namespace {

std::string freshInstance()
{
    const std::string hex = base::randomToken(16); // RFC 4122 version 4
    return fmt::format("urn:uuid:{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                       hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12));
}

int rank(base::FlowState state)
{
    switch (state) {
    case base::FlowState::Up:
        return 4;
    case base::FlowState::UpPlain:
        return 3;
    case base::FlowState::Provisional:
        return 2;
    case base::FlowState::Suspect:
        return 1;
    default:
        return 0;
    }
}

/// One of the account's flows ready to start, or what is wrong with it.
base::Result<FlowLink::Identity> identify(const Account &account, const std::string &proxy)
{
    FlowLink::Identity out;
    const auto aor = checkedUri(account.aor, "address of record");
    if (!aor)
        return tl::unexpected(aor.error());
    out.aor = *aor;
    if (!account.instance.empty() && !isInstance(account.instance))
        return base::fail(base::ErrorCode::BadInput, notAnInstance(account.instance));
    std::string next = *aor;
    if (!proxy.empty()) {
        const auto edge = checkedUri(proxy, "outbound proxy");
        if (!edge)
            return tl::unexpected(edge.error());
        out.edge = next = withTransport(*edge, account.transport);
    }
    out.wanted = wantedOf(next, account.transport);
    // RFC 3261 section 8.1.1.8 wants a sips Contact behind a sips Route, RFC 5630 section 5.1.1.1
    // none for a sip address of record: TLS to the edge is asked for in the way that suits both.
    if (!base::equalsNoCase(sip::parseUri(*aor).scheme, "sips"))
        out.edge = sipOverTls(out.edge);
    switch (out.wanted.transport) {
    case base::Transport::Udp:
    case base::Transport::Tcp:
    case base::Transport::Tls:
    case base::Transport::Unknown: // as DNS says
        break;
    default:
        return base::fail(base::ErrorCode::Unsupported,
                          fmt::format("Registrations go over UDP, TCP and TLS, not over {}.",
                                      base::transportText(out.wanted.transport)));
    }
    out.instance = account.instance;
    out.credentials = account.credentials;
    out.expires = account.expires;
    out.keepAlive = account.keepAlive;
    out.gruu = account.gruu;
    out.plainAfter439 = account.plainAfter439;
    return out;
}

struct Way {
    std::string edge;
    std::vector<std::string> routes;
};

/// Edge and Service-Route (RFC 3608) without naming one hop twice. An edge that names itself with a
/// user part means that one: it is a token, without which it does not know whose request that is.
Way wayOf(const FlowLink &flow)
{
    Way out{flow.identity().edge, flow.report().serviceRoute};
    if (out.routes.empty() || !flow.hop())
        return out;
    const auto edge = sip::parseUri(out.edge);
    const auto named = sip::parseNameAddress(out.routes.front());
    const auto &first = named.uri;
    const bool sameHost = base::equalsNoCase(first.host, edge.host) ||
                          first.host == flow.hop()->endpoint.address.text();
    const bool samePort =
        !first.port || *first.port == edge.port.value_or(flow.hop()->endpoint.port);
    if (!first.ok || !sameHost || !samePort)
        return out;
    if (!first.user.empty())
        out.edge = std::string(named.uriText);
    out.routes.erase(out.routes.begin());
    return out;
}

} // namespace

bool isInstance(const std::string &text)
{
    return text.size() <= 200 && text.compare(0, 4, "urn:") == 0 &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && c != '<' && c != '>' && c != '"' &&
                      c != 0x7F;
           });
}

std::string notAnInstance(const std::string &text)
{
    return fmt::format("The instance-id is a URN such as urn:uuid:... (RFC 5626 section 4.1), not "
                       "\"{}\".",
                       base::printable(text, false, 80));
}

Registrations::Registrations(Env &env)
    : m_env(env), m_network(
                      env.loop, [this] { networkReturned(); }, [this] { addressesChanged(); }),
      m_arrive(env.loop)
{
}

Registrations::~Registrations() = default;

void Registrations::add(AccountHandle handle, Account account)
{
    if (account.instance.empty())
        account.instance = freshInstance();
    account.expires = std::clamp<base::Duration>(account.expires, std::chrono::seconds(1),
                                                 std::chrono::hours(24));
    if (account.proxies.empty())
        account.proxies.emplace_back();
    if (account.proxies.size() > kMostFlows)
        account.proxies.resize(kMostFlows);
    Entry &entry = m_accounts[handle];
    entry.account = account;
    std::uint32_t regId = 0;
    for (const auto &proxy : account.proxies) {
        ++regId;
        auto identity = identify(account, proxy);
        if (!identity) {
            reject(handle, account, regId, identity.error());
            continue;
        }
        identity->account = handle;
        identity->regId = regId;
        entry.flows.push_back(std::make_unique<FlowLink>(
            m_env, *identity,
            [this, handle, regId] {
                const auto found = m_accounts.find(handle);
                return found != m_accounts.end() &&
                       std::any_of(found->second.flows.begin(), found->second.flows.end(),
                                   [&](const auto &other) {
                                       return other->regId() != regId &&
                                              base::isRegistered(other->report().state);
                                   });
            },
            [this, handle, regId](const auto &listed) { heardOf(handle, regId, listed); }));
    }
    arrive(entry);
}

void Registrations::reject(AccountHandle handle, const Account &account, std::uint32_t regId,
                           const base::Error &error)
{
    base::FlowReport rejected;
    rejected.aor = base::printable(account.aor, false, 200);
    rejected.regId = regId;
    rejected.edge = base::printable(account.proxies[regId - 1], false, 200);
    rejected.transport = base::transportText(account.transport);
    rejected.state = base::FlowState::Rejected;
    rejected.reason = error.sentence;
    rejected.since = base::now();
    m_env.agent.tell({base::LocalKind::FlowChanged,
                      0,
                      {},
                      {},
                      rejected.reason,
                      std::make_shared<const base::FlowReport>(rejected)});
    m_env.listener.onFlow({handle, rejected});
}

template <class Action>
void Registrations::each(AccountHandle handle, std::uint32_t regId, Action action)
{
    const auto found = m_accounts.find(handle);
    if (found == m_accounts.end() || found->second.waits)
        return;
    for (auto &flow : found->second.flows)
        if (regId == 0 || flow->regId() == regId)
            action(*flow);
}

void Registrations::reRegister(AccountHandle handle, std::uint32_t regId)
{
    each(handle, regId, [](FlowLink &flow) { flow.reRegister(); });
}

void Registrations::drill(AccountHandle handle, std::uint32_t regId, Drill what)
{
    each(handle, regId, [what](FlowLink &flow) { flow.drill(what); });
}

void Registrations::secured(const TlsReport &report)
{
    for (auto &[handle, entry] : m_accounts)
        for (auto &flow : entry.flows)
            flow->secured(report);
}

void Registrations::stray(const sip::Message &response)
{
    for (auto &[handle, entry] : m_accounts)
        for (auto &flow : entry.flows)
            flow->answeredLate(response);
    for (auto &flow : m_leaving)
        flow->answeredLate(response);
}

void Registrations::networkReturned()
{
    for (auto &[handle, entry] : m_accounts)
        for (auto &flow : entry.flows)
            flow->networkReturned();
}

void Registrations::addressesChanged()
{
    for (auto &[handle, entry] : m_accounts)
        for (auto &flow : entry.flows)
            flow->addressesChanged();
}

/// A 2xx to REGISTER lists every binding of the address (RFC 3261 section 10.3). Not all registrars
/// do, and edges may have one each: only who was listed before is missed.
void Registrations::heardOf(AccountHandle handle, std::uint32_t regId,
                            const std::vector<std::uint32_t> &listed)
{
    const auto found = m_accounts.find(handle);
    if (found == m_accounts.end())
        return;
    for (auto &flow : found->second.flows) {
        const auto other = flow->regId();
        if (other == regId)
            continue;
        // Its own 2xx may still be on its way to us when another one's lists it.
        if (std::find(listed.begin(), listed.end(), other) != listed.end())
            found->second.listed.emplace(regId, other);
        else if (found->second.listed.erase({regId, other}) > 0 && flow->registered())
            flow->unlisted(fmt::format("The registrar's answer to flow {} does not list this flow "
                                       "any more (RFC 3261 section 10.3), so nobody is sent here.",
                                       regId));
    }
}

void Registrations::ping(AccountHandle handle, std::uint32_t regId)
{
    each(handle, regId, [](FlowLink &flow) { flow.ping(); });
}

void Registrations::disowned(AccountHandle handle, std::uint32_t regId, const std::string &why,
                             bool named)
{
    each(handle, regId, [&why, named](FlowLink &flow) { flow.disowned(why, named); });
}

void Registrations::leaveAlone(AccountHandle handle, std::uint32_t regId, base::Duration silence)
{
    each(handle, regId, [silence](FlowLink &flow) { flow.leaveAlone(silence); });
}

base::Result<AccountRoute> Registrations::choose(AccountHandle handle,
                                                 const std::vector<std::uint32_t> &tried,
                                                 std::uint32_t wanted) const
{
    const auto found = m_accounts.find(handle);
    if (found == m_accounts.end())
        return base::fail(base::ErrorCode::NotFound, "That account is not there any more.");
    const FlowLink *best = nullptr;
    for (const auto &flow : found->second.flows) {
        if (rank(flow->report().state) == 0 || (wanted != 0 && flow->regId() != wanted) ||
            std::find(tried.begin(), tried.end(), flow->regId()) != tried.end())
            continue;
        const auto key = [](const FlowLink &link) {
            return std::pair(rank(link.report().state), link.report().lastPong);
        };
        if (best == nullptr || key(*flow) > key(*best))
            best = flow.get();
    }
    if (best == nullptr)
        return base::fail(
            base::ErrorCode::Refused,
            wanted != 0
                ? "That flow is not up, so the call cannot leave by it. Register it again, or call "
                  "over another one."
                : "No flow of this account is up, so the call cannot leave. Register again, then "
                  "call.");
    AccountRoute out;
    out.pin = best->pin();
    auto way = wayOf(*best);
    out.edge = std::move(way.edge);
    out.contact = best->contact(true);
    out.aor = best->identity().aor;
    out.routes = std::move(way.routes);
    out.regId = best->regId();
    out.stream = best->stream();
    out.local = best->local();
    out.hop = best->hop();
    out.credentials = best->identity().credentials;
    for (const auto &flow : found->second.flows) {
        const auto asked = flow->asked();
        out.asked.insert(out.asked.end(), asked.begin(), asked.end());
    }
    return out;
}

ArrivedBy Registrations::arrivedBy(nta_incoming_t *request, const base::Endpoint &from) const
{
    ArrivedBy out;
    tport_t *transport = nta_incoming_transport(m_env.agent.nta(), request, nullptr);
    for (const auto &[handle, entry] : m_accounts) {
        for (const auto &flow : entry.flows) {
            if (!flow->carries(transport))
                continue;
            out = {handle,
                   flow->regId(),
                   flow->contact(true),
                   flow->pin(),
                   flow->local(),
                   flow->identity().credentials,
                   {},
                   {}};
            if (flow->hop() && flow->hop()->endpoint == from) {
                out.edge = from;
                out.asked = flow->asked();
            }
        }
    }
    if (transport != nullptr)
        tport_unref(transport);
    return out;
}

std::string Registrations::contactFor(nta_incoming_t *request) const
{
    const auto by = arrivedBy(request, {});
    return by.contact.empty()
               ? fmt::format("<sip:{}>", m_env.agent.localFor(request).endpoint.text())
               : by.contact;
}

} // namespace engine
