// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: who made a message that proxies handed on. Pure, any thread.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

/// Where a message stands as its maker sent it, before others handed it on with the same body; the
/// row itself where that is not in this trace.
trace::RowId firstHop(const Evidence &evidence, trace::RowId row);

} // namespace diagnosis
