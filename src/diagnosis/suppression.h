// SPDX-License-Identifier: Apache-2.0
// Whether a sender may fall silent on purpose while nobody speaks. Pure functions of the Evidence,
// any thread.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

/// Comfort noise was agreed on or came (RFC 3389), G.729 without annexb=no (RFC 4856 section
/// 2.1.9), Opus with usedtx (RFC 7587), Speex with vad (RFC 5574).
bool maySuppress(const Evidence &evidence, const BoundStream &bound);

} // namespace diagnosis
