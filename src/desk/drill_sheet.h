// SPDX-License-Identifier: Apache-2.0
// Times how one of our own flows recovers from a drill and holds it against RFC 5626: each limit,
// the figure measured, passed or failed. Fed with the flow's reports as they come; no clock of its
// own. Any single thread.
#pragma once

#include <base/flow_report.h>
#include <engine/engine.h>
#include <optional>
#include <string>
#include <vector>

namespace desk {

enum class DrillVerdict : std::uint8_t { Pass, Fail, NotSeen };
std::string_view drillVerdictText(DrillVerdict verdict); // "PASS", "FAIL", "not seen"

struct DrillLine {
    std::string what;    // "A REGISTER leaves on a new connection"
    std::string section; // "RFC 5626 section 4.5"
    base::Duration atLeast{0}, atMost{0};
    std::optional<base::Duration> measured;
    DrillVerdict verdict = DrillVerdict::NotSeen;
    bool made = true; // false: it could not be tried, which is nobody's failure
};
std::string limitText(
    const DrillLine &line); // "at most 1.0 s (+0.5)": what is allowed for a busy computer beside

class DrillSheet
{
public:
    struct Terms { // the engine's, see engine::Options
        base::Duration pongTimeout = std::chrono::seconds(10);
        base::Duration t1 = std::chrono::milliseconds(500);
    };

    /// `before`: the flow as it is when the drill begins.
    DrillSheet(engine::Drill what, base::FlowReport before, base::Instant begun, Terms terms);

    /// A newer report of the same flow.
    void add(const base::FlowReport &report);
    /// A call came in over the flow: only then the proxy knows of the new one.
    void incoming(base::Instant time);
    /// What came of a call to our own address, see DrillCalls.
    struct Call {
        bool after = false;                 // the flow was up again; false: while it was broken
        std::optional<base::Duration> took; // until it came in; nullopt: it did not
        base::Instant left{};               // its INVITE; unknown: it did not
        std::uint32_t cameBy = 0;           // reg-id of the flow that brought it
        std::string refusal;                // "480 Temporarily Unavailable"
    };
    void called(const Call &call) { m_calls.push_back(call); }
    /// The drill's end: it recovered with its first pong, where one is due, or was refused for
    /// good.
    bool over() const { return m_up.known() || m_rejected; }
    bool back() const { return m_up.known(); } // the flow is up again
    /// Until when over() is awaited; nothing is measured after it.
    base::Instant latest() const;

    engine::Drill what() const { return m_what; }
    std::uint32_t regId() const { return m_before.regId; }
    std::vector<DrillLine> lines() const;
    /// Fail: one line failed, or the flow did not come back.
    DrillVerdict verdict() const;
    /// The verdict and what it rests on, one sentence.
    std::string conclusion() const;
    /// A line each, and the conclusion.
    std::string table() const;

private:
    struct Wait {
        base::Duration length, most;
    };
    void lost(const base::FlowReport &report);
    bool datagrams() const { return m_before.transport == "UDP"; }
    /// Nobody is told that the flow broke: only its keep-alives find out.
    bool unsaid() const
    {
        return m_what == engine::Drill::SwallowPongs || m_what == engine::Drill::Silence;
    }
    std::vector<DrillLine> noticing() const;
    DrillLine lineOf(const Call &call) const;
    base::Duration silence() const;

    engine::Drill m_what;
    base::FlowReport m_before, m_last;
    base::Instant m_begun;
    Terms m_terms;
    base::Instant m_pinged; // the ping whose pong was swallowed
    base::Instant m_lost, m_sent, m_registered, m_up, m_called;
    bool m_rejected = false;
    bool m_samePort = false; // UDP: the REGISTER left from the port that failed
    std::vector<Call> m_calls;
    std::vector<Wait> m_waits; // back-offs in between
};

/// The longest wait between two keep-alives of the flow: RFC 5626 section 4.4.
base::Duration longestKeepAlive(const base::FlowReport &flow);
/// How long a keep-alive's silence goes on before it is a failure.
base::Duration keepAlivePatience(const base::FlowReport &flow, DrillSheet::Terms terms);

std::string_view drillText(engine::Drill what); // "cut", "pong", "port", "silent"
/// What the drill does, for whoever has to agree to it.
std::string drillConsent(engine::Drill what, const base::FlowReport &flow);

} // namespace desk
