// SPDX-License-Identifier: Apache-2.0
// The main window: composes pages, bars and docks, nothing else; what they do is in Deeds. UI
// thread.
#pragma once

#include <QMainWindow>
#include <ui/parts.h>

class QVBoxLayout;

namespace ui {

class Deeds;

class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    MainWindow(DeskBridge &bridge, Theme &theme, Settings &settings, QWidget *parent = nullptr);
    ~MainWindow() override;

    Deeds &deeds() { return *m_deeds; }
    Focus &focus() { return *m_parts.focus; }
    const Parts &parts() const { return m_parts; }

protected:
    bool event(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void makePanels();
    void makeCentre();
    void makeDocks();
    void makeStatus();
    QDockWidget *makeDock(const char *name, const QString &title, QWidget *inside,
                          Qt::DockWidgetArea area);
    void setDocksVisible(bool visible);
    void giveLadderRoom();
    bool isBoardLarge() const;
    void arrange(); // sizes of the docks for this window, once the ladder shows

    Parts m_parts;
    Deeds *m_deeds = nullptr;
    bool m_arranged = false;
};

} // namespace ui
