// SPDX-License-Identifier: Apache-2.0
// What a projector shows: ladder and explanation, large, nothing else. Leaving it brings the window
// back as it was. UI thread.
#pragma once

#include <QByteArray>
#include <QMetaObject>
#include <ui/parts.h>
#include <vector>

class QWidget;

namespace ui {

class Presentation
{
public:
    explicit Presentation(const Parts &parts) : m_parts(parts) {}

    void set(bool on);
    void ladderCame(); // the welcome page gave way, with every panel open

private:
    void enter();
    void leave();
    void strip();
    void share(bool compares); // the width between ladder and explanation or comparison

    const Parts &m_parts;
    bool m_on = false;
    bool m_wasMaximized = false;
    QMetaObject::Connection m_watch; // of the comparison, while it is on
    QByteArray m_layout;             // of the docks
    std::vector<QWidget *> m_hidden; // bars that were open before
};

} // namespace ui
