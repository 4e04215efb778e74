// SPDX-License-Identifier: Apache-2.0
// The flow keeper's keep-alives: when they go out, and what their answers and silence mean (RFC
// 5626 section 4.4).
#include <engine/flow_keeper.h>

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace engine {

namespace {

using base::FlowState;

constexpr std::size_t kMostRoundTrips = 32;
constexpr base::Duration kLongestPeriod = std::chrono::seconds(840); // section 4.4.1, on batteries
constexpr int kStunResends = 6;                                      // RFC 5389 section 7.2.1: Rc 7
constexpr int kStunPatience = 16;                                    // Rm
constexpr int kManyRemapped = 3;
constexpr base::Duration kMessageGoesOn = std::chrono::seconds(1);   // between two pieces of it
constexpr base::Duration kLongestMessage = std::chrono::seconds(30); // then it is broken off
constexpr base::Duration kSoonDisowned = std::chrono::minutes(2);
constexpr std::string_view kLeftAlone = "Left alone for";

} // namespace

bool isLeftAlone(const base::FlowReport &report)
{
    return std::string_view(report.reason).substr(0, kLeftAlone.size()) == kLeftAlone;
}

/// RFC 5626 section 4.4: 80 to 100 % of the Flow-Timer; without one 95 to 120 s for connections,
/// 24 to 29 s for UDP. However long a server waits, a flow's death is not left unseen for hours.
base::Duration FlowKeeper::pingPeriod()
{
    if (m_agreedPeriod.count() > 0)
        return between(0.8, 1.0, std::min(m_agreedPeriod, kLongestPeriod));
    if (m_datagrams)
        return between(24.0 / 29.0, 1.0, std::chrono::seconds(29));
    return between(95.0 / 120.0, 1.0, std::chrono::seconds(120));
}

void FlowKeeper::forgetPing()
{
    m_pingAt.reset();
    m_resendAt.reset();
    m_suspectAt.reset();
    m_pongDue.reset();
    m_pingedAt.reset();
    m_waiting = false;
    m_resends = 0;
    m_silence = {};
}

/// Section 4.4: keep-alives only where somebody said that they are answered.
void FlowKeeper::agree(const RegisterResult &result)
{
    m_granted = result.outbound && !result.unbound;
    const bool agreed =
        result.outbound || result.edgeKeepsFlows || result.keep || m_settings.keepAlive;
    m_report.keepAlive = !agreed ? "" : m_datagrams ? "STUN" : "CRLF";
    m_report.flowTimer = result.outbound ? result.flowTimer : base::Duration{0};
    m_agreedPeriod = m_report.flowTimer.count() > 0 ? m_report.flowTimer
                                                    : result.keep.value_or(base::Duration{0});
}

void FlowKeeper::heard(base::Instant now)
{
    m_report.lastReceived = now;
    if (!m_datagrams || !m_waiting) // else only STUN's answer shows both ways (section 4.4.2)
        m_suspectAt.reset();
    silenceBroken(now);
}

void FlowKeeper::bytes(base::Instant now)
{
    heard(now);
    if (m_stopping || m_linkDown) // its un-REGISTER's answer decides; this came before
        return;
    if (m_report.state != FlowState::Suspect || m_unlisted || (m_datagrams && m_waiting))
        return;
    if (m_disowned)
        return owned(now, "Something came over it");
    aliveAgain(now);
}

void FlowKeeper::aliveAgain(base::Instant now)
{
    if (m_proven)
        enter(settled(), now,
              "Something was received again." + (m_doubt.empty() ? "" : " " + m_doubt));
    else
        enter(FlowState::Provisional, now,
              "Something was received again. The first pong has not come yet.");
}

void FlowKeeper::sent(base::Instant now)
{
    silenceBroken(now);
}

/// What lies between counts either direction; a silence that was asked for begins anew.
void FlowKeeper::silenceBroken(base::Instant now)
{
    m_lastWord = now;
    if (m_silence.count() == 0 || !m_pingAt)
        return;
    m_pingAt = now + m_silence;
    if (m_hooks.changed)
        m_hooks.changed(); // whoever measures it has to know
}

void FlowKeeper::pong(base::Instant now, const base::Endpoint &mapped)
{
    if (!m_waiting) // nobody asked, or for an answer that nobody promised
        bytes(now);
    if (!m_waiting && !m_hopedUntil)
        return;
    heard(now);
    const bool promised = m_waiting;
    const auto pinged = m_report.lastPing;
    const auto trip = now - pinged;
    m_report.pongRoundTrip = trip;
    m_report.lastPong = now;
    m_report.roundTrips.push_back(trip);
    if (m_report.roundTrips.size() > kMostRoundTrips)
        m_report.roundTrips.erase(m_report.roundTrips.begin());
    m_hopedUntil.reset();
    if (!promised && registered())
        return remark(now, fmt::format("The edge answered the ping after {} ms, though it had not "
                                       "promised to.",
                                       trip / std::chrono::milliseconds(1)));
    forgetPing();
    if (!pinging() || !registered())
        return;
    m_answered = true;
    if (mapped.known()) { // section 4.4.2: another address is another flow
        const auto former = std::exchange(m_report.mapped, mapped);
        const bool changed = std::exchange(m_stunMapped, true) && former != mapped;
        if (changed)
            return remapped(now, former);
    }
    // Section 4.4 counts from ping to ping, however late the pong is.
    m_pingAt = std::max(now, pinged + pingPeriod());
    const bool first = !m_proven && (m_report.state == FlowState::Provisional ||
                                     m_report.state == FlowState::Suspect);
    if (first)
        proven(now);
    if (m_unlisted)
        return; // its REGISTER decides
    if (m_disowned) {
        owned(now, fmt::format("The edge answered the ping after {} s", base::seconds(trip, 1)));
    } else if (first) {
        enter(settled(), now, provenText(mapped));
    } else if (m_report.state == FlowState::Suspect) {
        m_remapped = 0;
        enter(settled(), now,
              fmt::format("The edge answered the ping after {} s.", base::seconds(trip, 1)) +
                  (m_doubt.empty() ? "" : " " + m_doubt));
    } else if (m_hooks.changed) {
        m_remapped = 0;
        m_hooks.changed();
    }
}

std::string FlowKeeper::provenText(const base::Endpoint &mapped) const
{
    std::string text = m_unbound   ? "The edge answered a ping, but the registrar did not bind us."
                       : m_granted ? "Registered, and the edge answered a ping."
                                   : "Registered without outbound; the edge answered a ping.";
    if (m_datagrams && !mapped.known())
        text += " Its answer to STUN names no mapped address, so another address behind a NAT "
                "would not be noticed (RFC 5626 section 4.4.2).";
    return m_doubt.empty() ? text : text + " " + m_doubt;
}

/// Section 4.4.2: another address is another flow.
void FlowKeeper::remapped(base::Instant now, const base::Endpoint &former)
{
    m_acts.push_back(KeeperAct::Close);
    m_portLives = true;
    ++m_remapped;
    auto why =
        fmt::format("The NAT gave us another address: {} before, {} now. Calls to the old one "
                    "are lost.",
                    former.text(), m_report.mapped.text());
    if (m_remapped >= kManyRemapped)
        why += fmt::format(" It did so {} times in a row: behind this NAT no UDP flow lasts. "
                           "Use TCP or TLS.",
                           m_remapped);
    lost(now, why);
}

void FlowKeeper::pingedByEdge(base::Instant now)
{
    if (m_waiting && !m_pingedAt)
        m_pingedAt = now;
}

void FlowKeeper::sendPing(base::Instant now)
{
    m_acts.push_back(KeeperAct::Ping);
    m_report.lastPing = now;
    m_pingedAt.reset();
    m_silence = {};
    m_putOff = {};
    m_pingAt.reset();
    if (!pinging()) { // nobody said that it is answered: only hoped for (section 3.5.1)
        m_hopedUntil = now + m_settings.pongTimeout;
        return remark(now, "A ping is sent; this edge never promised to answer one.");
    }
    m_waiting = true;
    m_suspectAt = now + m_settings.pongTimeout / 5;
    m_resends = 0;
    if (m_datagrams)
        m_resendAt = now + m_settings.stunWait;
    else
        m_pongDue = now + m_settings.pongTimeout;
}

/// RFC 5389 section 7.2.1: the same request at twice the distance each time, then a last patience.
void FlowKeeper::resendPing(base::Instant now)
{
    m_acts.push_back(KeeperAct::PingAgain);
    ++m_resends;
    if (m_resends < kStunResends)
        m_resendAt = now + m_settings.stunWait * (1 << m_resends);
    else
        m_pongDue = now + m_settings.stunWait * kStunPatience;
}

/// Which probe it is that makes the flow suspect, and what it will come to.
std::string FlowKeeper::lateText(base::Instant now) const
{
    const auto waited = now - m_report.lastPing;
    if (m_datagrams)
        return fmt::format("The answer to STUN is late: {} request{} within {} s, up to {} are "
                           "sent.",
                           m_resends + 1, m_resends == 0 ? "" : "s", base::seconds(waited, 1),
                           kStunResends + 1);
    return fmt::format("The pong is late: nothing came within {} s after the CRLF ping; after {} s "
                       "the flow counts as dead.",
                       base::seconds(waited, 1), base::seconds(m_settings.pongTimeout, 0));
}

/// How long a ping is waited for, with all that is sent again.
base::Duration FlowKeeper::lastWord() const
{
    return m_datagrams ? m_settings.stunWait * ((1 << kStunResends) - 1 + kStunPatience)
                       : m_settings.pongTimeout;
}

/// Whoever asked for the silence wants no more of it: how the flow is shows at once.
void FlowKeeper::endSilence(base::Instant now)
{
    if (m_silence.count() == 0)
        return;
    m_silence = {};
    m_pingAt = now;
    if (m_refreshAt)
        m_refreshAt = std::max(*m_refreshAt - std::exchange(m_putOff, {}), now);
    remark(now, "The silence was ended on request; keep-alives go out again.");
}

void FlowKeeper::leaveAlone(base::Instant now, base::Duration silence)
{
    if (silence.count() <= 0)
        return endSilence(now);
    if (!base::isUp(m_report.state) || m_waiting || m_hopedUntil)
        return remark(now, "The flow is not at rest, so it cannot be left alone now.");
    if (!pinging())
        return remark(now, "Nobody said that this edge answers keep-alives, so its silence would "
                           "prove nothing (RFC 5626 section 4.4).");
    const auto begun = m_lastWord.known() ? m_lastWord : now; // it is silent since then
    const auto until = std::max(now, begun + silence) + lastWord();
    if (m_expiryDue && *m_expiryDue <= until)
        return remark(now, fmt::format("The registration ends before {} s of silence are over; "
                                       "register again first, or for longer.",
                                       base::seconds(silence, 0)));
    m_silence = silence;
    m_pingAt = std::max(now, begun + silence);
    if (m_refreshAt && *m_refreshAt < until) {
        m_putOff += until - *m_refreshAt;
        m_refreshAt = until;
    }
    remark(now, fmt::format("{} {} s, on request: no keep-alive goes out.", kLeftAlone,
                            base::seconds(silence, 0)));
}

/// Section 4.4.1: no pong can come in the midst of a message, however slowly it comes in.
bool FlowKeeper::messageUnderWay(base::Instant now) const
{
    // A clock that was set back meanwhile tells nothing of it.
    return !m_datagrams && m_report.lastReceived > m_report.lastPing &&
           m_report.lastReceived <= now && now - m_report.lastReceived < kMessageGoesOn &&
           now - m_report.lastPing < m_settings.pongTimeout + kLongestMessage;
}

void FlowKeeper::noPong(base::Instant now)
{
    if (messageUnderWay(now)) {
        m_pongDue = now + kMessageGoesOn;
        return;
    }
    m_acts.push_back(KeeperAct::Close);
    const auto waited = base::seconds(now - m_report.lastPing, 1);
    auto why = m_datagrams ? fmt::format("No answer to {} STUN requests within {} s.",
                                         kStunResends + 1, waited)
                           : fmt::format("No pong within {} s after the ping.", waited);
    if (m_pingedAt)
        why += fmt::format(
            " {} ms after it the edge sent a double CRLF, which is a ping of its own and no "
            "pong (RFC 5626 section 3.5.1); an edge has to answer with a single one.",
            (*m_pingedAt - m_report.lastPing) / std::chrono::milliseconds(1));
    m_silentSince = m_report.lastReceived; // nobody knows when since then it died
    gone(now, why);
}

void FlowKeeper::noPromisedPong(base::Instant now)
{
    remark(now, fmt::format("No pong came within {} s, but this edge never promised one (RFC 5626 "
                            "section 4.4); registering again shows whether the flow lives.",
                            base::seconds(m_settings.pongTimeout, 0)));
}

/// RFC 3261 section 10.2: no REGISTER before the one under way is answered.
void FlowKeeper::refresh()
{
    if (m_underWay) {
        m_again = true;
        return;
    }
    if (std::find(m_acts.begin(), m_acts.end(), KeeperAct::Refresh) == m_acts.end())
        m_acts.push_back(KeeperAct::Refresh);
    m_refreshAt.reset();
}

/// The connection alone does not settle it: a registrar drops the binding of a flow that it got 430
/// for (section 7), so it is told of it again.
void FlowKeeper::owned(base::Instant now, const std::string &how)
{
    m_disowned = false;
    refresh();
    enter(m_proven ? settled() : FlowState::Provisional, now,
          how + ", so its edge has it after all. It is registered again, for a registrar may have "
                "dropped it for the 430.");
}

void FlowKeeper::disowned(base::Instant now, const std::string &why, bool named)
{
    if (m_stopping || !registered() || m_disowned)
        return;
    if (named && m_disownedAt && now - *m_disownedAt < kSoonDisowned) {
        m_acts.push_back(KeeperAct::Close);
        return gone(now, why + " That is the second time, though the flow answered in between: "
                               "for others it is no use.");
    }
    if (named)
        m_disownedAt = now;
    m_disowned = true;
    const bool alone = m_silence.count() > 0; // whoever measures it sees that ping in the report
    if (pinging() && !m_waiting)
        sendPing(now);
    else if (!pinging() && !m_underWay) // the answer that is due tells as well
        refresh();
    enter(FlowState::Suspect, now,
          why + (pinging() ? " A ping asks it." : " A REGISTER over it asks it.") +
              (alone ? " That ends the silence that was asked for." : ""));
}

void FlowKeeper::unlisted(base::Instant now, const std::string &why)
{
    if (m_stopping || !registered() || m_unlisted || m_underWay)
        return; // what is under way may be what the list lacks
    unreachable(now);
    m_unlisted = true;
    m_disowned = false;
    refresh();
    enter(FlowState::Suspect, now, why + " It is registered again.");
}

void FlowKeeper::ping(base::Instant now)
{
    if (!registered() || m_waiting || m_hopedUntil)
        return;
    if (!pinging() && m_datagrams)
        return remark(now,
                      "Nobody said that this edge answers STUN on its SIP port, so none is "
                      "sent (RFC 5626 section 4.4); registering again shows whether it lives.");
    sendPing(now);
}

} // namespace engine
