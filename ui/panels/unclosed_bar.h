// SPDX-License-Identifier: Apache-2.0
// Offers the last session that was not closed: reopen it or discard it. Nothing happens by itself.
// UI thread.
#pragma once

#include <QWidget>

class QPushButton;

namespace ui {

class DeskBridge;

class UnclosedBar : public QWidget
{
    Q_OBJECT
public:
    explicit UnclosedBar(DeskBridge &bridge, QWidget *parent = nullptr);

Q_SIGNALS:
    void reopened();

private:
    DeskBridge &m_bridge;
    QPushButton *m_reopen, *m_discard, *m_later;
};

} // namespace ui
