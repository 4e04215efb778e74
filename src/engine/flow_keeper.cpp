// SPDX-License-Identifier: Apache-2.0
#include <engine/flow_keeper.h>

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <sip/status.h>
#include <utility>

namespace engine {

namespace {

using base::FlowState;

constexpr base::Duration kLongestExpires = std::chrono::hours(24);
constexpr base::Duration kStuck = std::chrono::seconds(5); // then an attempt may be started anew
/// Between two refreshes, however little is granted: a registrar is not to be stormed.
constexpr base::Duration kClosestRefresh = std::chrono::seconds(5);

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
    m_attemptDue.reset();
    m_expiryDue.reset();
    m_hopedUntil.reset();
    m_refreshFailures = 0;
    m_answered = false;
    m_doubt.clear();
    m_report.nextAttempt = {};
    m_report.waitBase = m_report.waitMost = {};
    m_report.keepAlive.clear();
    m_granted = m_unbound = m_tooShort = false;
    m_stunMapped = m_disowned = m_unlisted = m_linkDown = false;
    m_underWay = m_again = false;
    m_disownedAt.reset();
    if (!m_datagrams)
        m_report.mapped = {}; // the next connection has another port anyway
    m_intervalRaised = 0;
}

void FlowKeeper::unreachable(base::Instant now)
{
    if (m_report.registeredUntil > now)
        m_boundUntil = m_report.registeredUntil;
    if (m_report.reachableSince.known())
        m_report.reachableUntil = m_silentSince.value_or(now);
    m_silentSince.reset();
    m_report.reachableSince = {};
    m_report.registeredUntil = {};
}

void FlowKeeper::connect(base::Instant now, std::string reason)
{
    forgetConnection();
    m_proven = m_unsent = false;
    m_attemptSince = now;
    m_attemptDue = now + m_settings.attemptLimit;
    m_acts.push_back(KeeperAct::Connect);
    if (m_settings.named)
        reason += " The edge's address is being looked up.";
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

bool FlowKeeper::attempting() const
{
    return m_report.state == FlowState::Resolving || m_report.state == FlowState::Connecting ||
           m_report.state == FlowState::Registering;
}

void FlowKeeper::trying(base::Instant now)
{
    if (attempting())
        m_attemptDue = now + m_settings.attemptLimit;
}

void FlowKeeper::sending(base::Instant now)
{
    if (!m_removing)
        m_askedUntil = now + m_settings.expires;
    if (m_report.state == FlowState::Connecting || m_report.state == FlowState::Resolving)
        enter(FlowState::Registering, now,
              m_datagrams ? "The REGISTER is sent." : "Connected; the REGISTER is sent.");
}

/// What a flow is whose pongs come, or that has none to wait for: a registrar that sends nobody
/// here, or not for most of the time, leaves it provisional.
FlowState FlowKeeper::settled() const
{
    if (m_unbound || m_tooShort)
        return FlowState::Provisional;
    return m_granted ? FlowState::Up : FlowState::UpPlain;
}

std::string FlowKeeper::expectation() const
{
    if (m_unbound)
        return "The registrar took the REGISTER with a 2xx and did not bind us.";
    if (m_granted)
        return m_report.keepAlive.empty() ? "Registered." : "Registered with outbound.";
    std::string out = "Registered, but the registrar did not grant outbound (no Require: outbound "
                      "in its 200).";
    if (!pinging())
        out += " No keep-alive is sent, so a dead flow shows only at the next refresh.";
    return out;
}

/// What a 2xx tells for as long as it holds.
void FlowKeeper::keep(base::Instant now, const RegisterResult &result)
{
    const auto expires = result.expires.count() > 0 ? result.expires : m_settings.expires;
    // RFC 3261 section 10.2.4 leaves it to us
    m_refreshAt = now + std::max(between(0.5, 0.9, expires), kClosestRefresh);
    m_tooShort = *m_refreshAt >= now + expires;
    m_refreshFailures = 0;
    m_notBefore.reset();
    m_putOff = {};
    m_attemptDue.reset();
    m_intervalRaised = 0;
    m_report.lastReceived = now;
    m_report.publicGruu = result.publicGruu;
    m_report.temporaryGruu = result.temporaryGruu;
    m_report.path = result.path;
    m_report.serviceRoute = result.serviceRoute;
    m_doubt = result.sentence;
    m_unbound = result.unbound;
    if (m_unbound) { // whoever asks the registrar for us gets somebody else, or nobody
        m_expiryDue.reset();
        unreachable(now);
        m_boundUntil.reset();
        return;
    }
    m_report.registeredUntil = now + expires;
    m_expiryDue = m_report.registeredUntil;
    if (!m_report.reachableSince.known())
        m_report.reachableSince = now;
    if (m_tooShort)
        m_doubt +=
            fmt::format("{}The registrar grants {} s only, and Earshot registers again every "
                        "{} s at most: in between calls do not come here.",
                        m_doubt.empty() ? "" : " ", base::seconds(expires, 0),
                        base::seconds(kClosestRefresh, 0));
}

void FlowKeeper::accepted(base::Instant now, const RegisterResult &result)
{
    const bool moved = result.mapped.known() && m_report.mapped.known() &&
                       result.mapped != m_report.mapped && registered();
    const bool refresh = registered();
    const bool before = pinging();
    const auto former = settled();
    keep(now, result);
    if (result.mapped.known() && (moved || !m_stunMapped))
        m_report.mapped = result.mapped;
    agree(result);
    std::string text = expectation();
    if (!m_doubt.empty())
        text += " " + m_doubt;
    if (moved)
        text += fmt::format(" The NAT gave us another address, {}; calls may have been lost since "
                            "the last refresh.",
                            result.mapped.text());
    if (refresh && before == pinging() && former == settled()) { // the state is the same
        if (moved || (!m_doubt.empty() && text != m_report.reason))
            remark(now, std::move(text));
        else if (m_hooks.changed)
            m_hooks.changed(); // but the times are new
        return;
    }
    if (refresh && before == pinging() && m_proven)
        return enter(settled(), now, std::move(text));
    forgetPing();
    if (!pinging()) {
        proven(now);
        return enter(settled(), now, std::move(text));
    }
    m_pingAt = now + (m_settings.firstPing.count() > 0 ? m_settings.firstPing : pingPeriod());
    enter(FlowState::Provisional, now, text + " The first pong has not come yet.");
}

/// RFC 5626 section 4.5: only now the attempt counts as a success.
void FlowKeeper::proven(base::Instant now)
{
    if (!m_proven)
        m_goodSince = now;
    m_proven = true;
    m_portLives = false;
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

/// A registration as short as that runs out each time without a fault of the flow.
void FlowKeeper::ranOut(base::Instant now)
{
    if (m_tooShort && m_refreshAt) {
        unreachable(now);
        if (m_hooks.changed)
            m_hooks.changed();
        return;
    }
    m_acts.push_back(KeeperAct::Close);
    gone(now, "The registration ran out before a refresh of it was accepted.");
}

void FlowKeeper::reRegister(base::Instant now)
{
    if (m_stopping)
        return;
    if (registered()) {
        m_acts.push_back(KeeperAct::Refresh);
        m_refreshAt.reset();
    } else if (!attempting()) {
        connect(now, "Asked to register now.");
    } else if (now - m_attemptSince >= kStuck) {
        unanswered(now);
        connect(now, "Asked to register now; the attempt before had come to nothing yet.");
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
    if (due(m_attemptDue) && attempting())
        return tooLong(now);
    if (due(m_expiryDue) && registered())
        return ranOut(now);
    if (due(m_pongDue))
        return noPong(now);
    if (due(m_hopedUntil))
        noPromisedPong(now);
    if (due(m_suspectAt) &&
        (base::isUp(m_report.state) || m_report.state == FlowState::Provisional))
        enter(FlowState::Suspect, now, lateText(now));
    if (due(m_resendAt))
        resendPing(now);
    if (due(m_pingAt) && pinging() && registered() && !m_waiting)
        sendPing(now);
    if (due(m_refreshAt) && registered())
        m_acts.push_back(KeeperAct::Refresh);
}

const std::array<FlowKeeper::Deadline FlowKeeper::*, 9> &FlowKeeper::deadlines()
{
    static constexpr std::array<Deadline FlowKeeper::*, 9> kAll{
        &FlowKeeper::m_pingAt,     &FlowKeeper::m_resendAt,  &FlowKeeper::m_suspectAt,
        &FlowKeeper::m_pongDue,    &FlowKeeper::m_refreshAt, &FlowKeeper::m_retryAt,
        &FlowKeeper::m_attemptDue, &FlowKeeper::m_expiryDue, &FlowKeeper::m_hopedUntil};
    return kAll;
}

std::optional<base::Instant> FlowKeeper::next() const
{
    Deadline first;
    for (const auto which : deadlines())
        if (const auto &at = this->*which; at && (!first || *at < *first))
            first = at;
    return first;
}

void FlowKeeper::clockStepped(base::Instant now, base::Duration step)
{
    for (const auto which : deadlines())
        if (auto &at = this->*which)
            at = *at + step;
    for (base::Instant *at :
         {&m_report.registeredUntil, &m_report.nextAttempt, &m_attemptSince, &m_goodSince,
          &m_lastWord, m_waiting || m_hopedUntil ? &m_report.lastPing : nullptr})
        if (at != nullptr && at->known())
            *at = *at + step;
    for (Deadline *at : {&m_notBefore, &m_disownedAt, &m_askedUntil, &m_boundUntil})
        if (*at)
            *at = **at + step;
    for (auto &at : m_recoveries)
        at = at + step;
    remark(now, fmt::format("This computer's clock was set {} by {} s; what is due on this flow "
                            "keeps its distance.",
                            step.count() > 0 ? "forward" : "back",
                            base::seconds(step.count() > 0 ? step : -step, 1)));
}

std::vector<KeeperAct> FlowKeeper::take()
{
    for (const auto act : m_acts)
        m_underWay = m_underWay || act == KeeperAct::Connect || act == KeeperAct::Refresh;
    return std::exchange(m_acts, {});
}

} // namespace engine
