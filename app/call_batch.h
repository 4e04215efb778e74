// SPDX-License-Identifier: Apache-2.0
// earshot call --repeat: the same call again and again at a given rate, with a table of results.
#pragma once

#include <app/call_options.h>

namespace app {

struct BatchPlan {
    CallPlan each;
    int count = 1;
    double perSecond = 1;
    bool json = false;
};

/// --repeat and --rate within their caps; count 1 without them.
base::Result<BatchPlan> readBatch(const Arguments &arguments, CallPlan each);
/// Places the calls, waits for their ends, prints table or JSON. Returns the exit code: kFine when
/// all were answered.
int runBatch(Console &console, const BatchPlan &plan);

} // namespace app
