// SPDX-License-Identifier: Apache-2.0
// One call placed from the command line, followed to its end.
#pragma once

#include <app/call_options.h>

namespace app {

struct Followed {
    desk::CallInfo info;
    std::string ended; // why we ended it ourselves, empty: we did not
};

/// Does what the plan says while the call stands and tells its progress on stderr; Ctrl+C hangs up
/// first and waits for the end too.
Followed followCall(Console &console, engine::CallHandle handle, const CallPlan &plan);

} // namespace app
