// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: telephones use the same ports again. Pure, any thread.
#pragma once

#include <algorithm>
#include <diagnosis/evidence.h>
#include <vector>

namespace diagnosis {

/// In order of time. Of a call that nobody was seen to end, what begins long after all else of it
/// is of a later one and left out.
inline void putInOrder(const calls::Call &call, std::vector<BoundStream> &bound)
{
    constexpr auto kLongSilence = std::chrono::minutes(2);
    std::stable_sort(bound.begin(), bound.end(), [](const BoundStream &a, const BoundStream &b) {
        return a.stream->first < b.stream->first;
    });
    if (call.ended.known())
        return;
    base::Instant end = call.last;
    const auto later = std::find_if(bound.begin(), bound.end(), [&](const BoundStream &each) {
        if (each.stream->first > end + kLongSilence)
            return true;
        end = std::max(end, each.stream->last);
        return false;
    });
    bound.erase(later, bound.end());
}

} // namespace diagnosis
