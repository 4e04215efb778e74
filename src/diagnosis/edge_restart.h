// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: connections of many user agents that one edge ended at the same moment.
// Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <flows/flow.h>
#include <vector>

namespace diagnosis {

struct MassEnd {
    std::vector<const flows::Flow *> flows; // in order of their ids
    std::vector<const flows::FlowEvent *> ends;
    base::Instant first, last;
};
/// What ended together with that flow's connection, where it was no flow of ours; empty: that it
/// ended alone.
MassEnd massEndOf(const Evidence &evidence, const flows::Flow &flow);

} // namespace diagnosis
