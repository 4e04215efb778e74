// SPDX-License-Identifier: Apache-2.0
// The fold of rows into flows. Analysis thread only. Bounded: at most `capacity` flows, the longest
// unseen goes first.
#pragma once

#include <flows/flow.h>
#include <memory>
#include <vector>

namespace flows {

class FlowTable
{
public:
    explicit FlowTable(const trace::Trace &trace, std::size_t capacity = 65536);
    ~FlowTable();

    /// Files REGISTER transactions, keep-alives, ends of connections and the engine's reports.
    /// Returns the flow that changed, invalid if none did.
    FlowId add(trace::RowId row, const sip::Message *message);

    /// Would add() look into that row's message? Then its parse is worth the while.
    bool reads(trace::RowId row) const;

    /// `refusal` is the 430 that `request` got: the flow it was to go over, if it is known, is gone
    /// at its edge (RFC 5626 section 5.3). Returns what changed.
    const std::vector<FlowId> &disown(trace::RowId refusal, trace::RowId request);

    /// Every flow that the last add() changed: a pong that did not come shows when a later row
    /// arrives.
    const std::vector<FlowId> &touched() const;

    std::shared_ptr<const Flow> snapshot(FlowId id) const;
    std::vector<std::shared_ptr<const Flow>> all() const;
    std::uint64_t evicted() const;

private:
    struct Work;
    const trace::Trace &m_trace;
    std::unique_ptr<Work> m_work;
};

} // namespace flows
