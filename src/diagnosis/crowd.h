// SPDX-License-Identifier: Apache-2.0
// One trouble that many calls have in common is told once: of the first of them. Looks at the rows
// around, not at other calls' folds. Pure, any thread.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

struct Crowd {
    bool before = false;   // an earlier one has it too, and tells
    std::size_t count = 1; // of those that have it, this one among them
    std::size_t all = 1;   // of those that were looked at
    base::Instant since, until;
};

/// REGISTERs for other accounts that the user agent at the same socket sent and got 403 or 404 for,
/// each within a minute of another. Counting ends soon where `before`.
Crowd refusedAlike(const Evidence &evidence, const calls::Transaction &refused);

/// OPTIONS on the same way, each a call of its own, and how many of them found no answer. What came
/// up to 10 minutes before counts as before.
Crowd unansweredAlike(const Evidence &evidence, const calls::Transaction &silent);

} // namespace diagnosis
