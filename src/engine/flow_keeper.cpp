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

/// The server said no, and would say no again: not tried again by itself.
bool isRefusal(int status)
{
    constexpr std::array<int, 10> kRefusals{400, 401, 403, 404, 405, 407, 416, 420, 421, 439};
    return status >= 600 ||
           std::find(kRefusals.begin(), kRefusals.end(), status) != kRefusals.end();
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

/// RFC 5626 section 4.4.1: 80 to 100 % of the Flow-Timer, else 95 to 120 s.
base::Duration FlowKeeper::pingPeriod()
{
    if (m_report.flowTimer.count() > 0)
        return between(0.8, 1.0, m_report.flowTimer);
    return between(95.0 / 120.0, 1.0, std::chrono::seconds(120));
}

bool FlowKeeper::registered() const
{
    const auto s = m_report.state;
    return s == FlowState::Provisional || s == FlowState::Up || s == FlowState::UpPlain ||
           s == FlowState::Suspect;
}

bool FlowKeeper::pinging() const
{
    return registered() && m_report.state != FlowState::UpPlain;
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

void FlowKeeper::forgetConnection()
{
    m_pingAt.reset();
    m_suspectAt.reset();
    m_pongDue.reset();
    m_refreshAt.reset();
    m_retryAt.reset();
    m_report.nextAttempt = {};
    m_intervalRaised = 0;
}

void FlowKeeper::connect(base::Instant now, std::string reason)
{
    forgetConnection();
    m_proven = false;
    m_acts.push_back(KeeperAct::Connect);
    enter(FlowState::Connecting, now, std::move(reason));
}

void FlowKeeper::start(base::Instant now)
{
    if (m_report.state == FlowState::Off && !m_stopping)
        connect(now, "The first registration is on its way.");
}

void FlowKeeper::sending(base::Instant now)
{
    if (m_report.state == FlowState::Connecting || m_report.state == FlowState::Resolving)
        enter(FlowState::Registering, now, "Connected; the REGISTER is sent.");
}

void FlowKeeper::accepted(base::Instant now, const RegisterResult &result)
{
    const auto expires = result.expires.count() > 0 ? result.expires : m_settings.expires;
    m_report.registeredUntil = now + expires;
    m_refreshAt = now + between(0.5, 0.9, expires);
    m_report.flowTimer = result.outbound ? result.flowTimer : base::Duration{0};
    m_report.lastReceived = now;
    m_intervalRaised = 0;
    const bool refresh = registered();
    if (!result.outbound || !m_settings.probes) {
        if (!m_proven)
            proven(now);
        m_pingAt.reset();
        if (m_report.state != FlowState::UpPlain)
            enter(FlowState::UpPlain, now,
                  result.outbound ? "Registered. Over UDP this version sends no keep-alives, so a "
                                    "dead flow shows only at the next refresh."
                                  : "Registered, but the registrar did not grant outbound (no "
                                    "Require: outbound in its 200).");
    } else if (!refresh || m_report.state == FlowState::UpPlain) {
        m_pingAt = now + (m_settings.firstPing.count() > 0 ? m_settings.firstPing : pingPeriod());
        enter(FlowState::Provisional, now, "Registered; the first pong has not come yet.");
    } else if (m_hooks.changed) {
        m_hooks.changed(); // same state, but the times are new
    }
}

/// RFC 5626 section 4.5: only now the attempt counts as a success.
void FlowKeeper::proven(base::Instant)
{
    m_proven = true;
    m_report.failures = 0;
}

void FlowKeeper::result(base::Instant now, const RegisterResult &result)
{
    if (m_stopping) {
        m_acts.push_back(KeeperAct::Close);
        forgetConnection();
        return enter(FlowState::Off, now, "Un-registered.");
    }
    const bool live = registered();
    if (!live && m_report.state != FlowState::Registering &&
        m_report.state != FlowState::Connecting)
        return; // the answer of an attempt that was given up meanwhile
    if (result.status >= 200 && result.status < 300)
        return accepted(now, result);
    if (result.status == 423 && result.minExpires > m_settings.expires &&
        result.minExpires <= kLongestExpires && m_intervalRaised++ < 2) {
        m_settings.expires = result.minExpires;
        m_acts.push_back(KeeperAct::Refresh);
        return;
    }
    // Section 4.5: a 503 with Retry-After on a refresh is not the end of the flow; its pongs still
    // come.
    if (live && !result.local && result.status == 503 && result.retryAfter.count() > 0) {
        m_refreshAt = now + result.retryAfter;
        if (m_hooks.changed)
            m_hooks.changed();
        return;
    }
    if (!result.local && isRefusal(result.status)) {
        m_acts.push_back(KeeperAct::Close);
        forgetConnection();
        m_proven = false;
        m_report.registeredUntil = {};
        return enter(FlowState::Rejected, now, outcome(result));
    }
    m_acts.push_back(KeeperAct::Close);
    if (live && m_proven)
        lost(now, outcome(result));
    else
        attemptFailed(now, outcome(result), result.retryAfter);
}

void FlowKeeper::bytes(base::Instant now)
{
    m_report.lastReceived = now;
    m_suspectAt.reset();
    if (m_report.state == FlowState::Suspect)
        enter(FlowState::Up, now, "Something was received again.");
}

void FlowKeeper::pong(base::Instant now)
{
    bytes(now);
    if (!m_pongDue)
        return; // nobody asked
    m_report.pongRoundTrip = now - m_report.lastPing;
    m_report.lastPong = now;
    m_pongDue.reset();
    if (!pinging())
        return;
    m_pingAt = now + pingPeriod();
    if (m_report.state == FlowState::Provisional) {
        proven(now);
        enter(FlowState::Up, now, "Registered, and the edge answered a ping.");
    } else if (m_hooks.changed) {
        m_hooks.changed();
    }
}

void FlowKeeper::closed(base::Instant now, const std::string &why)
{
    if (m_stopping)
        return enter(FlowState::Off, now, why);
    if (m_report.state == FlowState::Off || m_report.state == FlowState::Rejected ||
        m_report.state == FlowState::BackingOff)
        return;
    if (m_proven)
        lost(now, why);
    else
        attemptFailed(now, why, base::Duration{0});
}

/// A flow that had been good: a new one at once (section 4.5), unless that happens all the time.
void FlowKeeper::lost(base::Instant now, const std::string &why)
{
    while (!m_recoveries.empty() && now - m_recoveries.front() > std::chrono::minutes(1))
        m_recoveries.pop_front();
    if (m_recoveries.size() >= kMostRecoveries)
        return attemptFailed(now, why, base::Duration{0});
    m_recoveries.push_back(now);
    forgetConnection();
    enter(FlowState::Failed, now, why);
    connect(now, "A new connection replaces the failed one.");
}

/// Section 4.5: W = min(1800, base * 2^failures), wait uniformly between half of it and all of it.
void FlowKeeper::attemptFailed(base::Instant now, const std::string &why, base::Duration atLeast)
{
    ++m_report.failures;
    forgetConnection();
    m_proven = false;
    enter(FlowState::Failed, now, why);
    const bool others = m_hooks.othersUp && m_hooks.othersUp();
    base::Duration whole = others ? 3 * m_settings.backOffBase : m_settings.backOffBase;
    for (int i = 0; i < m_report.failures && whole < kLongestWait; ++i)
        whole *= 2;
    const auto wait = std::max(between(0.5, 1.0, std::min(whole, kLongestWait)), atLeast);
    m_retryAt = now + wait;
    m_report.nextAttempt = *m_retryAt;
    enter(FlowState::BackingOff, now, why);
}

void FlowKeeper::sendPing(base::Instant now)
{
    m_acts.push_back(KeeperAct::Ping);
    m_report.lastPing = now;
    m_pingAt.reset();
    if (!pinging())
        return; // outbound was not granted: a pong may not be expected (section 3.5.1)
    m_pongDue = now + m_settings.pongTimeout;
    m_suspectAt = now + m_settings.pongTimeout / 5;
}

void FlowKeeper::ping(base::Instant now)
{
    if (registered() && m_settings.probes && !m_pongDue)
        sendPing(now);
}

void FlowKeeper::reRegister(base::Instant now)
{
    if (m_stopping)
        return;
    if (registered()) {
        m_acts.push_back(KeeperAct::Refresh);
        m_refreshAt.reset();
    } else if (m_report.state != FlowState::Connecting &&
               m_report.state != FlowState::Registering) {
        connect(now, "Asked to register now.");
    }
}

void FlowKeeper::stop(base::Instant now)
{
    if (m_stopping)
        return;
    m_stopping = true;
    const bool live = registered();
    forgetConnection();
    m_report.registeredUntil = {};
    if (live) {
        m_acts.push_back(KeeperAct::Unregister);
    } else {
        m_acts.push_back(KeeperAct::Close);
        enter(FlowState::Off, now, "Switched off.");
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
    if (due(m_pongDue)) {
        m_acts.push_back(KeeperAct::Close);
        const auto why = fmt::format("No pong within {} s after the ping.",
                                     base::seconds(m_settings.pongTimeout, 1));
        return m_proven ? lost(now, why) : attemptFailed(now, why, base::Duration{0});
    }
    if (due(m_suspectAt) && m_report.state == FlowState::Up)
        enter(FlowState::Suspect, now, "The pong is late.");
    if (due(m_pingAt) && pinging() && !m_pongDue)
        sendPing(now);
    if (due(m_refreshAt) && registered())
        m_acts.push_back(KeeperAct::Refresh);
}

std::optional<base::Instant> FlowKeeper::next() const
{
    std::optional<base::Instant> first;
    for (const auto &at : {m_pingAt, m_suspectAt, m_pongDue, m_refreshAt, m_retryAt})
        if (at && (!first || *at < *first))
            first = at;
    return first;
}

std::vector<KeeperAct> FlowKeeper::take()
{
    return std::exchange(m_acts, {});
}

} // namespace engine
