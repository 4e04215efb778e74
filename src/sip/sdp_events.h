// SPDX-License-Identifier: Apache-2.0
// Key presses as telephone events (RFC 4733) among the codecs of a description of ours.
#pragma once

#include <sip/sdp.h>
#include <vector>

namespace sip {

/// Adds telephone events at the clock of each codec that has none yet (RFC 4733 section 2.1), under
/// numbers that are free. In an answer the offer's numbers take their place.
void addEvents(std::vector<Codec> &codecs);

} // namespace sip
