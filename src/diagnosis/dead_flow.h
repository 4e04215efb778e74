// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: the flow that a request needed and that was gone. Pure functions of the
// Evidence, any thread.
#pragma once

#include <diagnosis/flow_facts.h>

namespace diagnosis {

struct Dead {
    const flows::Flow *flow = nullptr;
    const flows::FlowEvent *event = nullptr; // after which nothing was heard of it
};
/// Without a token in the request: the target's last one, where none of them lived. `flow` alone:
/// it is known and lived.
Dead deadFlow(const Evidence &evidence, const calls::Transaction &transaction);

} // namespace diagnosis
