// SPDX-License-Identifier: Apache-2.0
// Shows the ladder's rows to screen readers: a list of rows with what each one says. UI thread.
#pragma once

#include <QString>

class QAccessibleInterface;
class QObject;

namespace ui {

/// For QAccessible::installFactory; nullptr for anything but a ladder.
QAccessibleInterface *ladderAccess(const QString &className, QObject *object);

} // namespace ui
