// SPDX-License-Identifier: Apache-2.0
#include <desk/idle_search.h>

#include <algorithm>
#include <base/text.h>
#include <engine/flow_keeper.h>
#include <fmt/format.h>
#include <utility>

namespace desk {
namespace {

constexpr std::size_t kMostSteps = 24;
constexpr auto kFinest = std::chrono::seconds(1);       // a bracket is not made narrower than this
constexpr auto kComeBack = std::chrono::minutes(3);     // then a flow that stays away ends it
constexpr auto kLate = std::chrono::milliseconds(100);  // a ping may be that much behind its time
constexpr auto kEarly = std::chrono::milliseconds(500); // a ping before that is not ours
constexpr auto kAgreement = std::chrono::seconds(5);    // by then the flow says that it is silent
constexpr int kMostRefusals = 3;
constexpr auto kMargin = std::chrono::seconds(5);           // before the registration ends
constexpr base::Duration kSlack = std::chrono::seconds(30); // of a step, for packets in between

bool isNear(base::Duration a, base::Duration b)
{
    return std::chrono::abs(a - b) <= std::max<base::Duration>(kFinest, a / 10);
}

std::string roundly(base::Duration time)
{
    return base::seconds(time, time < std::chrono::seconds(60) ? 1 : 0);
}

} // namespace

std::string_view idleEndText(IdleEnd end)
{
    switch (end) {
    case IdleEnd::Answered:
        return "answered";
    case IdleEnd::Silent:
        return "no answer";
    case IdleEnd::Refused:
        return "ended by ping";
    case IdleEnd::Moved:
        return "another address";
    case IdleEnd::Closed:
        break;
    }
    return "closed";
}

std::string idleStepText(const IdleStep &step)
{
    return fmt::format("{:>8} s of silence: {:<15}  survived {} s, lost after {}",
                       roundly(step.silence), idleEndText(step.end), roundly(step.survived),
                       step.fatal ? roundly(*step.fatal) + " s" : "?");
}

std::string idleConsent(const base::FlowReport &flow, IdleSearch::Limits limits)
{
    return fmt::format("This sends nothing on flow {} of {} for longer and longer times, {} to {} "
                       "s, until it is lost, and then looks closer. Each time it is lost, no call "
                       "comes in over it until it is back. It takes several times the longest of "
                       "these times.",
                       flow.regId, base::printable(flow.aor), roundly(limits.first),
                       roundly(limits.most));
}

IdleSearch::IdleSearch(base::FlowReport before, base::Instant begun, Limits limits,
                       DrillSheet::Terms terms)
    : m_before(std::move(before)), m_last(m_before), m_limits(limits), m_terms(terms),
      m_waits(begun)
{
    m_limits.most = std::max(m_limits.most, m_limits.first);
    m_asked = m_limits.first;
    if (m_before.keepAlive.empty())
        finish("Nobody said that this edge answers keep-alives, so its silence would prove "
               "nothing (RFC 5626 section 4.4).");
}

/// What a ping after the silence may still take, within the registration.
base::Duration IdleSearch::reserve() const
{
    return keepAlivePatience(m_before, m_terms) + kMargin;
}

void IdleSearch::finish(std::string why)
{
    m_over = true;
    m_since = {};
    m_why = std::move(why);
}

void IdleSearch::add(const base::FlowReport &report)
{
    if (report.regId != m_before.regId || report.aor != m_before.aor || m_over)
        return;
    const auto former = std::exchange(m_last, report);
    if (report.state == base::FlowState::Rejected)
        return finish(fmt::format("The flow was refused for good: {}", report.reason));
    if (!m_since.known())
        return;
    m_agreed = m_agreed || engine::isLeftAlone(report);
    const bool pinged = report.lastPing > m_since;
    // What we sent last was answered, as a flow at rest has it.
    const auto end = pinged ? report.lastPing : report.since;
    const auto begun = former.lastReceived.known() ? former.lastReceived : m_since;
    const auto silence = std::max(end - begun, base::Duration{0});
    if (pinged && silence + kEarly < m_asked) {
        m_since = {}; // somebody else's ping: the same silence once more
        return;
    }
    if (report.losses > m_lossesBefore || report.state == base::FlowState::Failed) {
        if (!pinged)
            return ended(silence, IdleEnd::Closed, report.reason);
        const bool moved = former.lastPong < report.lastPong;
        // Who is not answered waits for as long as a pong may take.
        const bool told = report.since - report.lastPing < keepAlivePatience(m_before, m_terms) / 2;
        return ended(silence,
                     moved  ? IdleEnd::Moved
                     : told ? IdleEnd::Refused
                            : IdleEnd::Silent,
                     report.reason);
    }
    if (pinged && report.lastPong >= report.lastPing)
        ended(silence, IdleEnd::Answered, "The ping was answered.");
}

void IdleSearch::ended(base::Duration silence, IdleEnd end, const std::string &reason)
{
    if (end == IdleEnd::Answered) {
        m_survived = std::max(m_survived, silence);
        if (m_fatal && *m_fatal <= m_survived) // it did not die of the silence then
            m_fatal.reset();
    } else {
        m_fatal = m_fatal ? std::min(*m_fatal, silence) : silence;
        if (m_survived >= *m_fatal)
            m_survived = {};
    }
    m_steps.push_back({silence, end, reason, m_survived, m_fatal});
    m_since = {};
    m_waits = m_last.since;
    m_refusals = 0;
    m_registered = false;
    choose();
}

/// A connection that is ended while it is silent tells its limit by itself, once it does so again.
bool IdleSearch::closedTwice() const
{
    const auto count = m_steps.size();
    return count >= 2 && m_steps[count - 1].end == IdleEnd::Closed &&
           m_steps[count - 2].end == IdleEnd::Closed &&
           isNear(m_steps[count - 1].silence, m_steps[count - 2].silence);
}

void IdleSearch::choose()
{
    if (m_steps.size() >= kMostSteps)
        return finish("The limit keeps moving, so the search was given up.");
    if (closedTwice()) {
        m_fatal = std::min(m_steps.back().silence, (m_steps.end() - 2)->silence);
        return finish({});
    }
    if (!m_fatal) {
        if (m_survived >= m_limits.most)
            return finish({});
        m_asked = std::min(m_asked * 2, m_limits.most);
        return;
    }
    if (m_steps.back().end == IdleEnd::Closed)
        return; // the same once more
    if (*m_fatal - m_survived <= std::max<base::Duration>(kFinest, *m_fatal / 10) + kLate)
        return finish({});
    m_asked = m_survived + (*m_fatal - m_survived) / 2;
}

/// While a silence goes on: whether there is one at all.
void IdleSearch::watch(base::Instant now)
{
    if (now > m_since + m_asked + m_asked + reserve() + kSlack)
        return finish("The flow was never silent for long enough: something went over it in "
                      "between.");
    if (m_agreed || now <= m_since + kAgreement)
        return;
    m_since = {};
    if (++m_refusals >= kMostRefusals)
        finish(fmt::format("The flow cannot be left alone: {}", m_last.reason));
}

IdleSearch::Act IdleSearch::leaveAlone(base::Instant now)
{
    m_since = now;
    m_agreed = false;
    m_holds = true;
    m_lossesBefore = m_last.losses;
    return Act::LeaveAlone;
}

IdleSearch::Act IdleSearch::next(base::Instant now)
{
    if (!m_over && m_since.known())
        watch(now);
    if (m_over)
        return std::exchange(m_holds, false) ? Act::Resume : Act::Nothing;
    if (m_since.known())
        return Act::Nothing;
    if (!base::isUp(m_last.state) || m_last.keepAlive.empty()) {
        if (now > m_waits + kComeBack + longestKeepAlive(m_last))
            finish(fmt::format("The flow did not come back: {}", m_last.reason));
        return Act::Nothing;
    }
    if (m_last.registeredUntil <= now + m_asked + reserve()) {
        if (!std::exchange(m_registered, true)) {
            m_waits = now;
            return Act::Register;
        }
        const auto room = m_last.registeredUntil - now - reserve();
        if (now < m_waits + std::chrono::seconds(5) && room < m_asked)
            return Act::Nothing; // its answer may still be on the way
        if (room <= m_survived + kFinest) {
            finish(fmt::format("The registration lasts {} s, which leaves no room for a longer "
                               "silence.",
                               roundly(m_last.registeredUntil - now)));
            return Act::Nothing;
        }
        m_asked = m_limits.most = room;
    }
    return leaveAlone(now);
}

DrillVerdict IdleSearch::verdict() const
{
    const auto longest = longestKeepAlive(m_before);
    if (m_fatal && *m_fatal <= longest)
        return DrillVerdict::Fail;
    return m_survived >= longest ? DrillVerdict::Pass : DrillVerdict::NotSeen;
}

std::string IdleSearch::conclusion() const
{
    std::string out = fmt::format("{}: ", drillVerdictText(verdict()));
    const auto longest = roundly(longestKeepAlive(m_before));
    if (m_fatal && m_survived.count() > 0)
        out += fmt::format("the flow lives through {} s of silence and is lost after {} s.",
                           roundly(m_survived), roundly(*m_fatal));
    else if (m_fatal)
        out += fmt::format("the flow is lost after {} s of silence.", roundly(*m_fatal));
    else if (m_survived.count() > 0)
        out += fmt::format("the flow lives through {} s of silence; its end was not found.",
                           roundly(m_survived));
    else
        out += "nothing was measured.";
    if (verdict() == DrillVerdict::Fail)
        out += fmt::format(" Its keep-alives may be {} s apart, which is too long: let the edge "
                           "send a Flow-Timer below {} s, or raise the idle time of what lies "
                           "between.",
                           longest, roundly(m_survived.count() > 0 ? m_survived : *m_fatal / 2));
    else if (verdict() == DrillVerdict::Pass)
        out += fmt::format(" Its keep-alives, at most {} s apart, come in time.", longest);
    if (!m_why.empty())
        out += " " + base::printable(m_why);
    if (m_before.transport == "UDP" && !m_fatal && m_survived.count() > 0)
        out += " A NAT that gives the same port again is not noticed by this.";
    return out;
}

std::string IdleSearch::table() const
{
    std::string out = fmt::format("Idle time of flow {} over {} to {}\n", m_before.regId,
                                  m_before.transport, base::printable(m_before.edge));
    for (const auto &step : m_steps)
        out += "  " + idleStepText(step) + "\n";
    return out + conclusion() + "\n";
}

} // namespace desk
