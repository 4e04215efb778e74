// SPDX-License-Identifier: Apache-2.0
// Doing something a moment later, with the owner of what waits in plain sight: clang-tidy takes the
// slot object inside of QTimer::singleShot for a leak. UI thread.
#pragma once

#include <chrono>
#include <functional>

class QObject;

namespace ui {

/// Once, after `delay` (zero: as soon as the event loop comes to it); never when `context` is gone
/// by then.
void later(QObject *context, std::chrono::milliseconds delay, std::function<void()> what);

} // namespace ui
