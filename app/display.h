// SPDX-License-Identifier: Apache-2.0
// Is there a display to open a window on? Asked before Qt is: Qt ends the program where there is
// none.
#pragma once

#include <base/result.h>

namespace app {

/// Fails with the sentence for the user. Opens and closes a connection to an X server.
base::Result<void> displayThere();

} // namespace app
