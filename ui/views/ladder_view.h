// SPDX-License-Identifier: Apache-2.0
// The ladder: paints the visible rows of a Scene, follows the end until the user scrolls up,
// answers mouse and keys. UI thread. Knows nothing of calls: rows come and go as Scene and targets.
#pragma once

#include <ladder/scene.h>
#include <memory>
#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QPushButton>
#include <QTimer>
#include <ui/theme/theme.h>
#include <ui/views/ladder_painter.h>

namespace ui {

class LadderView : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit LadderView(Theme &theme, QWidget *parent = nullptr);

    /// `fresh`: another call than before; scrolls to its end (live) or start.
    void setScene(std::shared_ptr<const ladder::Scene> scene, bool fresh, bool follow);
    const ladder::Scene *scene() const { return m_scene.get(); }

    void select(ladder::Target target); // the user's act: makes it visible and says so
    /// The same from outside, without a signal or scrolling while it follows; `reveal`: scrolls to
    /// it.
    void mark(ladder::Target target, bool reveal = true);
    ladder::Target selected() const { return m_selected; }
    void reveal(ladder::Target target); // marks it and scrolls to it; the end is no longer followed
    void flash(ladder::Target target);  // evidence jump: select and light up
    bool isFollowing() const { return m_follow; }
    void followEnd();
    std::size_t newRows() const { return m_new; } // come since the user scrolled up
    int rowIndexOf(ladder::Target target) const;  // -1: not in the scene
    int selectedIndex() const { return rowIndexOf(m_selected); }
    void selectIndex(int row);
    QRect rowRect(int row) const; // in the viewport
    ladder::Target targetAt(const QPoint &position) const;
    double layoutWidth() const { return viewport()->width() / zoom(); } // in the Scene's units
    void setEmptyText(const QString &text);

Q_SIGNALS:
    void selectionChanged(ladder::Target target);
    void activated(ladder::Target target);             // Enter, double click
    void hovered(ladder::Target target, QString *tip); // a receiver fills the tip in
    void dialogChosen(std::uint32_t dialog);           // its button in the header was pressed
    void widthChanged();                               // the scene should be laid out anew
    void keyTyped(const QString &key);                 // letters that are commands elsewhere

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    void applyTheme();
    void updateScrollBars();
    void paintSelection(QPainter &painter);
    void paintMark(QPainter &painter); // the bar at the selected row's beginning
    void paintFlash(QPainter &painter);
    void paintEmpty(QPainter &painter);
    bool moveByKey(int key, const QString &text);
    void showRow(int row);
    void placePill();
    // A Scene's units are pixels at zoom 1. What these give is in pixels of the viewport.
    double zoom() const { return m_theme.zoom(); }
    double bodyTop() const { return m_scene ? m_scene->headerHeight * zoom() : 0; }
    double sceneHeight() const { return m_scene ? m_scene->height * zoom() : 0; }

    Theme &m_theme;
    LadderPainter m_painter;
    std::shared_ptr<const ladder::Scene> m_scene;
    ladder::Target m_selected, m_flash;
    QElapsedTimer m_flashClock;
    QTimer m_flashTimer;
    QPushButton *m_pill;
    QString m_empty;
    bool m_follow = true, m_moving = false;
    bool m_marking = false;  // from outside: no scrolling of the user's
    bool m_scrolled = false; // by the user, since this call is shown; only then are rows news
    std::size_t m_new = 0;
};

} // namespace ui
