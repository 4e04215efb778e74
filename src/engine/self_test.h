// SPDX-License-Identifier: Apache-2.0
// Private to engine: does the wire tap see the library's socket calls, exactly as often as they
// happen? Runs on the engine's thread before anything else; nothing but loopback sockets of its
// own.
#pragma once

#include <engine/engine.h>

namespace engine {

TapReport testTap();

} // namespace engine
