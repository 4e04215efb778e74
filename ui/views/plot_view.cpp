// SPDX-License-Identifier: Apache-2.0
#include <ui/views/plot_view.h>

#include <algorithm>
#include <cmath>
#include <QMouseEvent>
#include <QPainter>
#include <set>
#include <ui/text.h>
#include <ui/theme/theme.h>

namespace ui {
namespace {

constexpr double kMark = 3.5;
constexpr int kStrip = 8; // below the axis: a tick in the colour of each code

} // namespace

struct PlotView::Frame {
    QRectF area;
    desk::PlotScale scale;
    int last = 1;
    double x(int number) const
    {
        return last <= 1 ? area.center().x()
                         : area.left() + 6 + (area.width() - 12) * (number - 1) / (last - 1.0);
    }
    double y(double value) const { return area.bottom() - area.height() * value / scale.top(); }
};

PlotView::PlotView(const char *name, Theme &theme, QWidget *parent)
    : QWidget(parent), m_theme(theme)
{
    setObjectName(QString::fromLatin1(name));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    connect(&theme, &Theme::changed, this, [this] {
        updateGeometry();
        update();
    });
}

void PlotView::setPlot(desk::Plot plot)
{
    m_plot = std::move(plot);
    setAccessibleName(shown(desk::spokenPlot(m_plot)));
    update();
}

QSize PlotView::sizeHint() const
{
    return {qRound(420 * m_theme.zoom()), qRound(180 * m_theme.zoom())};
}

QSize PlotView::minimumSizeHint() const
{
    return {qRound(240 * m_theme.zoom()), qRound(110 * m_theme.zoom())};
}

PlotView::Frame PlotView::frame() const
{
    const QFontMetrics metrics(m_theme.font(FontKind::Small));
    Frame out;
    out.scale = desk::scaleFor(desk::greatestOf(m_plot));
    for (const desk::PlotPoint &each : m_plot.points)
        out.last = std::max(out.last, each.number);
    const int left =
        16 + metrics.horizontalAdvance(QString::number(out.scale.top(), 'f', out.scale.decimals));
    out.area = QRectF(rect()).adjusted(left, 2 * metrics.height() + 8, -10,
                                       -(metrics.height() + kStrip + 8));
    return out;
}

void PlotView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), m_theme.tokens().colour(Neutral::Background));
    painter.setFont(m_theme.font(FontKind::Small));
    const Frame now = frame();
    if (now.area.width() < 20 || now.area.height() < 20)
        return;
    paintAxes(painter, now);
    paintLegend(painter);
    paintPoints(painter, now);
}

void PlotView::paintAxes(QPainter &painter, const Frame &frame) const
{
    const Tokens &t = m_theme.tokens();
    const QFontMetrics metrics = painter.fontMetrics();
    double lowest = frame.area.bottom() + metrics.height(); // labels do not overlap
    for (int i = 0; i <= frame.scale.steps; ++i) {
        const double value = frame.scale.step * i, y = frame.y(value);
        painter.setPen(t.colour(Neutral::Line));
        painter.drawLine(QPointF(frame.area.left(), y), QPointF(frame.area.right(), y));
        if (lowest - y < metrics.height())
            continue;
        lowest = y;
        painter.setPen(t.colour(Neutral::Muted));
        painter.drawText(
            QRectF(0, y - metrics.height() / 2.0, frame.area.left() - 6, metrics.height()),
            Qt::AlignRight | Qt::AlignVCenter, QString::number(value, 'f', frame.scale.decimals));
    }
    painter.setPen(t.colour(Neutral::Muted));
    const int widest = metrics.horizontalAdvance(QString::number(frame.last)) + 18;
    const int room = std::max(1, static_cast<int>(frame.area.width() / widest));
    const int every =
        std::max(1, static_cast<int>(std::ceil(frame.last / static_cast<double>(room))));
    const double top = frame.area.bottom() + kStrip + 4;
    for (int number = 1; number <= frame.last; number += every)
        painter.drawText(QRectF(frame.x(number) - widest / 2.0, top, widest, metrics.height()),
                         Qt::AlignHCenter | Qt::AlignTop, QString::number(number));
}

void PlotView::paintLegend(QPainter &painter) const
{
    const Tokens &t = m_theme.tokens();
    const QFontMetrics metrics = painter.fontMetrics();
    const double middle = 4 + metrics.height() / 2.0;
    double x = 8;
    const auto words = [&](const QString &text, Neutral colour) {
        painter.setPen(t.colour(colour));
        painter.drawText(QPointF(x, middle + metrics.ascent() / 2.0 - 1), text);
        x += metrics.horizontalAdvance(text) + 14;
    };
    painter.setBrush(t.colour(Neutral::Text));
    painter.setPen(t.colour(Neutral::Text));
    painter.drawEllipse(QPointF(x + 4, middle), kMark, kMark);
    x += 12;
    words(shown(m_plot.firstName), Neutral::Text);
    if (!m_plot.secondName.empty()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(t.colour(Neutral::Text));
        painter.drawRect(QRectF(x, middle - kMark, 2 * kMark, 2 * kMark));
        x += 12;
        words(shown(m_plot.secondName), Neutral::Text);
    }
    words(tr("in %1, by %2").arg(shown(m_plot.up), shown(m_plot.across)), Neutral::Muted);
    std::set<int> codes;
    for (const desk::PlotPoint &each : m_plot.points)
        codes.insert(each.code);
    for (const int code : codes) {
        const QString text = code == 0 ? tr("no code") : QString::number(code);
        if (x + metrics.horizontalAdvance(text) + 14 > width())
            break;
        painter.fillRect(QRectF(x, middle - 4, 8, 8),
                         t.colour(code == 0 ? ladder::Role::Muted : ladder::roleOfStatus(code)));
        x += 12;
        words(text, Neutral::Text);
    }
}

/// The first figure is a dot, the second an open square: told apart without colour as well.
void PlotView::paintPoints(QPainter &painter, const Frame &frame) const
{
    const Tokens &t = m_theme.tokens();
    for (const desk::PlotPoint &each : m_plot.points) {
        const QColor colour =
            t.colour(each.code == 0 ? ladder::Role::Muted : ladder::roleOfStatus(each.code));
        const double x = frame.x(each.number);
        painter.fillRect(QRectF(x - 1.5, frame.area.bottom() + 2, 3, kStrip), colour);
        painter.setPen(QPen(colour, 1.5));
        if (each.second) {
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(
                QRectF(x - kMark, frame.y(*each.second) - kMark, 2 * kMark, 2 * kMark));
        }
        if (each.first) {
            painter.setBrush(colour);
            painter.drawEllipse(QPointF(x, frame.y(*each.first)), kMark, kMark);
        }
    }
}

void PlotView::mousePressEvent(QMouseEvent *event)
{
    const Frame now = frame();
    const desk::PlotPoint *nearest = nullptr;
    double least = 12; // pixels
    for (const desk::PlotPoint &each : m_plot.points) {
        const double away = std::abs(now.x(each.number) - event->position().x());
        if (away < least) {
            least = away;
            nearest = &each;
        }
    }
    if (nearest != nullptr)
        Q_EMIT picked(nearest->number);
}

} // namespace ui
