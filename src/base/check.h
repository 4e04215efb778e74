// SPDX-License-Identifier: Apache-2.0
// CHECK is for our own bugs: it aborts where tests asked for that, else it logs and the caller
// degrades.
#pragma once

namespace base {

/// Called by the tests' main(): a failed CHECK ends the process.
void abortOnFailedCheck(bool abort);
/// Logs the failure (or aborts). Always false, so that `if (!CHECK(x)) return;` reads well.
bool checkFailed(const char *condition, const char *file, int line);

} // namespace base

#define CHECK(condition) ((condition) ? true : base::checkFailed(#condition, __FILE__, __LINE__))
