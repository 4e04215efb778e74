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

/// The user part of a From value or a URI, without escapes.
std::string userOf(const std::string &address)
{
    return base::unescaped(sip::parseNameAddress(address).uri.user);
}

} // namespace

SelfCall::SelfCall(std::string aor, base::Instant placed) : m_aor(std::move(aor)), m_placed(placed)
{
}

CallOptions SelfCall::options(const AccountInfo &account)
{
    CallOptions out;
    out.target = out.from = account.account.aor;
    out.account = account.handle;
    out.transport = account.account.transport;
    return out;
}

std::string SelfCall::consent(const std::string &aor)
{
    return fmt::format("Calling {}, our own address; every device that is registered there rings.",
                       base::printable(aor));
}

void SelfCall::add(const CallInfo &info, engine::CallHandle own, base::Instant time)
{
    if (info.handle == own)
        m_own = info;
    else if (info.incoming && info.stage == CallInfo::Stage::Ringing &&
             m_arrivals.size() < kMostArrivals)
        m_arrivals.push_back({info.callId, info.from, time});
    recognise();
}

/// Proxies leave the Call-ID alone. A back-to-back user agent makes a call of its own; from our own
/// address it can only be that one.
void SelfCall::recognise()
{
    const auto own = userOf(m_aor);
    for (const auto &arrival : m_arrivals) {
        const bool same = !m_own.callId.empty() && arrival.callId == m_own.callId;
        if (m_reached || (!same && (own.empty() || userOf(arrival.from) != own)))
            continue;
        m_reached = true;
        m_same = same;
        m_took = arrival.time - m_placed;
    }
}

bool SelfCall::over(base::Instant now) const
{
    return m_reached || (m_own.handle.valid() && isOver(m_own)) || now >= m_placed + kLimit;
}

std::string SelfCall::conclusion(bool registered, bool interrupted) const
{
    if (m_reached)
        return fmt::format(
            "reachable: the call came back to us after {} s{}.", base::seconds(m_took),
            m_same ? "" : ", by a back-to-back user agent (its Call-ID is another one)");
    const auto *standing = registered ? "registered but not reachable" : "not registered";
    std::string out;
    if (interrupted)
        out = "interrupted before the call came in.";
    else if (m_own.local)
        out = fmt::format("{}: our own call failed before it came in. {}", standing,
                          base::printable(m_own.sentence));
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
    if (!m_arrivals.empty())
        out += fmt::format(" Another call came in meanwhile, from {}; it was not ours.",
                           base::printable(m_arrivals.back().from, false, 128));
    return out;
}

} // namespace desk
