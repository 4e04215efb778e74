// SPDX-License-Identifier: Apache-2.0
// Calls that are legs of one call, as one: what each of them has stands in one ladder, in order of
// time. Pure.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <span>
#include <vector>

namespace ladder {

/// One leg.
struct Leg {
    const calls::Call *call = nullptr;
    std::span<const diagnosis::BoundStream> streams;
    std::span<const diagnosis::Finding> findings;
};

struct Together {
    // Of the first leg, but for rows, transactions, early dialogs and times, which are those of
    // all.
    calls::Call call;
    std::vector<diagnosis::BoundStream> streams; // each once, the surest tie of it
    std::vector<diagnosis::Finding> findings;
};

/// The legs as one call. A row's place within its own leg is kept: it never stands above its cause.
Together together(const trace::Trace &trace, std::span<const Leg> legs);

} // namespace ladder
