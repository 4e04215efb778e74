// SPDX-License-Identifier: Apache-2.0
#include <engine/flow_keeper.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <sip/status.h>
#include <utility>

namespace engine {

namespace {

using base::FlowState;

constexpr base::Duration kLongestWait = std::chrono::seconds(1800);
constexpr base::Duration kLongestExpires = std::chrono::hours(24);
constexpr std::size_t kMostRecoveries =
    5; // a minute; then the back-off of section 4.5 applies to them too

/// The server said no, and would say no again: not tried again by itself. 430 is for proxies only,
/// but it speaks of the flow, and a new one may help.
bool isRefusal(int status)
{
    constexpr std::array<int, 4> kPassing{408, 423, 430, 480};
    if (status < 300 || std::find(kPassing.begin(), kPassing.end(), status) != kPassing.end())
        return false;
    return status < 500 || status >= 600 || status == 501 || status == 505 || status == 513;
}

std::string outcome(const RegisterResult &result)
{
    if (!result.sentence.empty())
        return result.sentence;
    return fmt::format("The registration was refused with {} {}.", result.status,
                       sip::phrase(result.status));
}

} // namespace

FlowKeeper::FlowKeeper(KeeperSettings settings, Hooks hooks)
    : m_settings(settings), m_hooks(std::move(hooks))
{
}

base::Duration FlowKeeper::between(double low, double high, base::Duration whole)
{
    const double share = low + (high - low) * m_hooks.random();
    return base::Duration{std::llround(static_cast<double>(whole.count()) * share)};
}

bool FlowKeeper::registered() const
{
    return base::isRegistered(m_report.state);
}

void FlowKeeper::enter(FlowState state, base::Instant now, std::string reason)
{
    const bool same = m_report.state == state;
    m_report.state = state;
    m_report.reason = std::move(reason);
    if (!same)
        m_report.since = now;
    if (m_hooks.changed)
        m_hooks.changed();
}

void FlowKeeper::remark(base::Instant now, std::string reason)
{
    enter(m_report.state, now, std::move(reason));
}

void FlowKeeper::forgetConnection()
{
    forgetPing();
    m_refreshAt.reset();
    m_retryAt.reset();
    m_report.nextAttempt = {};
    m_report.waitBase = m_report.waitMost = {};
    m_report.keepAlive.clear();
    m_granted = false;
    m_stunMapped = false;
    if (!m_settings.datagrams)
        m_report.mapped = {}; // the next connection has another port anyway
    m_intervalRaised = 0;
}

void FlowKeeper::unreachable(base::Instant now)
{
    if (m_report.reachableSince.known())
        m_report.reachableUntil = m_silentSince.value_or(now);
    m_silentSince.reset();
    m_report.reachableSince = {};
    m_report.registeredUntil = {};
}

void FlowKeeper::connect(base::Instant now, std::string reason)
{
    forgetConnection();
    m_proven = false;
    m_acts.push_back(KeeperAct::Connect);
    enter(m_settings.named ? FlowState::Resolving : FlowState::Connecting, now, std::move(reason));
}

void FlowKeeper::start(base::Instant now)
{
    if (m_report.state == FlowState::Off && !m_stopping)
        connect(now, "The first registration is on its way.");
}

void FlowKeeper::located(base::Instant now)
{
    if (m_report.state == FlowState::Resolving)
        enter(FlowState::Connecting, now, "The edge's address is known.");
}

void FlowKeeper::sending(base::Instant now)
{
    if (m_report.state == FlowState::Connecting || m_report.state == FlowState::Resolving)
        enter(FlowState::Registering, now,
              m_settings.datagrams ? "The REGISTER is sent." : "Connected; the REGISTER is sent.");
}

std::string FlowKeeper::expectation() const
{
    if (m_granted)
        return m_report.keepAlive.empty() ? "Registered." : "Registered with outbound.";
    std::string out = "Registered, but the registrar did not grant outbound (no Require: outbound "
                      "in its 200).";
    if (!pinging())
        out += " No keep-alive is sent, so a dead flow shows only at the next refresh.";
    return out;
}

void FlowKeeper::accepted(base::Instant now, const RegisterResult &result)
{
    const auto expires = result.expires.count() > 0 ? result.expires : m_settings.expires;
    const bool moved = result.mapped.known() && m_report.mapped.known() &&
                       result.mapped != m_report.mapped && registered();
    m_report.registeredUntil = now + expires;
    m_refreshAt = now + between(0.5, 0.9, expires); // RFC 3261 section 10.2.4 leaves it to us
    m_report.lastReceived = now;
    m_report.publicGruu = result.publicGruu;
    m_report.temporaryGruu = result.temporaryGruu;
    m_report.path = result.path;
    m_report.serviceRoute = result.serviceRoute;
    if (result.mapped.known() && (moved || !m_stunMapped))
        m_report.mapped = result.mapped;
    if (!m_report.reachableSince.known())
        m_report.reachableSince = now;
    m_intervalRaised = 0;
    const bool refresh = registered();
    const bool before = pinging();
    agree(result);
    std::string text = expectation();
    if (!result.sentence.empty())
        text += " " + result.sentence;
    if (moved)
        text += fmt::format(" The NAT gave us another address, {}; calls may have been lost since "
                            "the last refresh.",
                            result.mapped.text());
    if (refresh && before == pinging()) { // the same state, but the times are new
        if (moved || !result.sentence.empty())
            remark(now, std::move(text));
        else if (m_hooks.changed)
            m_hooks.changed();
        return;
    }
    forgetPing();
    if (!pinging()) {
        proven();
        return enter(m_granted ? FlowState::Up : FlowState::UpPlain, now, std::move(text));
    }
    m_pingAt = now + (m_settings.firstPing.count() > 0 ? m_settings.firstPing : pingPeriod());
    enter(FlowState::Provisional, now, text + " The first pong has not come yet.");
}

/// RFC 5626 section 4.5: only now the attempt counts as a success.
void FlowKeeper::proven()
{
    m_proven = true;
    m_report.failures = 0;
}

bool FlowKeeper::tooBrief(base::Instant now, const RegisterResult &result)
{
    if (result.status != 423 || result.minExpires <= m_settings.expires ||
        result.minExpires > kLongestExpires || m_intervalRaised++ >= 2)
        return false;
    m_settings.expires = result.minExpires;
    m_acts.push_back(KeeperAct::Refresh);
    remark(now, fmt::format("The registrar takes no registration shorter than {} s (423); asked "
                            "again for that.",
                            result.minExpires / std::chrono::seconds(1)));
    return true;
}

/// RFC 5626 section 4.2.1 leaves it to the user whether to go on without outbound.
bool FlowKeeper::withoutOutbound(base::Instant now, const RegisterResult &result)
{
    if (result.status != 439 || !m_settings.plainAfter439 || m_plain)
        return false;
    m_plain = true;
    m_acts.push_back(KeeperAct::Refresh);
    remark(now, "The first hop does not support outbound (439); registering without it, as you "
                "chose.");
    return true;
}

void FlowKeeper::result(base::Instant now, const RegisterResult &result)
{
    if (m_stopping)
        return stopped() ? void() : unregistered(now, result);
    if (!result.local && m_report.state == FlowState::Suspect)
        bytes(now);
    const bool live = registered();
    if (!live && m_report.state != FlowState::Registering &&
        m_report.state != FlowState::Connecting)
        return; // the answer of an attempt that was given up meanwhile
    if (result.status >= 200 && result.status < 300)
        return accepted(now, result);
    if (!result.local && (tooBrief(now, result) || withoutOutbound(now, result)))
        return;
    // Section 4.2.2: a 503 with Retry-After on a refresh is not the end of the flow; its pongs
    // still come.
    if (live && !result.local && result.status == 503 && result.retryAfter.count() > 0) {
        m_refreshAt = now + result.retryAfter;
        return remark(now, outcome(result) + " The flow is kept meanwhile.");
    }
    m_acts.push_back(KeeperAct::Close);
    if (!result.local && (isRefusal(result.status) || result.status == 423))
        return rejected(now, result);
    if (live && m_proven)
        lost(now, outcome(result));
    else
        attemptFailed(now, outcome(result), result.retryAfter);
}

void FlowKeeper::rejected(base::Instant now, const RegisterResult &result)
{
    forgetConnection();
    m_proven = false;
    unreachable(now);
    enter(FlowState::Rejected, now, outcome(result));
}

void FlowKeeper::closed(base::Instant now, const std::string &why)
{
    if (m_stopping && m_report.state != FlowState::Off)
        return off(now, why + " The un-registration was not answered.", false);
    if (m_report.state == FlowState::Off || m_report.state == FlowState::Rejected ||
        m_report.state == FlowState::BackingOff || m_report.state == FlowState::Resolving)
        return;
    if (m_proven)
        lost(now, why);
    else
        attemptFailed(now, why, base::Duration{0});
}

void FlowKeeper::failed(base::Instant now, const std::string &why)
{
    if (m_stopping)
        return off(now, why, std::nullopt);
    attemptFailed(now, why, base::Duration{0});
}

/// A flow that had been good: a new one at once (section 4.5), unless that happens all the time.
void FlowKeeper::lost(base::Instant now, const std::string &why)
{
    ++m_report.losses;
    while (!m_recoveries.empty() && now - m_recoveries.front() > std::chrono::minutes(1))
        m_recoveries.pop_front();
    if (m_recoveries.size() >= kMostRecoveries)
        return attemptFailed(now, why, base::Duration{0});
    m_recoveries.push_back(now);
    forgetConnection();
    unreachable(now);
    enter(FlowState::Failed, now, why);
    connect(now, "A new flow with the same reg-id replaces the failed one.");
}

/// Section 4.5: W = min(1800, base * 2^failures), wait uniformly between half of it and all of it.
void FlowKeeper::attemptFailed(base::Instant now, const std::string &why, base::Duration atLeast)
{
    ++m_report.failures;
    forgetConnection();
    unreachable(now);
    m_proven = false;
    enter(FlowState::Failed, now, why);
    const bool others = m_hooks.othersUp && m_hooks.othersUp();
    m_report.waitBase = others ? 3 * m_settings.backOffBase : m_settings.backOffBase;
    base::Duration whole = m_report.waitBase;
    for (int i = 0; i < m_report.failures && whole < kLongestWait; ++i)
        whole *= 2;
    m_report.waitMost = std::min(whole, kLongestWait);
    const auto wait = std::max(between(0.5, 1.0, m_report.waitMost), atLeast);
    m_retryAt = now + wait;
    m_report.nextAttempt = *m_retryAt;
    enter(FlowState::BackingOff, now, why);
}

void FlowKeeper::reRegister(base::Instant now)
{
    if (m_stopping)
        return;
    if (registered()) {
        m_acts.push_back(KeeperAct::Refresh);
        m_refreshAt.reset();
    } else if (m_report.state != FlowState::Connecting &&
               m_report.state != FlowState::Registering && m_report.state != FlowState::Resolving) {
        connect(now, "Asked to register now.");
    }
}

void FlowKeeper::tick(base::Instant now)
{
    const auto due = [now](std::optional<base::Instant> &at) {
        const bool yes = at && *at <= now;
        if (yes)
            at.reset();
        return yes;
    };
    if (due(m_retryAt))
        return connect(now, fmt::format("Attempt {} after a failure.", m_report.failures + 1));
    if (due(m_pongDue))
        return noPong(now);
    if (due(m_suspectAt) && base::isUp(m_report.state))
        enter(FlowState::Suspect, now, "The pong is late.");
    if (due(m_resendAt))
        resendPing(now);
    if (due(m_pingAt) && pinging() && registered() && !m_waiting)
        sendPing(now);
    if (due(m_refreshAt) && registered())
        m_acts.push_back(KeeperAct::Refresh);
}

std::optional<base::Instant> FlowKeeper::next() const
{
    std::optional<base::Instant> first;
    for (const auto &at : {m_pingAt, m_resendAt, m_suspectAt, m_pongDue, m_refreshAt, m_retryAt})
        if (at && (!first || *at < *first))
            first = at;
    return first;
}

std::vector<KeeperAct> FlowKeeper::take()
{
    return std::exchange(m_acts, {});
}

} // namespace engine
