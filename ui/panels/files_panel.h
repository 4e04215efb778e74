// SPDX-License-Identifier: Apache-2.0
// The files that were read, newest last, each with what could not be read of it. UI thread.
#pragma once

#include <QWidget>
#include <ui/store.h>

class QLabel;
class QTreeWidget;
class QTreeWidgetItem;

namespace ui {

class ClockBar;

class FilesPanel : public QWidget
{
public:
    explicit FilesPanel(Store &store, QWidget *parent = nullptr);
    ClockBar &clock() { return *m_clock; }

private:
    void choose(QTreeWidgetItem *current);
    void refresh();
    static void fill(QTreeWidgetItem &item, const session::ImportState &import);

    Store &m_store;
    QLabel *m_empty;
    QTreeWidget *m_list;
    ClockBar *m_clock; // shown once there are several files
};

/// "5 100 packets, Ethernet, not whole": how a file was read.
QString readingOf(const session::ImportState &import);

} // namespace ui
