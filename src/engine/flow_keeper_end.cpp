// SPDX-License-Identifier: Apache-2.0
// How a flow is given up: the un-REGISTER and what became of it.
#include <engine/flow_keeper.h>

#include <algorithm>
#include <fmt/format.h>
#include <sip/status.h>
#include <utility>

namespace engine {

using base::FlowState;

void FlowKeeper::stop(base::Instant now)
{
    if (m_stopping)
        return;
    m_stopping = true;
    if (registered()) {
        forgetConnection();
        m_removing = true;
        m_acts.push_back(KeeperAct::Unregister);
    } else if (m_report.state == FlowState::Registering) {
        trying(now);
        enter(FlowState::Registering, now,
              "Switched off while the REGISTER is under way; if it is taken, it is taken back.");
    } else if (m_boundUntil && *m_boundUntil > now) {
        takeBack(now, "Switched off. The registrar may hold a binding of this flow, so an "
                      "un-REGISTER is sent.");
    } else {
        m_acts.push_back(KeeperAct::Close);
        off(now, "Switched off.", std::nullopt);
    }
}

/// What left and was given up unanswered may have been taken all the same.
void FlowKeeper::unanswered(base::Instant now)
{
    if (m_askedUntil && *m_askedUntil > now)
        m_boundUntil = std::max(m_boundUntil.value_or(now), *m_askedUntil);
    m_askedUntil.reset();
}

/// A binding that nobody serves sends calls to nowhere until it runs out (RFC 3261 section 10.2.2).
void FlowKeeper::takeBack(base::Instant now, std::string reason)
{
    forgetConnection();
    m_removing = true;
    m_acts.push_back(KeeperAct::Close);
    m_acts.push_back(KeeperAct::Unregister);
    m_report.registeredUntil = *std::exchange(m_boundUntil, std::nullopt);
    m_attemptDue = now + m_settings.attemptLimit;
    enter(FlowState::Registering, now, std::move(reason));
}

void FlowKeeper::answeredAfterAll(base::Instant now, const RegisterResult &result)
{
    if (!result.bound || registered() || attempting() || superseded())
        return; // what is under way replaces it
    m_boundUntil = now + (result.expires.count() > 0 ? result.expires : m_settings.expires);
    if (stopped())
        takeBack(now, "A 200 to the REGISTER came after the flow had been switched off: it is "
                      "bound, so an un-REGISTER is sent.");
    else if (!m_stopping)
        connect(now, "A 200 came to the REGISTER that had been given up: the registrar holds a "
                     "binding of this flow after all. It is registered anew, which replaces that.");
}

/// RFC 3261 section 10.2 has a client wait for the answer first. Whoever ends cannot, and a binding
/// that nobody serves is the greater evil.
void FlowKeeper::leave(base::Instant now)
{
    if (!m_stopping || m_removing || m_report.state != FlowState::Registering)
        return;
    trying(now);
    m_report.registeredUntil = now + m_settings.expires; // as far as we know
    m_removing = true;
    m_acts.push_back(KeeperAct::Unregister);
    enter(FlowState::Registering, now,
          "The REGISTER was not answered in time; an un-REGISTER is sent behind it.");
}

/// The answer to a REGISTER that was under way when the flow was switched off.
void FlowKeeper::answeredLate(base::Instant now, const RegisterResult &result)
{
    if (result.status < 200 || result.status >= 300 || result.unbound) {
        if (result.local && m_boundUntil)
            return takeBack(now, result.sentence + " The REGISTER may have been taken, so an "
                                                   "un-REGISTER is sent.");
        m_acts.push_back(KeeperAct::Close);
        return off(now, "Switched off.", std::nullopt);
    }
    m_attemptDue.reset();
    m_report.registeredUntil =
        now + (result.expires.count() > 0 ? result.expires : m_settings.expires);
    m_removing = true;
    m_acts.push_back(KeeperAct::Unregister);
}

/// Said as it is: a registrar that did not take it goes on sending calls here.
void FlowKeeper::unregistered(base::Instant now, const RegisterResult &result)
{
    m_acts.push_back(KeeperAct::Close);
    const bool accepted = result.status >= 200 && result.status < 300;
    if (accepted && !result.bound) {
        off(now, "Un-registered.", true);
    } else if (accepted) {
        off(now, "The registrar answered the un-registration with 200 but still lists us.", false);
    } else if (result.local) {
        off(now, "The un-registration came to nothing. " + result.sentence, false);
    } else {
        off(now,
            fmt::format("The un-registration was refused with {} {}.", result.status,
                        sip::phrase(result.status)),
            false);
    }
}

/// The end of it. `taken`: the registrar forgot us; nullopt: it knew nothing of us.
void FlowKeeper::off(base::Instant now, std::string why, std::optional<bool> taken)
{
    const auto until = m_report.registeredUntil;
    forgetConnection();
    unreachable(now);
    m_report.unregistered = taken;
    if (taken == false && until > now) {
        m_report.registeredUntil = until; // that is how the registrar has it
        why += fmt::format(" It may send calls here for another {} s.",
                           (until - now) / std::chrono::seconds(1));
    }
    enter(FlowState::Off, now, std::move(why));
}

} // namespace engine
