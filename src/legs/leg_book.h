// SPDX-License-Identifier: Apache-2.0
// Ties the legs of back-to-back user agents and transfers together: calls with different Call-IDs
// that are one call to its users. Looks at initial INVITEs, REFERs and the ends of calls only;
// constant time for each, never all pairs. Analysis thread. Bounded: the older half of the calls
// goes first and is counted.
#pragma once

#include <cstdint>
#include <memory>
#include <sip/message.h>
#include <string>
#include <trace/trace.h>
#include <vector>

namespace legs {

using CallId = trace::CallKey;

enum class Relation : std::uint8_t { SameCall, Transfer };
std::string_view relationText(Relation relation); // "same call", "transfer"

/// Why another call is believed to belong to this one.
struct Join {
    CallId call;
    std::string callId;
    Relation relation = Relation::SameCall;
    int score = 0;                    // kThreshold..100
    std::vector<std::string> reasons; // a sentence each
};
constexpr int kThreshold = 60;

class LegBook
{
public:
    explicit LegBook(const trace::Trace &trace, std::size_t capacity = 1U << 20U);
    ~LegBook();

    /// Does the fold want to see this row's message? Cheap.
    static bool wants(const trace::Row &row);
    /// Files one row that it wants; `message` may be nullptr for a response or BYE.
    void add(trace::RowId row, const sip::Message *message);
    /// Calls whose joins may have changed since the last time.
    std::vector<CallId> takeChanged();

    /// Surest first; empty: none. Reads the INVITEs again, so it is for calls somebody looks at.
    std::vector<Join> of(CallId call) const;
    std::uint64_t evicted() const;

private:
    struct Work;
    std::unique_ptr<Work> m_work;
};

} // namespace legs
