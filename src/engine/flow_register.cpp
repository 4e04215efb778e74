// SPDX-License-Identifier: Apache-2.0
// A flow's REGISTERs and what comes back for them.
#include <engine/flow_link.h>

#include <base/text.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <sip/uri.h>

namespace engine {

std::string FlowLink::registerHeaders(bool remove)
{
    const auto expires = remove ? 0 : m_keeper.expires() / std::chrono::seconds(1);
    // RFC 6223: we offer keep-alives; the library completes this Via. RFC 3581: rport tells how we
    // are seen.
    std::string out =
        fmt::format("Via: SIP/2.0/{} {};rport;keep\r\n", base::transportText(m_transportKind),
                    m_local->of(m_transportKind).text());
    out += m_cseq == 0 ? "CSeq: 1 REGISTER\r\n" : "";
    ++m_cseq;
    out += routeLine();
    out += contactLines(expires);
    out += fmt::format("Expires: {}\r\nSupported: path{}{}\r\nUser-Agent: {}\r\n", expires,
                       m_keeper.plain() ? "" : ", outbound", m_keeper.plain() ? "" : ", gruu",
                       m_env.options.userAgent);
    return out;
}

/// Without outbound a binding is known by its Contact (RFC 3261 section 10.3): another port or
/// address makes a second one, and calls go to the former too until it is taken back.
std::string FlowLink::contactLines(std::int64_t expires)
{
    constexpr std::size_t kMostStale = 8;
    const auto uri = contactUri(false);
    if (!m_boundAs.empty() && m_boundAs != uri)
        m_stale.push_back(std::exchange(m_boundAs, {}));
    std::erase(m_stale, uri);
    if (m_stale.size() > kMostStale)
        m_stale.erase(m_stale.begin());
    std::string out = fmt::format("Contact: <{}>", uri);
    if (!m_keeper.plain()) // RFC 5626 section 4.2: one Contact with instance and reg-id
        out +=
            fmt::format(";reg-id={};+sip.instance=\"<{}>\"", m_identity.regId, m_identity.instance);
    out += fmt::format(";expires={}\r\n", expires);
    for (const auto &each : m_stale)
        out += fmt::format("Contact: <{}>;expires=0\r\n", each);
    return out;
}

/// Outbound's bindings are known by instance and reg-id, whatever their Contact. One that was
/// written anew on the way (for a NAT) is not for us to name: what we take back would be written
/// anew as well, to be the one that we bind.
void FlowLink::bound(const RegisterResult &result)
{
    m_stale.clear();
    m_outbound = result.outbound;
    m_boundAs = result.outbound || result.rewritten ? std::string() : contactUri(false);
}

/// The flow's connection, or the one on which its first REGISTER waits for the answer.
Pin FlowLink::ownWay() const
{
    if (m_transport != nullptr || m_register == nullptr)
        return Pin(m_transport);
    tport_t *way = m_register->transport();
    Pin out(way != nullptr && tport_is_secondary(way) != 0 && tport_is_connected(way) != 0
                ? way
                : nullptr);
    if (way != nullptr)
        tport_unref(way);
    return out;
}

void FlowLink::sendRegister(bool remove)
{
    if ((m_local == nullptr || !m_hop) && !remove)
        return connect(); // there is nothing to refresh
    if (m_local == nullptr || !m_hop)
        return untaken();
    const sip::Uri aor = sip::parseUri(m_identity.aor);
    RequestSpec spec;
    spec.leg = m_leg;
    spec.method = "REGISTER";
    spec.uri = fmt::format("{}:{}{}{}{}", base::equalsNoCase(aor.scheme, "sips") ? "sips" : "sip",
                           aor.ipv6 ? "[" : "", aor.host, aor.ipv6 ? "]" : "",
                           aor.port ? ":" + std::to_string(*aor.port) : "");
    spec.headers = registerHeaders(remove) + m_digest.headers("REGISTER", spec.uri);
    spec.ownVia = true;
    spec.ident = m_local->ident.c_str();
    const Pin way = ownWay();
    spec.transport = way.usable();
    spec.fresh = spec.transport == nullptr && stream(); // never another flow's connection
    if (spec.transport == nullptr)
        spec.route = hopUri(*m_hop);
    if (remove)
        ++m_attempt; // the answer to a refresh that it overtakes decides nothing
    m_keeper.trying(now());
    m_provisional = 0;
    m_unheard = false;
    m_former = std::move(m_register);
    m_register = Transaction::start(spec, [this, remove, attempt = m_attempt](const Reply &reply) {
        replied(reply, remove, attempt);
    });
    if (!m_register)
        untaken();
}

void FlowLink::untaken()
{
    RegisterResult failed;
    failed.local = true;
    failed.status = 503;
    failed.sentence = "The SIP stack did not take the REGISTER; check the account's addresses.";
    m_keeper.result(now(), failed);
    actSoon();
}

void FlowLink::answeredLate(const sip::Message &response)
{
    const auto number = response.cseq().number;
    const bool late = number < m_cseq || (number == m_cseq && m_unheard);
    if (!late || response.callId() != m_callId || response.status / 100 != 2)
        return;
    m_keeper.answeredAfterAll(now(), read(response));
    actSoon();
}

RegisterResult FlowLink::read(const sip::Message &response) const
{
    return readRegisterResult(response, {m_identity.regId, m_identity.instance, m_identity.edge,
                                         contactUri(false), !m_keeper.plain(), m_keeper.expires()});
}

void FlowLink::replied(const Reply &reply, bool remove, std::uint32_t attempt)
{
    if (attempt == m_attempt && reply.status < 200)
        m_provisional = reply.status;
    if (attempt != m_attempt || reply.status < 200)
        return;
    m_unheard = reply.local;
    if (!reply.local && m_transport == nullptr && m_register != nullptr)
        adopt(m_register->transport());
    RegisterResult result = resultOf(reply);
    const bool wanted = remove || !m_keeper.stopping();
    if (wanted && !reply.local && (reply.status == 401 || reply.status == 407) &&
        authenticate(reply, remove, result))
        return;
    if (!reply.local && reply.status != 401 && reply.status != 407)
        m_digest.accepted();
    if (nextHop(result))
        return;
    const bool taken = !remove && !reply.local && result.status / 100 == 2;
    if (taken)
        bound(result);
    m_keeper.result(now(), result);
    if (taken)
        m_listed(result.listed);
    actSoon();
}

bool FlowLink::authenticate(const Reply &reply, bool remove, RegisterResult &result)
{
    const auto answer = m_digest.challenged(reply.status == 407, challengesOf(reply));
    if (answer) {
        sendRegister(remove);
        return true;
    }
    result.sentence = answer.error().sentence;
    m_env.agent.tell(
        {base::LocalKind::AuthenticationGaveUp, reply.status, m_callId, {}, result.sentence, {}},
        m_connection.local, m_connection.remote);
    return false;
}

RegisterResult FlowLink::resultOf(const Reply &reply) const
{
    if (!reply.local)
        return read(reply.message());
    RegisterResult out;
    out.status = reply.status;
    out.local = true;
    auto why =
        m_env.agent.explain(reply, m_identity.edge.empty() ? m_identity.aor : m_identity.edge,
                            m_hop ? m_hop->endpoint : base::Endpoint{});
    if (why.kind == base::LocalKind::TimedOut && m_provisional != 0)
        why.sentence = fmt::format("{} took the REGISTER with {} {} and never answered it: whoever "
                                   "should have, the registrar behind it, did not.",
                                   m_hop ? m_hop->endpoint.text() : m_identity.edge, m_provisional,
                                   sip::phrase(m_provisional));
    m_env.agent.tell({why.kind, reply.status, m_callId, {}, why.sentence, {}}, m_connection.local,
                     m_connection.remote);
    out.sentence = why.sentence;
    out.unsent = why.kind == base::LocalKind::Unreachable || (reply.unsent && reply.status == 408);
    return out;
}

} // namespace engine
