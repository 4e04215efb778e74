// SPDX-License-Identifier: Apache-2.0
// Both directions of a call's sound over the clock of its ladder: the strip follows the ladder's
// row, and the ladder follows the strip. UI thread.
#pragma once

#include <QWidget>
#include <ui/focus.h>
#include <ui/theme/theme.h>

class QComboBox;
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

    /// From the cursor on, or from the beginning behind the last sound.
    void togglePlay();

protected:
    void showEvent(QShowEvent *event) override;

private:
    void endElsewhere(const CallPtr &call, bool fresh);
    void connectStrip();
    void makeEarly();
    QLayout *makeControls();
    void fillLanes();
    void played();
    void moved(base::Instant at);
    void refresh();
    void follow(trace::RowId row);

    Store &m_store;
    Focus &m_focus;
    QLabel *m_told;
    QPushButton *m_early = nullptr; // checked: only what came before the answer
    QPushButton *m_play = nullptr;
    QComboBox *m_lane = nullptr; // what is played: all, or one stream
    SoundStrip *m_strip;
    QTimer *m_again;
    bool m_moving = false; // the row changes because the sound came to it
};

} // namespace ui
