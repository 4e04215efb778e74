// SPDX-License-Identifier: Apache-2.0
// The flow keeper's failures: which refusal is for good, when it is tried again, when a flow is
// kept all the same.
#include <engine/flow_keeper.h>

#include <algorithm>
#include <fmt/format.h>
#include <sip/status.h>
#include <utility>

namespace engine {

namespace {

using base::FlowState;

constexpr base::Duration kLongestWait = std::chrono::seconds(1800);
constexpr std::size_t kMostRecoveries =
    5; // a minute; then the back-off of section 4.5 applies to them too
constexpr base::Duration kSoonest = std::chrono::seconds(5); // between two refreshes that fail
constexpr base::Duration kBriefLife = std::chrono::seconds(60);
constexpr int kForgivenBriefLives = 1;

/// May be of the moment (a database that is away) or for good; nobody can tell them apart.
bool isDoubtful(const RegisterResult &result)
{
    return result.status == 404 && result.retryAfter.count() == 0;
}

/// The server said no to what this REGISTER is, and would say no again: not tried again by itself
/// (RFC 3261 section 21.4.4 has it so for 403).
/// Everything else may be a fault of the moment at the edge or behind it.
bool isRefusal(const RegisterResult &result)
{
    const int status = result.status;
    if (result.retryAfter.count() > 0 || isDoubtful(result))
        return false;
    return (status >= 300 && status <= 407) || (status >= 414 && status <= 421) || status == 423 ||
           status == 439 || status == 494 || status == 501 || status == 505 || status == 513 ||
           status >= 600;
}

std::string outcome(const RegisterResult &result)
{
    if (!result.sentence.empty())
        return result.sentence;
    return fmt::format("The registration was refused with {} {}.", result.status,
                       sip::phrase(result.status));
}

} // namespace

/// A new connection is asked for already: what the former one still says decides nothing.
bool FlowKeeper::superseded() const
{
    return std::find(m_acts.begin(), m_acts.end(), KeeperAct::Connect) != m_acts.end();
}

/// Section 4.2.2: a refresh that fails for the moment is not the end of a flow that lives. Whoever
/// answered it did so over the flow; without an answer only its pongs tell. 430 says it is gone.
bool FlowKeeper::keepsFlow(const RegisterResult &result) const
{
    if (result.local)
        return result.status == 408 && pinging() && m_proven;
    return result.status != 430 && !isRefusal(result) && !isDoubtful(result);
}

void FlowKeeper::result(base::Instant now, const RegisterResult &result)
{
    if (stopped() || superseded())
        return;
    if (result.local)
        unanswered(now);
    m_askedUntil.reset();
    m_underWay = false;
    const bool again = std::exchange(m_again, false);
    if (!result.local && result.status / 100 == 2)
        m_boundUntil.reset(); // what it tells now holds
    if (m_stopping)
        return m_removing ? unregistered(now, result) : answeredLate(now, result);
    const bool asked = !result.local && (m_disowned || m_unlisted); // after a 430, or the like
    const bool taken = result.status >= 200 && result.status < 300;
    if (!result.local && m_report.state == FlowState::Suspect && (taken || !m_unlisted)) {
        m_disowned = m_unlisted = false;
        heard(now);
        aliveAgain(now);
    }
    const bool live = registered();
    if (!live && m_report.state != FlowState::Registering &&
        m_report.state != FlowState::Connecting)
        return; // the answer of an attempt that was given up meanwhile
    if (taken) {
        accepted(now, result);
        if (again)
            refresh();
        if (asked && live && base::isUp(m_report.state))
            remark(now, "The registrar took it again over this flow: it is bound.");
        return;
    }
    if (!result.local && (tooBrief(now, result) || withoutOutbound(now, result)))
        return;
    if (live && keepsFlow(result))
        return refreshLater(now, result);
    m_acts.push_back(KeeperAct::Close);
    if (!result.local && isRefusal(result))
        return rejected(now, result);
    m_unsent = result.local && result.unsent;
    const bool doubtful = !result.local && isDoubtful(result);
    if (live && m_proven && !doubtful)
        lost(now, outcome(result));
    else
        attemptFailed(now, outcome(result), result.retryAfter, doubtful);
}

void FlowKeeper::rejected(base::Instant now, const RegisterResult &result)
{
    forgetConnection();
    m_proven = false;
    unreachable(now);
    m_boundUntil.reset(); // who says no is not asked again, not even to forget us
    enter(FlowState::Rejected, now, outcome(result));
}

void FlowKeeper::closed(base::Instant now, const std::string &why)
{
    if (m_report.state == FlowState::Off || superseded())
        return;
    if (m_stopping && m_removing)
        return off(now, why + " The un-registration was not answered.", false);
    unanswered(now);
    if (m_stopping && m_boundUntil)
        return takeBack(now, why + " Whether the REGISTER had been taken is not known, so an "
                                   "un-REGISTER is sent.");
    if (m_stopping)
        return off(now, why + " Whether the REGISTER had been taken is not known.", std::nullopt);
    if (m_report.state == FlowState::Rejected || m_report.state == FlowState::BackingOff ||
        m_report.state == FlowState::Resolving)
        return;
    gone(now, why);
}

void FlowKeeper::failed(base::Instant now, const std::string &why)
{
    if (m_stopping)
        return off(now, why, std::nullopt);
    m_unsent = true;
    attemptFailed(now, why);
}

void FlowKeeper::networkReturned(base::Instant now)
{
    if (!m_stopping && m_report.state == FlowState::BackingOff && m_unsent)
        connect(now, "This computer's network changed; what could not be sent is tried now.");
}

void FlowKeeper::linkDown(base::Instant now, const std::string &name)
{
    if (m_stopping || !registered() || std::exchange(m_linkDown, true))
        return;
    unreachable(now);
    enter(FlowState::Suspect, now,
          fmt::format("This computer's network is down ({}): no call comes in over this flow.",
                      name));
}

void FlowKeeper::linkUp(base::Instant now)
{
    if (!std::exchange(m_linkDown, false) || m_stopping || !registered())
        return;
    m_acts.push_back(KeeperAct::Refresh);
    m_refreshAt.reset();
    remark(now, "This computer's network is back: the flow is registered again, for nobody knows "
                "whether it still stands.");
}

void FlowKeeper::tooLong(base::Instant now)
{
    m_acts.push_back(KeeperAct::Close);
    const auto why = fmt::format("Nothing came of this attempt within {} s.",
                                 base::seconds(m_settings.attemptLimit, 0));
    unanswered(now);
    if (m_stopping)
        off(now, why, m_removing ? std::optional(false) : std::nullopt);
    else
        attemptFailed(now, why);
}

void FlowKeeper::gone(base::Instant now, const std::string &reason)
{
    const auto why = (m_linkDown ? "This computer's network is down. " : "") + reason;
    if (m_proven)
        lost(now, why);
    else
        attemptFailed(now, why);
}

/// A flow that had been good: a new one at once (section 4.5), unless that happens all the time: a
/// server that closes each connection after its answer would be asked for ever. One whose
/// keep-alive was answered has proven itself however short it lived; it is only kept from storming.
void FlowKeeper::lost(base::Instant now, const std::string &why)
{
    ++m_report.losses;
    const bool brief = !m_answered && now - m_goodSince < kBriefLife;
    m_briefLives = brief ? m_briefLives + 1 : 0;
    if (m_briefLives > kForgivenBriefLives) {
        m_report.failures = std::max(m_report.failures, m_briefLives - kForgivenBriefLives - 1);
        return attemptFailed(now, why + fmt::format(" It was lost {} times in a row soon after it "
                                                    "came up, so the next attempt waits.",
                                                    m_briefLives));
    }
    if (m_notBefore && *m_notBefore > now) // RFC 3261 section 21.5.4: it asked to be left alone
        return attemptFailed(
            now,
            fmt::format("{} The edge asked to wait, so a new flow is tried in {} s "
                        "at the earliest.",
                        why, base::seconds(*m_notBefore - now, 0)),
            *m_notBefore - now);
    while (!m_recoveries.empty() && now - m_recoveries.front() > std::chrono::minutes(1))
        m_recoveries.pop_front();
    if (m_recoveries.size() >= kMostRecoveries)
        return attemptFailed(now, why + fmt::format(" It was lost {} times within a minute, so the "
                                                    "next attempt waits.",
                                                    m_recoveries.size() + 1));
    m_recoveries.push_back(now);
    forgetConnection();
    unreachable(now);
    enter(FlowState::Failed, now, why);
    connect(now, m_portLives ? "A REGISTER with the same reg-id makes the flow anew, over the way "
                               "that the NAT made for this port."
                             : "A new flow with the same reg-id replaces the failed one.");
}

base::Duration FlowKeeper::backOffBase() const
{
    const bool others = m_hooks.othersUp && m_hooks.othersUp();
    return others ? 3 * m_settings.backOffBase : m_settings.backOffBase;
}

namespace {

/// Section 4.5: W = min(1800, base * 2^failures).
base::Duration longestWait(base::Duration whole, int failures)
{
    for (int i = 0; i < failures && whole < kLongestWait; ++i)
        whole *= 2;
    return std::min(whole, kLongestWait);
}

} // namespace

namespace {

/// Whose wait it is: the edge asked for one (RFC 3261 section 20.33), and RFC 5626 has its own.
std::string waitText(base::Duration own, base::Duration asked)
{
    if (asked.count() <= 0)
        return {};
    return own > asked
               ? fmt::format(" RFC 5626 section 4.5 waits longer than the {} s that were "
                             "asked for.",
                             base::seconds(asked, 0))
               : fmt::format(" The {} s that were asked for are waited.", base::seconds(asked, 0));
}

} // namespace

/// Section 4.5: the wait is uniformly between half of W and all of it. `slow`: as after many.
void FlowKeeper::attemptFailed(base::Instant now, const std::string &why, base::Duration atLeast,
                               bool slow)
{
    ++m_report.failures;
    forgetConnection();
    unreachable(now);
    m_proven = m_portLives = false;
    enter(FlowState::Failed, now, why);
    m_report.waitBase = backOffBase();
    m_report.waitMost = slow ? kLongestWait : longestWait(m_report.waitBase, m_report.failures);
    const auto own = between(0.5, 1.0, m_report.waitMost);
    const auto wait = std::max(own, atLeast);
    m_retryAt = now + wait;
    m_report.nextAttempt = *m_retryAt;
    enter(FlowState::BackingOff, now, why + waitText(own, atLeast));
}

/// The flow is kept; its registration is asked for again when the server wants it so (RFC 3261
/// section 21.5.4), else after the waits of section 4.5, but in time: it is the registration that
/// fails here and not the flow, for which those waits are made.
void FlowKeeper::refreshLater(base::Instant now, const RegisterResult &result)
{
    ++m_refreshFailures;
    auto wait = result.retryAfter;
    if (wait.count() > 0) {
        m_notBefore = now + wait;
    } else {
        wait = between(0.5, 1.0, longestWait(backOffBase(), m_refreshFailures));
        if (m_expiryDue)
            wait = std::min(wait, std::max<base::Duration>((*m_expiryDue - now) / 2, kSoonest));
    }
    m_refreshAt = now + wait;
    const auto text = outcome(result);
    if (!m_expiryDue || *m_refreshAt < *m_expiryDue)
        return remark(now,
                      fmt::format("{} The flow is kept meanwhile; the next refresh is in {} s.",
                                  text, base::seconds(wait, 0)));
    m_refreshAt.reset(); // the end of the registration does it
    remark(now,
           fmt::format("{} The flow is kept, but the registration runs out in {} s, before the "
                       "next refresh would be due; {}.",
                       text, base::seconds(*m_expiryDue - now, 1),
                       m_notBefore ? "until then calls do not come here"
                                   : "then a new flow is tried"));
}

} // namespace engine
