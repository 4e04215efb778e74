// SPDX-License-Identifier: Apache-2.0
// Which flows can matter to a call, so that the rules need not look at all of them: those of its
// registration, at its ends, those its Route, Record-Route and Path tokens name, its target's, and
// some that ended at the same moment. Rebuilt when
// flows changed. Analysis thread, owned by Judge.
#pragma once

#include <calls/call.h>
#include <flows/flow.h>
#include <memory>
#include <string>
#include <trace/trace.h>
#include <unordered_map>
#include <vector>

namespace session {

class FlowIndex
{
public:
    using Flows = std::vector<std::shared_ptr<const flows::Flow>>;

    void rebuild(const trace::Trace &trace, Flows flows);
    const Flows &all() const { return m_all; }
    /// So few that every call is given all of them.
    bool few() const;
    /// All of them where they are few.
    Flows of(const calls::Call &call, const trace::Trace &trace) const;

private:
    using Places = std::vector<std::uint32_t>; // into m_all
    static std::string identity(const flows::Flow &flow);
    struct Ending { // of a connection
        base::Address edge;
        base::Instant time;
        std::uint32_t place = 0;
    };
    void addTokens(const sip::Message &message, Places &out) const;
    void addEndedTogether(const flows::Flow &flow, const trace::Trace &trace, Places &out) const;

    Flows m_all;
    std::unordered_map<calls::CallId, Places> m_byCall;
    std::unordered_map<base::Endpoint, Places> m_byEnd;
    std::unordered_map<std::string, Places> m_byToken, m_byIdentity, m_byAor;
    std::vector<Ending> m_byEnding;                       // in order of time
    std::unordered_map<base::Address, Places> m_standing; // by edge: the first few that did not end
};

} // namespace session
