// SPDX-License-Identifier: Apache-2.0
// Private to calls: the order in which a call's rows are told. Time first; equal stamps (coarse
// text traces, merged files) keep their order of arrival unless an effect would stand above its
// cause.
#pragma once

#include <calls/fact.h>
#include <cstdint>
#include <vector>

namespace calls {

/// Indices into `facts` in the order to fold them. O(n log n), linear when they came in order.
std::vector<std::uint32_t> inOrder(const trace::Trace &trace, const std::vector<Fact> &facts);

} // namespace calls
