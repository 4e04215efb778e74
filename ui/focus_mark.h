// SPDX-License-Identifier: Apache-2.0
// A frame around the panel that gets the next key, while the keyboard is what is used. UI thread.
#pragma once

#include <QPointer>
#include <QWidget>
#include <ui/theme/theme.h>

namespace ui {

class FocusMark : public QWidget
{
public:
    /// Over `window`, whose docks and named panels it frames.
    FocusMark(QWidget *window, Theme &theme);
    QWidget *framed() const { return isVisibleTo(parentWidget()) ? m_panel.data() : nullptr; }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void follow(QWidget *focused);
    void place();

    Theme &m_theme;
    QPointer<QWidget> m_panel;
    bool m_byKeys = false; // the last thing used was the keyboard
};

} // namespace ui
