// SPDX-License-Identifier: Apache-2.0
// The fold of messages into calls. Analysis thread only; snapshots are immutable and may go
// anywhere.
#pragma once

#include <calls/call.h>
#include <memory>
#include <vector>

namespace calls {

/// A call keeps this many rows; the rest is counted in Call::leftOut.
constexpr std::size_t kMostRowsPerCall = 20'000;

class CallBook
{
public:
    explicit CallBook(const trace::Trace &trace);
    ~CallBook();

    /// Files one row; `message` is its parse (nullptr for local events). Returns the call it
    /// belongs to, invalid if none. Amortised constant time, whatever the call's size.
    CallId add(RowId row, const sip::Message *message);

    /// Null: no such call.
    std::shared_ptr<const Call> snapshot(CallId id) const;
    std::vector<CallId> ids() const; // in order of first appearance
    std::size_t size() const;

private:
    struct Work;
    const trace::Trace &m_trace;
    std::vector<std::unique_ptr<Work>> m_calls; // by CallId value
    std::size_t m_count = 0;
};

} // namespace calls
