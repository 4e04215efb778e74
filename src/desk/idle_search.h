// SPDX-License-Identifier: Apache-2.0
// Finds how long a silence a flow of ours survives: leaves it alone for longer and longer, then
// halves what lies between the longest silence it survived and the shortest that it did not. A NAT
// or firewall on the way forgets the flow in between; nothing in SIP tells of that. Fed with the
// flow's reports as they come; no clock of its own. Any single thread.
#pragma once

#include <desk/drill_sheet.h>

namespace desk {

enum class IdleEnd : std::uint8_t {
    Answered, // the ping after the silence was answered
    Silent,   // it was not: the way is gone, and nobody says so
    Refused,  // the connection ended upon the ping: the way is gone, and what is there said so
    Moved,    // the edge sees another address now: the NAT forgot the former one
    Closed,   // the connection was ended while it was silent, by the edge or by what lies between
};
std::string_view idleEndText(IdleEnd end);

struct IdleStep {
    base::Duration silence{0}; // that there was, from what came last to the ping or the end
    IdleEnd end = IdleEnd::Answered;
    std::string reason; // of the flow's state
    base::Duration survived{0};
    std::optional<base::Duration> fatal; // the bracket after this step
};

class IdleSearch
{
public:
    struct Limits {
        base::Duration first = std::chrono::seconds(15);
        base::Duration most = std::chrono::minutes(15);
    };
    enum class Act : std::uint8_t {
        Nothing,    // a step goes on, or the flow is not up yet
        LeaveAlone, // for silence()
        Register,   // so that the registration outlives the next silence
        Resume,     // keep-alives as ever: nothing more is left alone
    };

    /// `before`: the flow as it is when the search begins.
    IdleSearch(base::FlowReport before, base::Instant begun, Limits limits,
               DrillSheet::Terms terms);

    /// A newer report of the same flow.
    void add(const base::FlowReport &report);
    /// What is to be done now; each is told once. Asked again from time to time.
    Act next(base::Instant now);
    base::Duration silence() const { return m_asked; } // of the step under way, or the last
    bool measuring() const { return m_since.known(); } // a silence goes on
    /// The flow may still be left alone for it: whoever gives the search up has to resume.
    bool holds() const { return m_holds; }
    bool over() const { return m_over; }

    std::uint32_t regId() const { return m_before.regId; }
    const std::vector<IdleStep> &steps() const { return m_steps; }
    base::Duration survived() const { return m_survived; }
    std::optional<base::Duration> fatal() const { return m_fatal; } // nullopt: none was
    /// Whether the keep-alives of this flow come often enough. Not seen: the search found no end.
    DrillVerdict verdict() const;
    /// The bracket, what it means for the keep-alives, and what to do; one or two sentences.
    std::string conclusion() const;
    std::string table() const; // a line a step, and the conclusion

private:
    void ended(base::Duration silence, IdleEnd end, const std::string &reason);
    void choose();
    void finish(std::string why);
    base::Duration reserve() const;
    void watch(base::Instant now);
    Act leaveAlone(base::Instant now);
    bool closedTwice() const;

    base::FlowReport m_before, m_last;
    Limits m_limits;
    DrillSheet::Terms m_terms;
    std::vector<IdleStep> m_steps;
    base::Duration m_survived{0}, m_asked{0};
    std::optional<base::Duration> m_fatal;
    base::Instant m_since; // of the step under way
    base::Instant m_waits; // for the flow to be up, since
    int m_lossesBefore = 0;
    int m_refusals = 0;    // in a row: the flow was not left alone
    bool m_agreed = false; // it is, for this step
    bool m_holds = false;
    bool m_registered = false; // anew, for this step
    bool m_over = false;
    std::string m_why; // it ended before it found the bracket
};

std::string idleStepText(const IdleStep &step); // a line of the table
/// What the search does to the flow, for whoever has to agree to it.
std::string idleConsent(const base::FlowReport &flow, IdleSearch::Limits limits);

} // namespace desk
