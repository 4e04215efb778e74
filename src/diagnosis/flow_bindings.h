// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: what was true of a flow at a moment, not what is true of it at the end. A
// user agent that leaves takes its registrations away, and a flow of ours may have another
// connection by then. Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <flows/flow.h>
#include <optional>

namespace diagnosis {

struct Bound {
    base::Instant time; // the 2xx
    bool granted = false;
    base::Duration flowTimer{0}; // granted with it, 0: none
    trace::RowId row;            // the 2xx
};
/// The newest 2xx at or before `when` that registered something over the flow; nullopt: none, or
/// the user agent had taken it away by then.
std::optional<Bound> boundAt(const flows::Flow &flow, base::Instant when);
/// The first 2xx after `since` that registered something over it, whatever came later; unknown:
/// none.
base::Instant boundAfter(const flows::Flow &flow, base::Instant since);
/// Was outbound ever granted for it?
bool everGranted(const flows::Flow &flow);

/// Did the edge send that row of the flow, over whichever of its connections?
bool byEdge(const Evidence &evidence, const flows::Flow &flow, trace::RowId row);

/// Does the REGISTER only take bindings away (RFC 3261 section 10.2.2)?
bool takesAway(const sip::Message &request);
/// Was a REGISTER that binds something accepted after `refused`?
bool acceptedLater(const Evidence &evidence, const calls::Transaction &refused);

} // namespace diagnosis
