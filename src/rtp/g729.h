// SPDX-License-Identifier: Apache-2.0
// G.729 (ITU-T): its payloads are known and kept as those of other codecs, but nothing in this
// layer decodes them; who has a decoder can (rtp/reel.h).
#pragma once

#include <rtp/voice.h>

namespace rtp {

constexpr VoiceFormat kG729{"G729", 8000, 1};

} // namespace rtp
