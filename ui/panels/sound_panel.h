// SPDX-License-Identifier: Apache-2.0
// Both directions of a call's sound over the clock of its ladder: the strip follows the ladder's
// row, and the ladder follows the strip. UI thread.
#pragma once

#include <QWidget>
#include <ui/focus.h>
#include <ui/theme/theme.h>

class QLabel;
class QPushButton;
class QTimer;

namespace ui {

class SoundStrip;

class SoundPanel : public QWidget
{
    Q_OBJECT
public:
    SoundPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void makeEarly();
    void refresh();
    void follow(trace::RowId row);

    Store &m_store;
    Focus &m_focus;
    QLabel *m_told;
    QPushButton *m_early = nullptr; // checked: only what came before the answer
    SoundStrip *m_strip;
    QTimer *m_again;
};

} // namespace ui
