// SPDX-License-Identifier: Apache-2.0
// The middle of the window: the call's header and its ladder, laid out anew when the call, the
// width or a setting changes. UI thread; borrows store, focus and theme.
#pragma once

#include <ladder/layout.h>
#include <QWidget>
#include <ui/focus.h>
#include <ui/theme/theme.h>
#include <ui/views/scene_maker.h>

namespace ui {

class CallHeader;
class LadderView;

/// Show what is known of a dialog's media; hear it instead of another; play what was captured of
/// it, or stop that.
enum class LaneButtons : std::uint8_t { Show, Listen, Play, Stop };

class LadderPane : public QWidget
{
    Q_OBJECT
public:
    LadderPane(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);

    LadderView &view() { return *m_view; }
    const ScenePtr &scene() const { return m_scene; }
    /// As wide as its names and labels need, for a picture of it; nullptr without a call.
    ScenePtr wholeScene() const;
    void nextTimeMode();  // delta, since the start, of day
    void toggleRepeats(); // retransmissions folded or each on its own row
    void toggleKeepAlives();
    /// The early dialog that is listened to, and what the buttons of the others do.
    void setListening(std::uint32_t dialog, ui::LaneButtons buttons);
    void showLegs(bool together); // of the same call for its users, in one ladder or each alone

Q_SIGNALS:
    void keyTyped(const QString &key);
    void certificateWanted();
    void listenWanted(std::uint32_t dialog); // the button on its lane was pressed
    void opened();                           // Enter: the message wants to be read

private:
    void connectFocus();
    void take(const CallPtr &call, bool fresh);
    void relayout();
    void findLegs();
    void touch(const std::vector<CallPtr> &touched);
    void display(const CallPtr &view, const ScenePtr &scene);
    void revealWhenOver(const CallPtr &view, bool fresh);
    QString laneTip(const ladder::Lane &lane) const;
    void fillTip(ladder::Target target, QString *tip) const;

    Store &m_store;
    Focus &m_focus;
    SceneMaker m_maker;
    CallHeader *m_header;
    LadderView *m_view;
    ladder::Options m_options;
    CallPtr m_call;
    std::vector<CallPtr> m_legs; // shown beside it
    bool m_together = false;
    ScenePtr m_scene;
    calls::CallId m_shown; // whose scene the view has
    bool m_over = false;   // its call has ended
    bool m_taking = false; // the focus just brought m_call, or more of it
    bool m_jumped = false; // somebody asked for a row of the call that comes
};

} // namespace ui
