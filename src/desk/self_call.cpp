// SPDX-License-Identifier: Apache-2.0
#include <desk/self_call.h>

#include <algorithm>
#include <base/escape.h>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace desk {
namespace {

constexpr std::size_t kMostArrivals = 64;

/// The user part of an address, without escapes.
std::string userOf(const sip::Uri &uri)
{
    return base::unescaped(uri.user);
}

void addHost(std::vector<std::string> &hosts, std::string_view uri)
{
    if (const auto parsed = sip::parseUri(uri); parsed.ok && !parsed.host.empty())
        hosts.emplace_back(parsed.host);
}

/// Refusals that say nothing of whether the address can be reached; empty: another one.
std::string_view refusalToItself(int status)
{
    if (status >= 300 && status < 400)
        return "the address is forwarded elsewhere. Switch the forwarding off and call again.";
    switch (status) {
    case 403:
    case 482:
        return "many proxies do not let an address call itself. Call it from another one.";
    case 486:
    case 600:
    case 603:
    case 607:
    case 608:
        return "a device, or what is set for the address, says no. Whether this program can be "
               "reached does not follow from it; call from another address.";
    default:
        return {};
    }
}

} // namespace

SelfCall::SelfCall(const AccountInfo &account, base::Instant placed, std::uint32_t asked)
    : m_aor(account.account.aor), m_name("Earshot " + base::randomToken(4)), m_placed(placed),
      m_asked(asked)
{
    addHost(m_hosts, m_aor);
    for (const auto &proxy : account.account.proxies)
        addHost(m_hosts, proxy);
    for (const auto &[regId, flow] : account.flows)
        if (flow.remote.known())
            m_hosts.push_back(flow.remote.address.text());
}

CallOptions SelfCall::options(const AccountInfo &account) const
{
    CallOptions out;
    out.target = account.account.aor;
    out.from = fmt::format("\"{}\" <{}>", m_name, account.account.aor);
    out.account = account.handle;
    out.transport = account.account.transport;
    for (const auto &[regId, flow] : account.flows)
        if (m_asked != 0 && regId != m_asked && base::isUp(flow.state) && out.extras.flow == 0)
            out.extras.flow = regId;
    return out;
}

std::string SelfCall::consent(const std::string &aor)
{
    return fmt::format("Calling {}, our own address; every device that is registered there rings.",
                       base::printable(aor));
}

void SelfCall::add(const CallInfo &info, engine::CallHandle own, base::Instant time)
{
    const bool known = std::any_of(m_arrivals.begin(), m_arrivals.end(),
                                   [&](const auto &each) { return each.call == info.handle; });
    if (info.handle == own) {
        m_own = info;
        if (!m_left.known() && !info.invites.empty())
            m_left = time; // opening ports and devices is not the network's time
    } else if (info.incoming && info.stage == CallInfo::Stage::Ringing && !known &&
               m_arrivals.size() < kMostArrivals)
        m_arrivals.push_back({info.handle, info.callId, info.from, time, info.cameBy});
    recognise();
}

/// A back-to-back user agent that hides who is behind it writes an address of its own for the host.
bool SelfCall::isOurAddress(const std::string &from) const
{
    const auto caller = sip::parseNameAddress(from).uri, own = sip::parseUri(m_aor);
    if (!caller.ok || own.user.empty() || userOf(caller) != userOf(own))
        return false;
    return base::Address::parse(caller.host) ||
           std::any_of(m_hosts.begin(), m_hosts.end(), [&](const std::string &host) {
               return base::equalsNoCase(host, caller.host);
           });
}

/// Proxies leave the Call-ID alone. A back-to-back user agent makes a call of its own; it may keep
/// the caller's name, and from our own address it can hardly be another one.
SelfCall::Sign SelfCall::signOf(const Arrival &arrival) const
{
    if (!m_own.handle.valid() || arrival.call.value < m_own.handle.value)
        return Sign::None; // it rang before
    if (!m_own.callId.empty() && arrival.callId == m_own.callId)
        return Sign::CallId;
    if (arrival.from.find(m_name) != std::string::npos)
        return Sign::Name;
    return isOurAddress(arrival.from) ? Sign::Caller : Sign::None;
}

void SelfCall::recognise()
{
    for (const auto &arrival : m_arrivals) {
        const auto sign = signOf(arrival);
        if (m_reached || sign == Sign::None)
            continue;
        m_reached = true;
        m_sign = sign;
        m_cameBy = arrival.cameBy;
        m_took = arrival.time - (m_left.known() ? m_left : m_placed);
    }
}

bool SelfCall::over(base::Instant now) const
{
    return m_reached || (m_own.handle.valid() && isOver(m_own)) || now >= m_placed + kLimit;
}

std::string SelfCall::wayText() const
{
    std::string out = m_cameBy != 0 ? fmt::format(" over flow {}", m_cameBy)
                                    : std::string(", but over none of our flows");
    if (m_own.options.extras.flow != 0)
        out += fmt::format(", having left over flow {}", m_own.options.extras.flow);
    return out;
}

std::string SelfCall::conclusion(bool registered, bool interrupted) const
{
    if (m_reached)
        return fmt::format(
            "reachable: the call came back to us after {} s{}{}.{}", base::seconds(m_took),
            wayText(),
            m_sign == Sign::CallId ? ""
            : m_sign == Sign::Name
                ? ", by a back-to-back user agent (another Call-ID, our caller's name)"
                : ", by a back-to-back user agent (another Call-ID; it is known by its caller, our "
                  "own address)",
            elsewhere() ? fmt::format(" The registrar chose that way, so this says nothing of flow "
                                      "{}.",
                                      m_asked)
                        : std::string());
    const auto *standing = registered ? "registered but not reachable" : "not registered";
    std::string out;
    if (interrupted)
        out = "interrupted before the call came in.";
    else if (m_own.local)
        out = fmt::format("{}: our own call failed before it came in. {}", standing,
                          base::printable(m_own.sentence));
    else if (const auto why = refusalToItself(m_own.status); registered && !why.empty())
        out = fmt::format("cannot tell: our own call was answered with {} {}: {}", m_own.status,
                          base::printable(m_own.phrase), why);
    else if (m_own.status == 430)
        out = fmt::format("{}: our own call was refused with 430 {}: the edge has the flow of this "
                          "registration no more (RFC 5626 section 5.3). Register again.",
                          standing, base::printable(m_own.phrase));
    else if (m_own.status >= 300 || m_own.stage == CallInfo::Stage::Failed)
        out = fmt::format("{}: our own call was refused with {} {} and never came in. {}", standing,
                          m_own.status, base::printable(m_own.phrase),
                          base::printable(m_own.sentence));
    else if (m_own.stage == CallInfo::Stage::Answered)
        out = fmt::format("{}: the call was answered, but not by us: another device, a mailbox or "
                          "a forwarding took it.",
                          standing);
    else
        out = fmt::format("{}: no call came in within {} s.", standing, base::seconds(kLimit, 0));
    const auto other = std::find_if(m_arrivals.rbegin(), m_arrivals.rend(), [&](const auto &each) {
        return !m_own.handle.valid() || each.call.value > m_own.handle.value;
    });
    if (other != m_arrivals.rend())
        out += fmt::format(" Another call came in meanwhile, from {}; it was not ours.",
                           base::printable(other->from, false, 128));
    return out;
}

} // namespace desk
