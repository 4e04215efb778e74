// SPDX-License-Identifier: Apache-2.0
// A series of probes: OPTIONS again and again, the hops to a target by Max-Forwards, or bytes as
// they are. Says what is to be sent and keeps what came back; whoever drives it (window, command
// line) sends and has the clock. One thread.
#pragma once

#include <desk/plot.h>
#include <engine/engine.h>
#include <optional>
#include <string>
#include <vector>

namespace desk {

enum class ProbeKind : unsigned char { Options, Trace, Raw };

struct ProbePlan {
    ProbeKind kind = ProbeKind::Options;
    engine::ProbeRequest request;                      // raw: the bytes are in it
    int count = 1;                                     // Options: how many
    int hops = 30;                                     // Trace: the most Max-Forwards tried
    base::Duration interval = std::chrono::seconds(1); // Options: from one to the next
    base::Duration wait = std::chrono::seconds(4);     // for each answer; raw: for what comes
};

inline constexpr int kMostProbeRequests = 100, kMostProbeHops = 70;
inline constexpr std::size_t kLargestProbe = 60'000; // bytes sent as they are

/// Errors: a figure beyond its cap, raw without bytes or with too many of them.
base::Result<void> checkProbe(const ProbePlan &plan);
/// What a user has to know before such bytes leave.
std::string rawConsent(std::size_t bytes, const std::string &target);
/// Bytes as somebody types them: line ends become CRLF, and \r \n \t \0 \\ \xHH stand for theirs.
/// Errors: an escape that is none.
base::Result<std::string> typedBytes(const std::string &text);

struct ProbeLine {
    int number = 0; // Trace: the hop
    engine::ProbeHandle handle;
    std::optional<engine::ProbeEvent> event; // nullopt: no answer yet, or none in time
    bool late = false;                       // nothing came in time
};
/// The network answered it, not our own stack.
bool isAnswered(const ProbeLine &line);
/// "200 OK", "no answer in time", the sentence of a failure.
std::string answerText(const ProbeLine &line);
/// Milliseconds; nullopt: not answered.
std::optional<double> roundTripOf(const ProbeLine &line);

class Probing
{
public:
    explicit Probing(ProbePlan plan) : m_plan(std::move(plan)) {}

    /// What has to be sent now; then sent() or refused() follows.
    std::optional<engine::ProbeRequest> due(base::Instant now);
    void sent(engine::ProbeHandle handle, base::Instant now);
    /// It could not even be asked for, with the sentence that says why.
    void refused(const std::string &sentence);
    /// Answers of others' probes are ignored; those that come late count.
    void add(const engine::ProbeEvent &event);
    void stop() { m_stopped = true; }
    /// Nothing more will be sent or awaited.
    bool over() const;

    const ProbePlan &plan() const { return m_plan; }
    const std::vector<ProbeLine> &lines() const { return m_lines; }
    struct Figures {
        int sent = 0, answered = 0;
        std::optional<double> least, mean, most; // milliseconds
    };
    Figures figures() const;
    /// Whether it came to what was hoped for: an answer; of bytes as they are: that they left.
    bool good() const;
    std::string conclusion() const; // one or two sentences
    std::string table() const;      // as text, with the conclusion
    Plot plot() const;              // the round trips

private:
    ProbePlan m_plan;
    std::vector<ProbeLine> m_lines;
    base::Instant m_since;  // the last was sent
    base::Instant m_unsent; // bytes as they are had not left by then
    bool m_waiting = false, m_left = false, m_stopped = false, m_finished = false;
};

} // namespace desk
