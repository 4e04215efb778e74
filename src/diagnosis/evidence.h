// SPDX-License-Identifier: Apache-2.0
// What a rule may look at: one call with the streams and flows that touch it, read-only, at one
// moment in time.
#pragma once

#include <base/flat_index.h>
#include <calls/call.h>
#include <diagnosis/finding.h>
#include <flows/flow.h>
#include <memory>
#include <optional>
#include <rtp/stream_table.h>
#include <sip/sdp.h>
#include <span>
#include <trace/trace.h>
#include <unordered_map>
#include <vector>

namespace diagnosis {

enum class Certainty : std::uint8_t {
    Exact,
    Likely,
    Guess
}; // how sure a stream belongs to an early dialog

struct BoundStream {
    std::shared_ptr<const rtp::Stream> stream;
    std::uint32_t earlyDialog = ~0U; // index into Call::earlyDialogs; ~0: none of them
    bool towardsCaller = true;       // callee -> caller
    Certainty certainty = Certainty::Exact;
    bool early = true; // its first packet came before the final response
    /// It goes to a place that the caller's descriptions do not name, no NAT or relay between the
    /// two explains that, and nothing is sent from there: the caller does not hear it.
    bool astray = false;
    /// Astray because it ends at a media relay on the way, of which the caller's own description
    /// knows nothing: what he hears is what the relay sends on.
    bool relayed = false;
    /// Bit by early dialog: more than one named the very place it comes from before the answer, as
    /// forks behind one relay port do, so only the order in time tells whose it is. 0: one alone.
    std::uint64_t sharers = 0;
};

/// Joins streams to the early dialogs of a call by the addresses in their SDP, by source address,
/// then by order in time; in this order, with falling certainty. Streams that have nothing to do
/// with the call are left out.
std::vector<BoundStream> bind(const calls::Call &call, const trace::Trace &trace,
                              std::span<const std::shared_ptr<const rtp::Stream>> streams);

struct Parsed { // each read when somebody asks
    std::optional<sip::Message> message;
    std::optional<sip::Sdp> sdp;
    std::optional<bool> media;
    std::optional<std::string_view> description; // the text of its SDP
};

/// What was parsed of rows so far. Entries stay where they are.
class Memo
{
public:
    Parsed &of(trace::RowId row);

private:
    struct Entry {
        std::uint32_t row = 0;
        std::shared_ptr<Parsed> parsed;
    };
    base::FlatIndex m_index;
    std::vector<Entry> m_entries;
};

struct Described; // in_force.h
struct Exchange;  // offer_answer.h

struct Evidence {
    const calls::Call &call;
    const trace::Trace &trace;
    std::span<const BoundStream> streams;                      // bound to this call
    std::span<const std::shared_ptr<const flows::Flow>> flows; // all flows known
    base::Instant now;      // live: the clock; files: the last packet's time
    bool live = false;      // more may come
    bool mediaSeen = false; // the session filed RTP of any call: its absence means something
    bool listens = true;    // false: only what was listened to before, so that nobody waits

    /// Streams of one early dialog that flow towards the caller.
    std::vector<const rtp::Stream *> incoming(std::uint32_t earlyDialog) const;
    base::Instant time(trace::RowId row) const { return trace.row(row).time; }
    /// Parses the row, once; an empty Message when it holds none. Lives as long as the Evidence.
    const sip::Message &message(trace::RowId row) const;
    /// Could message() have such a header? Costs nothing: ask before you parse.
    bool mayHave(trace::RowId row, sip::HeaderId header) const;
    /// Does it carry SDP with a media line?
    bool describesMedia(trace::RowId row) const;
    /// Its SDP, empty when it has none.
    const sip::Sdp &sdp(trace::RowId row) const;

    // What was parsed so far; one Evidence belongs to one thread.
    mutable Memo memo = {};
    mutable std::shared_ptr<const std::vector<Exchange>> exchanged = {}; // see exchanges()
    mutable std::unordered_map<std::uint32_t, std::shared_ptr<const std::vector<Described>>>
        descriptions = {}; // by early dialog
    mutable std::shared_ptr<const std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>>
        telling = {}; // see tellingRows()
};

/// Where a rule writes.
class Findings
{
public:
    explicit Findings(calls::CallId call) : m_call(call) {}
    Finding &add(const char *rule, Severity severity, Grade grade, std::string text);
    /// The outcome may change by time alone: run the rules on this call again at `when`.
    void recheckAt(base::Instant when);

    std::vector<Finding> list;
    base::Instant recheck; // earliest asked for, unknown: none

private:
    calls::CallId m_call;
};

/// Runs every rule over one call. Sorted by severity, then grade, then rule.
Findings diagnose(const Evidence &evidence);

} // namespace diagnosis
