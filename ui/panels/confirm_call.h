// SPDX-License-Identifier: Apache-2.0
// Asks before the first real call to a host; this computer itself needs no question. UI thread.
#pragma once

#include <functional>
#include <string>

class QWidget;

namespace ui {

class Settings;

/// Runs `go` at once when the target's host is loopback or was confirmed before; else after the
/// user said Call. A target that cannot be read goes through as well: whoever places the call tells
/// what is wrong with it.
void confirmCall(QWidget *parent, Settings &settings, const std::string &target,
                 std::function<void()> go);

} // namespace ui
