// SPDX-License-Identifier: Apache-2.0
// Voice that is a little ahead of its 200. Private to diagnosis; pure.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

/// The caller's phone rang by itself, and the handset is lifted: half a second at most of what goes
/// on behind the answer, which no description announced, is no early media.
inline bool cutThrough(const calls::Call &call, const BoundStream &bound)
{
    constexpr auto kAhead = std::chrono::milliseconds(500);
    const rtp::Stream &stream = *bound.stream;
    if (bound.earlyDialog >= call.earlyDialogs.size() || !call.answered.known())
        return false;
    const auto &dialog = call.earlyDialogs[bound.earlyDialog];
    return dialog.alerting && !dialog.firstSdp.valid() && stream.last > call.answered &&
           call.answered - stream.first < kAhead && stream.first - dialog.since > kAhead;
}

} // namespace diagnosis
