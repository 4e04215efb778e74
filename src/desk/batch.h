// SPDX-License-Identifier: Apache-2.0
// The same call again and again at a given rate. Says when the next one is due and keeps what
// became of each; whoever drives it (window, command line) places them and has the clock. One
// thread.
#pragma once

#include <desk/desk.h>
#include <desk/plot.h>
#include <diagnosis/evidence.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace desk {

inline constexpr int kMostBatchCalls = 1000; // a test tool, not a load generator
inline constexpr double kLeastBatchRate = 0.01, kMostBatchRate = 50; // calls a second
inline constexpr std::size_t kMostBatchAtOnce = 200;

struct BatchPlan {
    CallOptions call; // hangUpAfter and cancelAfter end each of them
    int count = 1;
    double perSecond = 1;
    base::Duration limit{0}; // for all of it; 0: none
};
/// Errors: a figure beyond its cap, a call that nothing would end.
base::Result<void> checkBatch(const BatchPlan &plan);

/// One call's line of the table; times in seconds since its first INVITE.
struct BatchResult {
    int number = 0;
    engine::CallHandle handle;
    std::string callId;
    int code = 0; // 0: nothing came
    std::string phrase, sentence;
    bool local = false; // made by our own stack, not by the network
    bool over = false;
    std::optional<double> pdd;        // the first 18x
    std::optional<double> cutThrough; // the first RTP towards the caller, before the answer
    std::optional<double> answer;     // the 2xx
    std::string earlyMedia;           // light of the verdict; empty: there was no early dialog
    std::string earlyVerdict;         // its sentence
    std::optional<double> mos;        // of what was heard
};
bool isAnswered(const BatchResult &result);
/// Code and phrase as one, or in words what happened here instead.
std::string codeText(const BatchResult &result);

class Batch
{
public:
    Batch(BatchPlan plan, base::Instant now) : m_plan(std::move(plan)), m_start(now) {}

    /// The next call is to be placed now; then placed() or refused() follows.
    bool due(base::Instant now);
    void placed(engine::CallHandle handle, base::Instant now);
    /// It could not be asked for, so the others cannot either.
    void refused(const base::Error &error);
    void add(const CallInfo &info); // calls of others are ignored
    /// Figures that the ladder of one of them shows, as far as they are there.
    void measure(const diagnosis::Evidence &evidence);
    /// No more are placed; those under way are the caller's to end: underWay().
    void stop() { m_stopped = true; }
    std::vector<engine::CallHandle> underWay() const;
    /// None will follow, and all have ended or were waited for long enough.
    bool over(base::Instant now) const;

    const BatchPlan &plan() const { return m_plan; }
    const std::vector<BatchResult> &results() const { return m_results; }
    bool heldBack() const { return m_heldBack; } // too many were under way, so the rate fell
    std::optional<double> rate() const;          // calls a second, as it came to be
    const std::optional<base::Error> &error() const { return m_error; }

private:
    BatchPlan m_plan;
    base::Instant m_start, m_firstPlaced, m_lastPlaced;
    std::vector<BatchResult> m_results;
    std::size_t m_underWay = 0;
    bool m_stopped = false, m_heldBack = false;
    std::optional<base::Error> m_error;
};

struct BatchSpread {
    std::size_t count = 0; // of calls that have the figure
    double least = 0, median = 0, p95 = 0, most = 0;
};
struct BatchSummary {
    int placed = 0, answered = 0;
    std::map<std::string, int> codes;   // "200", "503 local", "none"
    std::map<std::string, int> reasons; // sentences of those that ended here; at most 8
    std::optional<double> perSecond;
    bool heldBack = false;
    std::optional<BatchSpread> pdd, cutThrough, answer, mos;
};
BatchSummary summaryOf(const Batch &batch);
/// "20 placed, 19 answered; 19 x 200, 1 x 486." and a line for each figure.
std::string summaryText(const BatchSummary &summary);
std::string batchTable(const Batch &batch); // as text, with the summary
/// RFC 4180, one line a call; a cell that a spreadsheet would take for a formula is quoted.
std::string batchCsv(const Batch &batch);
std::string batchJson(const Batch &batch);
Plot plotOf(const Batch &batch); // PDD and answer over the number of the call

} // namespace desk
