// SPDX-License-Identifier: Apache-2.0
// Whose 430 was about a flow of ours: said to another user agent that our session sees, or to a
// call of our own (RFC 5626 sections 5.3 and 7). The engine cannot know; it is told to ask.
#pragma once

#include <desk/desk.h>
#include <flows/flow.h>
#include <map>
#include <vector>

namespace desk {

struct Doubt {
    engine::AccountHandle account;
    std::uint32_t regId = 0;
    std::string why;    // one sentence
    bool named = false; // it was this flow, not one of several
};

using Accounts430 = std::map<engine::AccountHandle, AccountInfo>;

class Disowned
{
public:
    /// Flows of ours that were disowned since they were registered, each once. `known`: all flows
    /// of the session. One thread.
    std::vector<Doubt> ofFlows(const std::vector<std::shared_ptr<const flows::Flow>> &known,
                               const Accounts430 &accounts, const trace::Trace &trace);

private:
    std::map<flows::FlowId, trace::RowId> m_told;
};

/// A call of ours to an address that is registered here got 430 from the network. Which of its
/// flows was meant is not told: each but the one that it left by: that brought the 430.
std::vector<Doubt> doubtsOf(const engine::CallEvent &event, const CallOptions &call,
                            const Accounts430 &accounts);

} // namespace desk
