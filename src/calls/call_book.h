// SPDX-License-Identifier: Apache-2.0
// The fold of messages into calls. Rows are filed on the analysis thread only; what was published
// of a call may be folded by any thread, and snapshots may go anywhere.
#pragma once

#include <atomic>
#include <base/chunk_list.h>
#include <calls/call.h>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace calls {

/// A call keeps this many rows; the rest is counted in Call::leftOut.
constexpr std::size_t kMostRowsPerCall = 20'000;

/// The rows of a call as they were at some moment: they never change, so a call folded from them is
/// always the same.
struct RowChain {
    CallId id;
    std::uint32_t first = RowId::kNone;
    std::uint32_t count = 0, leftOut = 0;
};

class CallBook
{
public:
    explicit CallBook(const trace::Trace &trace) : m_trace(trace) {}

    /// Files one row. Returns the call it belongs to, invalid if none. Constant time, whatever the
    /// call's size: only the row is noted, the fold runs when somebody looks.
    CallId add(RowId row);

    /// The call as it stands; the same object as before while nothing was added and somebody holds
    /// it. Null: no such call.
    std::shared_ptr<const Call> snapshot(CallId id) const;
    std::vector<CallId> ids() const; // in order of first appearance
    std::size_t size() const { return m_count; }

    /// The call's rows up to now; count 0: no such call.
    RowChain chain(CallId id) const;

    // Any thread that got the chain by way of the analysis thread.
    Call fold(const RowChain &chain, const Call *previous = nullptr) const;
    std::vector<RowId> rows(const RowChain &chain) const; // in order of arrival
    const trace::Trace &trace() const { return m_trace; }

private:
    struct Chain {
        std::uint32_t first = RowId::kNone, last = RowId::kNone;
        std::uint32_t count = 0, leftOut = 0;
    };
    struct Link { // the next row of the same call; set once, before anybody may follow it
        Link() = default;
        Link(Link &&) noexcept {}
        mutable std::atomic<std::uint32_t> next{RowId::kNone};
    };
    struct Snapshot {
        std::weak_ptr<const Call> call;
        std::uint32_t count = 0, leftOut = 0; // of the chain then
    };
    void forgetRefreshes(Chain &chain, RowId newest) const;
    void sweep() const;

    const trace::Trace &m_trace;
    std::vector<Chain> m_chains;                              // by CallId
    base::ChunkList<Link> m_links;                            // by row
    mutable std::unordered_map<CallId, Snapshot> m_snapshots; // analysis thread
    mutable std::size_t m_sweepAt = 1024;
    std::size_t m_count = 0;
};

} // namespace calls
