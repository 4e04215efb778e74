// SPDX-License-Identifier: Apache-2.0
// Does not compile, and a test wants it so: calls may not see the engine.
#include <calls/call.h>
#include <engine/engine.h>
