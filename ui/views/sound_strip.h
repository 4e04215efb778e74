// SPDX-License-Identifier: Apache-2.0
// The sound of a call on the clock of its ladder, a lane per stream: how loud it was when, with a
// line for each message that matters to it and one for the row that is selected. Pressing and
// dragging asks for the row of that moment; Left and Right go from mark to mark. UI thread;
// painted, no children.
#pragma once

#include <ladder/sound_picture.h>
#include <QWidget>
#include <ui/theme/theme.h>

namespace ui {

class SoundStrip : public QWidget
{
    Q_OBJECT
public:
    explicit SoundStrip(Theme &theme, QWidget *parent = nullptr);

    /// [from, to]: the part of it that is shown.
    void setPicture(ladder::SoundPicture picture, base::Instant from, base::Instant to);
    void setCursorAt(base::Instant at); // unknown: none
    base::Instant cursorAt() const { return m_cursor; }
    void setChosenLane(int lane);  // -1: none of them
    void setPlaying(bool playing); // the cursor goes along with what sounds
    const ladder::SoundPicture &picture() const { return m_picture; }
    base::Instant timeAt(int x) const;
    int xOf(base::Instant at) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void wanted(base::Instant at); // dragged or clicked there
    void laneWanted(int lane);     // its name was clicked, or Up and Down came to it
    void playWanted();             // Space: play, or stop
    void markWanted(trace::RowId row);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QRect plot() const;
    void drawLane(QPainter &painter, const ladder::SoundLane &lane, const QRect &box,
                  bool chosen) const;
    void drawAxis(QPainter &painter, const QRect &box) const;
    void drawMarks(QPainter &painter, const QRect &box) const;
    void step(int direction);
    void describe();
    QString tipAt(const QPoint &place) const;
    bool inside(base::Instant at) const { return at >= m_from && at <= m_to; }

    Theme &m_theme;
    ladder::SoundPicture m_picture;
    base::Instant m_from, m_to, m_cursor;
    int m_chosen = -1;
    bool m_playing = false;
};

} // namespace ui
