// SPDX-License-Identifier: Apache-2.0
// Why nothing can be made of the audio a description announces.
#pragma once

#include <sip/sdp.h>
#include <string>

namespace sip {

/// One clause: "its audio port -7 is no number up to 65535". Empty: nothing is wrong with it, which
/// holds for an audio line that was refused with port 0 and for a description without one too.
/// Foreign text in it is escaped.
std::string audioFault(const Sdp &sdp);
/// What is legal in it and yet not enough for us, one clause; empty: nothing.
std::string audioLimit(const Sdp &sdp);

} // namespace sip
