// SPDX-License-Identifier: Apache-2.0
// The microphone as the voice of a sender: opened and read on a thread of its own, as the audio
// server may keep it waiting; until it is there, and whenever it runs dry, silence is what it says.
#pragma once

#include "tone.h"

#include <cstdint>
#include <memory>
#include <string>

namespace media {

/// `device`: the audio server's name of a source, empty: its default. `rate` in Hz.
std::unique_ptr<Voice> microphone(const std::string &device, std::uint32_t rate);

} // namespace media
