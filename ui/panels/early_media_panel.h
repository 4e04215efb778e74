// SPDX-License-Identifier: Apache-2.0
// What is heard before the answer: level, waveform, figures, Play/Mute and Record for our own
// calls; the checklist for any call, so that silence is explained. UI thread.
#pragma once

#include <desk/desk.h>
#include <diagnosis/explain.h>
#include <QWidget>
#include <ui/focus.h>
#include <ui/panels/ladder_pane.h>
#include <ui/theme/theme.h>

class QComboBox;
class QGridLayout;
class QLabel;
class QPushButton;

namespace ui {

class LevelMeter;
class Waveform;

class EarlyMediaPanel : public QWidget
{
    Q_OBJECT
public:
    EarlyMediaPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);

    void toggleMute(); // of a call that is not ours, or over: plays what was captured, or stops it
    void toggleRecord();
    /// The early dialog whose verdict is shown; of a call of ours under way, the one that is heard.
    void listenTo(std::uint32_t dialog);
    void listenToNext(); // round and round
    /// The same, and what was captured of it is played, or stopped where it plays.
    void hear(std::uint32_t dialog);

Q_SIGNALS:
    void listens(std::uint32_t dialog, ui::LaneButtons buttons);
    void muteWanted(engine::CallHandle call, bool muted);
    void recordWanted(engine::CallHandle call, bool on);
    void chooseWanted(engine::CallHandle call, const std::string &toTag);

private:
    QWidget *makeControls();
    QWidget *makeChecks();
    void refresh();
    void refreshPlay(const CallPtr &view, bool goesOn);
    void refreshDialogs(const calls::Call &call);
    void refreshOwn(const desk::CallInfo &info);
    void refreshCaptured(const session::CallView &view);
    void refreshChecks(const session::CallView &view);
    std::uint32_t dialogIndex() const;
    void followHeard(const desk::CallInfo &info);
    const desk::CallInfo *own() const;
    bool live() const; // the call is ours and under way
    /// The stream with most of what the chosen early dialog sent the caller; nullptr: none.
    const diagnosis::BoundStream *captured(const session::CallView &view) const;
    void togglePlay();
    bool plays(const session::CallView &view) const;
    static QString figures(const QString &codec, std::uint64_t packets, std::uint64_t lost,
                           base::Duration jitter, double level, bool levelKnown);

    Store &m_store;
    Focus &m_focus;
    Theme &m_theme;
    QLabel *m_state, *m_figures, *m_verdict = nullptr;
    LevelMeter *m_level;
    Waveform *m_wave;
    QComboBox *m_dialogs = nullptr;
    QPushButton *m_play = nullptr, *m_record = nullptr;
    QGridLayout *m_checks = nullptr;
    std::vector<std::pair<QLabel *, QLabel *>> m_facts;
    bool m_muted = false;
    std::string m_heard; // To-tag that our media plays, as it said last
};

} // namespace ui
