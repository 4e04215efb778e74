// SPDX-License-Identifier: Apache-2.0
#include <desk/drill_sheet.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace desk {
namespace {

using base::FlowState;

constexpr auto kAtOnce = std::chrono::seconds(1);       // what a user agent does without any wait
constexpr auto kSlack = std::chrono::milliseconds(500); // of a busy computer, for every limit
constexpr std::size_t kMostWaits = 16;
constexpr auto kLongest = std::chrono::minutes(10); // an edge that stays away is not awaited

DrillLine line(std::string what, std::string section, base::Duration atMost, base::Instant from,
               base::Instant to)
{
    DrillLine out{std::move(what),      std::move(section), base::Duration{0}, atMost, {},
                  DrillVerdict::NotSeen};
    if (from.known() && to.known()) {
        out.measured = std::max(to - from, base::Duration{0});
        out.verdict = *out.measured <= atMost + kSlack ? DrillVerdict::Pass : DrillVerdict::Fail;
    }
    return out;
}

} // namespace

std::string_view drillVerdictText(DrillVerdict verdict)
{
    return verdict == DrillVerdict::Pass   ? "PASS"
           : verdict == DrillVerdict::Fail ? "FAIL"
                                           : "not seen";
}

std::string_view drillText(engine::Drill what)
{
    return what == engine::Drill::Cut            ? "cut"
           : what == engine::Drill::SwallowPongs ? "pong"
           : what == engine::Drill::Silence      ? "silent"
                                                 : "port";
}

std::string drillConsent(engine::Drill what, const base::FlowReport &flow)
{
    const auto which = fmt::format("flow {} of {}", flow.regId, base::printable(flow.aor));
    switch (what) {
    case engine::Drill::Cut:
        return flow.transport == "UDP"
                   ? fmt::format(
                         "This gives up {} and registers it from another port. Over UDP "
                         "there is no connection whose end its edge could see: it learns of "
                         "the loss from the REGISTER.",
                         which)
                   : fmt::format("This closes the connection of {}; its edge is told by a FIN. "
                                 "Until it is back, no call comes in over it, and a call that runs "
                                 "over it is lost. The silent drill tells the edge nothing.",
                                 which);
    case engine::Drill::SwallowPongs:
        return fmt::format("This drops the answers to the keep-alives of {} unheard, until it is "
                           "given up and made anew. Calls may be lost meanwhile.",
                           which);
    case engine::Drill::Silence:
        return fmt::format("This lets nothing pass {} any more, either way, and tells its edge "
                           "nothing, as when a NAT forgets it. Calls that come in by it are lost "
                           "until its next keep-alive finds out; then it is made anew.",
                           which);
    case engine::Drill::ChangePort:
        break;
    }
    return fmt::format("This gives {} another source port, as a NAT that rebinds. Until it is "
                       "registered anew, calls go to the old port and are lost.",
                       which);
}

DrillSheet::DrillSheet(engine::Drill what, base::FlowReport before, base::Instant begun,
                       Terms terms)
    : m_what(what), m_before(std::move(before)), m_last(m_before), m_begun(begun), m_terms(terms)
{
}

/// The Flow-Timer, or 120 s, or 29 s for UDP.
base::Duration longestKeepAlive(const base::FlowReport &flow)
{
    if (flow.flowTimer.count() > 0)
        return flow.flowTimer;
    return flow.transport == "UDP" ? std::chrono::seconds(29) : std::chrono::seconds(120);
}

/// RFC 5626 section 4.4.1; for STUN RFC 5389 section 7.2.1.
base::Duration keepAlivePatience(const base::FlowReport &flow, DrillSheet::Terms terms)
{
    return flow.transport == "UDP" ? 79 * terms.t1 : terms.pongTimeout;
}

base::Duration DrillSheet::silence() const
{
    return keepAlivePatience(m_before, m_terms);
}

base::Instant DrillSheet::latest() const
{
    base::Duration most = 64 * m_terms.t1 + silence() + std::chrono::seconds(5);
    if (!m_before.keepAlive.empty())
        most += longestKeepAlive(m_before) * (unsaid() ? 2 : 1);
    for (const auto &wait : m_waits)
        most += wait.most + 64 * m_terms.t1;
    return m_begun + std::min<base::Duration>(most, kLongest);
}

void DrillSheet::lost(const base::FlowReport &report)
{
    m_lost = report.since;
    if (unsaid())
        m_pinged = report.lastPing;
}

void DrillSheet::add(const base::FlowReport &report)
{
    if (report.regId != m_before.regId || report.aor != m_before.aor || over())
        return;
    const bool entered = report.state != m_last.state || report.since != m_last.since;
    const bool gone = report.losses > m_before.losses || report.failures > m_last.failures ||
                      report.state == FlowState::Failed;
    m_last = report;
    if (gone && !m_lost.known())
        lost(report);
    if (!m_lost.known() || !entered)
        return;
    if (report.state == FlowState::Registering && !m_sent.known()) {
        m_sent = report.since;
        m_samePort = datagrams() && report.local.known() && report.local == m_before.local;
    }
    if (report.state == FlowState::BackingOff && m_waits.size() < kMostWaits)
        m_waits.push_back({report.nextAttempt - report.since, report.waitMost});
    if (base::isRegistered(report.state) && !m_registered.known())
        m_registered = report.since;
    if (base::isUp(report.state))
        m_up = report.since;
    m_rejected = m_rejected || report.state == FlowState::Rejected;
}

void DrillSheet::incoming(base::Instant time)
{
    if (m_lost.known() && !m_called.known())
        m_called = time;
}

std::vector<DrillLine> DrillSheet::noticing() const
{
    if (!unsaid())
        return {line("The loss is noticed", "RFC 5626 section 4.4", kAtOnce, m_begun, m_lost)};
    if (m_before.keepAlive.empty())
        return {line("Keep-alives go out, so that silence can be noticed", "RFC 5626 section 4.4",
                     base::Duration{0}, {}, {})};
    return {line("The next keep-alive leaves", "RFC 5626 section 4.4", longestKeepAlive(m_before),
                 m_begun, m_pinged),
            line("Its silence is a failure",
                 datagrams() ? "RFC 5389 section 7.2.1" : "RFC 5626 section 4.4.1", silence(),
                 m_pinged, m_lost)};
}

/// A proxy that waits for an answer over the dead flow does so for a transaction's time at most.
DrillLine DrillSheet::lineOf(const Call &call) const
{
    DrillLine out;
    const auto how =
        call.took ? fmt::format(" (by flow {})", call.cameBy) : fmt::format(" ({})", call.refusal);
    out.what = call.after ? "The proxy brings a call again" + how
                          : "Meanwhile the proxy brings a call" + how;
    out.section = "RFC 5626 section 7";
    if (!call.after && m_up.known() && call.left > m_up) {
        out.what = fmt::format("No call was on its way meanwhile: the INVITE left {} ms after the "
                               "flow was back",
                               (call.left - m_up) / std::chrono::milliseconds(1));
        out.made = false;
        return out;
    }
    out.atMost = 64 * m_terms.t1;
    out.measured = call.took;
    out.verdict =
        call.took && *call.took <= out.atMost + kSlack ? DrillVerdict::Pass : DrillVerdict::Fail;
    return out;
}

std::vector<DrillLine> DrillSheet::lines() const
{
    std::vector<DrillLine> out = noticing();
    if (unsaid() && m_before.keepAlive.empty())
        return out;
    out.push_back(line(m_samePort ? "A REGISTER for a new flow leaves; it came from the same port"
                                  : "A REGISTER for a new flow leaves, with no wait",
                       "RFC 5626 section 4.5", kAtOnce, m_lost, m_sent));
    if (m_samePort)
        out.back().verdict = DrillVerdict::Fail;
    for (const auto &wait : m_waits) {
        auto each = line("Wait after a failed attempt, from half of W to W", "RFC 5626 section 4.5",
                         wait.most, m_begun, m_begun + wait.length);
        each.atLeast = wait.most / 2;
        if (wait.length + kSlack < each.atLeast)
            each.verdict = DrillVerdict::Fail;
        out.push_back(std::move(each));
    }
    const auto transaction = 64 * m_terms.t1;
    base::Duration whole = transaction;
    for (const auto &wait : m_waits)
        whole += wait.most + transaction;
    out.push_back(
        line("Registered again", "RFC 3261 section 17.1.2.2", whole, m_lost, m_registered));
    if (!m_before.keepAlive.empty())
        out.push_back(line("The new flow's first keep-alive is answered", "RFC 5626 section 4.4",
                           longestKeepAlive(m_before) + silence(), m_registered, m_up));
    if (m_called.known())
        out.push_back(
            line("A call comes in again", "RFC 5626 section 5.3", whole, m_lost, m_called));
    for (const Call &call : m_calls)
        out.push_back(lineOf(call));
    return out;
}

DrillVerdict DrillSheet::verdict() const
{
    if (unsaid() && m_before.keepAlive.empty())
        return DrillVerdict::NotSeen;
    const auto all = lines();
    const bool passed = std::all_of(all.begin(), all.end(), [](const DrillLine &each) {
        return each.verdict == DrillVerdict::Pass || !each.made;
    });
    return passed && over() && !m_rejected ? DrillVerdict::Pass : DrillVerdict::Fail;
}

std::string limitText(const DrillLine &line)
{
    const auto most =
        fmt::format("{} s (+{})", base::seconds(line.atMost, 1), base::seconds(kSlack, 1));
    return line.atLeast.count() > 0 ? fmt::format("{} to {}", base::seconds(line.atLeast, 1), most)
                                    : fmt::format("at most {}", most);
}

std::string DrillSheet::conclusion() const
{
    const auto word = drillVerdictText(verdict());
    if (m_rejected)
        return fmt::format("{}: {}", word, base::printable(m_last.reason));
    if (unsaid() && m_before.keepAlive.empty())
        return fmt::format("{}: nobody told that this edge answers keep-alives, so none is sent, "
                           "{}.",
                           word,
                           m_what == engine::Drill::Silence ? "and the loss shows only when the "
                                                              "registration is refreshed"
                                                            : "and nothing can be swallowed");
    if (!m_up.known())
        return fmt::format("{}: the flow is not UP again, it is {}: {}", word,
                           base::flowStateText(m_last.state), base::printable(m_last.reason));
    if (m_samePort)
        return fmt::format("{}: the REGISTER came from the port that had failed, which is no new "
                           "flow.",
                           word);
    // Without a word nothing passes from the first moment on, whenever that is noticed.
    const auto away = m_what == engine::Drill::Silence ? m_begun : m_lost;
    return fmt::format("{}: UP again {} s after the drill began, out of reach for {} s.", word,
                       base::seconds(m_up - m_begun), base::seconds(m_registered - away));
}

std::string DrillSheet::table() const
{
    std::string out =
        fmt::format("Drill \"{}\" on flow {} over {} to {}\n", drillText(m_what), m_before.regId,
                    m_before.transport, base::printable(m_before.edge));
    for (const auto &each : lines()) {
        const auto measured = each.measured ? base::seconds(*each.measured) + " s" : "-";
        out += fmt::format("  {:<54}  {:<21}  {:>10}  {:<8}  {}\n", each.what, limitText(each),
                           measured, drillVerdictText(each.verdict), each.section);
    }
    return out + conclusion() + "\n";
}

} // namespace desk
