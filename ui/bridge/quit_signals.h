// SPDX-License-Identifier: Apache-2.0
// Ctrl+C in the terminal the window was started from, or a polite kill, closes the window as the
// mouse does: calls are hung up, flows unregistered, the session is closed.
#pragma once

#include <QObject>

class QWidget;

namespace ui {

/// One a process: signals are the process's. From the second signal on they have their usual
/// meaning, for whoever does not want to wait for a BYE.
class QuitSignals : public QObject
{
    Q_OBJECT
public:
    explicit QuitSignals(QWidget &window);
    ~QuitSignals() override;

private:
    int m_read = -1;
};

} // namespace ui
