// SPDX-License-Identifier: Apache-2.0
// Requests that proxies send round among themselves (RFC 3261 section 16.3). Pure functions of the
// Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <string>

namespace diagnosis {

struct Loop {
    trace::RowId before; // where it came by with fewer Via fields; invalid: not seen
    std::string twice;   // a sent-by that stands in its Via fields twice; empty: none
    bool found() const { return before.valid() || !twice.empty(); }
};
Loop loopOf(const Evidence &evidence, const calls::Transaction &refused);
/// The same request that came to the same host by another way before (RFC 3261 section 8.2.2.2);
/// nullptr: not seen.
const calls::Transaction *twinOf(const Evidence &evidence, const calls::Transaction &refused);

} // namespace diagnosis
