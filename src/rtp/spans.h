// SPDX-License-Identifier: Apache-2.0
// Packets of a stream as the bars of a ladder. Pure.
#pragma once

#include <rtp/stream_table.h>

namespace rtp {

/// Takes a packet into the bars, at most 4096 of them: the oldest are joined. Packets may come in
/// any order of time.
void extendSpans(std::vector<LevelSpan> &spans, base::Instant at, bool silent);

} // namespace rtp
