// SPDX-License-Identifier: Apache-2.0
// Two figures of numbered things, painted in the window's colours. A click chooses a number. UI
// thread; borrows the theme.
#pragma once

#include <desk/plot.h>
#include <QWidget>

namespace ui {

class Theme;

class PlotView : public QWidget
{
    Q_OBJECT
public:
    PlotView(const char *name, Theme &theme, QWidget *parent = nullptr);

    void setPlot(desk::Plot plot);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void picked(int number);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;

private:
    struct Frame;
    Frame frame() const;
    void paintAxes(QPainter &painter, const Frame &frame) const;
    void paintLegend(QPainter &painter) const;
    void paintPoints(QPainter &painter, const Frame &frame) const;

    Theme &m_theme;
    desk::Plot m_plot;
};

} // namespace ui
