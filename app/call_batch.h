// SPDX-License-Identifier: Apache-2.0
// earshot call --repeat: the same call again and again at a given rate, with a table of results.
#pragma once

#include <app/call_options.h>
#include <desk/batch.h>

namespace app {

struct RepeatPlan {
    CallPlan each;
    desk::BatchPlan batch;
    std::string plot, csv; // files; empty: none
    bool json = false;
};

/// --repeat and --rate within their caps; count 1 without them.
base::Result<RepeatPlan> readRepeat(const Arguments &arguments, CallPlan each);
/// Places the calls, waits for their ends, prints table or JSON. Returns the exit code: kFine when
/// all were answered.
int runRepeat(Console &console, const RepeatPlan &plan);

} // namespace app
