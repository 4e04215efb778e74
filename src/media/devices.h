// SPDX-License-Identifier: Apache-2.0
// The devices that sound can be played on, as the audio server lists them. May wait for the server:
// on the speakers' thread only. Private.
#pragma once

#include "media.h"

#include <optional>

namespace media {

/// Bounded. Empty: there is no audio server.
std::vector<AudioDevice> audioDevices();
/// The one that is so named, or told to the user by that text; case does not count.
std::optional<AudioDevice> deviceNamed(const std::vector<AudioDevice> &devices,
                                       const std::string &name);

} // namespace media
