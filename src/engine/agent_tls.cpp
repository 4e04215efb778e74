// SPDX-License-Identifier: Apache-2.0
// The agent's TLS: when it is first asked for, what the library needs for it, and what its
// handshakes came to.
#include <engine/agent.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace engine {

base::Result<void> checkOptions(const Options &options)
{
    if (!options.dnsServer.empty())
        if (const auto good = resolverConfiguration(options.dnsServer); !good)
            return tl::unexpected(good.error());
    return checkTls(options.tls);
}

void Agent::learnPorts(Local &entry) const
{
    for (tport_t *tp = tport_primaries(nta_agent_tports(m_nta)); tp != nullptr;
         tp = tport_next(tp)) {
        if (tport_ident(tp) == nullptr || entry.ident != tport_ident(tp))
            continue;
        const auto port =
            static_cast<std::uint16_t>(std::strtoul(tport_name(tp)->tpn_port, nullptr, 10));
        if (tport_has_tls(tp) != 0)
            entry.secure = {entry.endpoint.address, port};
        else
            entry.endpoint.port = port;
    }
}

/// The library reads key, certificate and CA file by name, from the working directory if it is not
/// told otherwise, and will not start TLS without them. None of them judges anybody: TlsJudge does.
base::Result<void> Agent::prepareTls()
{
    if (m_tlsReady)
        return {};
    if (!tlsPassesHere())
        return base::fail(base::ErrorCode::Internal,
                          "The wire tap does not see TLS, so certificates would not be checked. "
                          "TLS is off.");
    if (!m_place) {
        auto place = Workplace::make();
        if (!place)
            return tl::unexpected(place.error());
        m_place = std::move(*place);
    }
    const auto pem = selfSignedPem();
    for (const char *name : {"agent.pem", "cafile.pem", "tls_seed.dat"})
        if (const auto file = m_place->write(name, pem); !file)
            return tl::unexpected(file.error());
    m_tlsReady = true;
    return {};
}

base::Result<const Local *> Agent::secureLocal(const base::Address &address)
{
    auto plain = local(address);
    if (!plain)
        return plain;
    for (auto &each : m_locals) {
        if (&each != *plain || each.secure.known())
            continue;
        if (const auto ready = prepareTls(); !ready)
            return tl::unexpected(ready.error());
        if (!bind(each.ident, address, "*", Kind::Secure))
            return base::fail(base::ErrorCode::Internal,
                              fmt::format("TLS could not be started on {}.", address.text()));
        learnPorts(each);
    }
    return plain;
}

void Agent::expect(const base::Endpoint &endpoint, const std::string &name)
{
    m_expected[endpoint] = name;
    keepSmall(m_expected);
}

/// What rests on an exception that was taken back is not used any further.
void Agent::setTls(const TlsOptions &tls)
{
    m_judge.change(tls);
    std::vector<tport_t *> leaving;
    for (tport_t *primary = tport_primaries(nta_agent_tports(m_nta)); primary != nullptr;
         primary = tport_next(primary)) {
        if (tport_has_tls(primary) == 0)
            continue;
        for (tport_t *tp = tport_secondary(primary); tp != nullptr; tp = tport_next(tp)) {
            const std::string host = tport_name(tp)->tpn_host;
            const bool bare = host.find(':') != std::string::npos && host.front() != '[';
            const auto remote = base::Endpoint::parse(
                fmt::format("{}:{}", bare ? "[" + host + "]" : host, tport_name(tp)->tpn_port));
            const auto known = remote ? m_secured.find(*remote) : m_secured.end();
            if (known != m_secured.end() && known->second.report->byException &&
                !m_judge.stillTakes(*known->second.report))
                leaving.push_back(tport_ref(tp));
        }
    }
    for (tport_t *tp : leaving) {
        tport_shutdown(tp, 2);
        tport_unref(tp);
    }
}

std::shared_ptr<const TlsReport> Agent::tls(const base::Endpoint &endpoint) const
{
    const auto found = m_secured.find(endpoint);
    return found == m_secured.end() ? nullptr : found->second.report;
}

bool Agent::tlsRefusedSince(const base::Endpoint &endpoint, base::Instant begun) const
{
    const auto found = m_secured.find(endpoint);
    return found != m_secured.end() && found->second.ended >= begun &&
           !found->second.report->accepted;
}

void Agent::securing(ssl_st *ssl, const Connection &connection, bool weConnect)
{
    const auto found = m_expected.find(connection.remote);
    if (weConnect)
        m_handshaking[connection.id] = connection.remote;
    m_judge.prepare(ssl, connection.id,
                    found != m_expected.end() ? found->second : connection.remote.address.text(),
                    connection.remote, weConnect);
}

bool Agent::handshaking(const base::Endpoint &endpoint) const
{
    return std::any_of(m_handshaking.begin(), m_handshaking.end(),
                       [&](const auto &each) { return each.second == endpoint; });
}

void Agent::secured(ssl_st *ssl, const Connection &connection, const Secured &end)
{
    const bool late = m_handshaking.erase(connection.id) == 0;
    if (late && !end.done && !end.failed && !m_judge.asked(connection.id))
        return; // it was closed, and no certificate of ours can be why
    auto report = std::make_shared<TlsReport>(
        m_judge.report(ssl, connection.id, end.done, end.failed, end.number));
    report->remote = connection.remote;
    m_secured[connection.remote] = {base::now(), report};
    keepSmall(m_secured);
    later([this, report] {
        if (m_onTls)
            m_onTls(*report);
    });
}

void Agent::closed(const Connection &connection)
{
    if (auto alert = m_judge.alert(connection.id); !alert.empty()) {
        m_alerts[connection.id] = std::move(alert);
        keepSmall(m_alerts);
    }
    m_judge.forget(connection.id);
    m_handshaking.erase(connection.id);
}

std::string Agent::tlsAlert(std::uint32_t connection) const
{
    if (auto alert = m_judge.alert(connection); !alert.empty())
        return alert;
    const auto found = m_alerts.find(connection);
    return found == m_alerts.end() ? std::string() : found->second;
}

} // namespace engine
