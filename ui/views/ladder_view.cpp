// SPDX-License-Identifier: Apache-2.0
#include <ui/views/ladder_view.h>

#include <algorithm>
#include <cmath>
#include <QAccessible>
#include <QPainter>
#include <QScrollBar>
#include <QStyle>

namespace ui {
namespace {

constexpr int kFlashMs = 600, kFlashFrame = 30;

} // namespace

LadderView::LadderView(Theme &theme, QWidget *parent)
    : QAbstractScrollArea(parent), m_theme(theme), m_pill(new QPushButton(viewport()))
{
    setObjectName(QStringLiteral("ladder"));
    setAccessibleName(tr("Ladder"));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    m_pill->setObjectName(QStringLiteral("newRows"));
    m_pill->setAccessibleName(tr("Go to the end"));
    m_pill->setProperty("accent", true);
    m_pill->setCursor(Qt::ArrowCursor);
    m_pill->hide();
    connect(m_pill, &QPushButton::clicked, this, &LadderView::followEnd);
    m_flashTimer.setInterval(kFlashFrame);
    connect(&m_flashTimer, &QTimer::timeout, this, [this] {
        if (m_flashClock.elapsed() > kFlashMs)
            m_flashTimer.stop();
        viewport()->update();
    });
    connect(&theme, &Theme::changed, this, &LadderView::applyTheme);
    applyTheme();
}

void LadderView::applyTheme()
{
    m_painter.setTokens(m_theme.tokens());
    // The painter scales the whole Scene, texts with it: what was laid out to fit fits at any zoom.
    m_painter.setFonts({m_theme.fontAt(FontKind::Strong, 1), m_theme.fontAt(FontKind::Small, 1)});
    m_painter.setArrowWidth(zoom() > 1 ? 2 : 1.5); // 3 pixels for a projector's 1.5
    m_moving = true;
    updateScrollBars();
    m_moving = false;
    viewport()->update();
    Q_EMIT widthChanged();
}

void LadderView::setEmptyText(const QString &text)
{
    m_empty = text;
    viewport()->update();
}

void LadderView::setScene(std::shared_ptr<const ladder::Scene> scene, bool fresh, bool follow)
{
    const std::size_t before = m_scene && !fresh ? m_scene->rows.size() : 0;
    m_scene = std::move(scene);
    m_painter.setScene(m_scene.get());
    if (fresh) {
        m_follow = follow;
        m_scrolled = false;
        m_selected = {};
    }
    const std::size_t now = m_scene ? m_scene->rows.size() : 0;
    m_new = m_follow || !m_scrolled ? 0 : m_new + (now > before ? now - before : 0);
    m_moving = true;
    updateScrollBars();
    if (m_follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    else if (fresh)
        verticalScrollBar()->setValue(0);
    m_moving = false;
    placePill();
    viewport()->update();
    if (now != before && QAccessible::isActive()) {
        QAccessibleEvent event(this, QAccessible::ObjectReorder);
        QAccessible::updateAccessibility(&event);
    }
}

void LadderView::updateScrollBars()
{
    const double height = sceneHeight(), width = m_scene ? m_scene->width * zoom() : 0;
    const QSize room = viewport()->size();
    // Floor, not ceil: for a fraction of a pixel nobody scrolls.
    const auto beyond = [](double size, int view) {
        return std::max(0, static_cast<int>(std::floor(size)) - view);
    };
    verticalScrollBar()->setRange(0, beyond(height, room.height()));
    verticalScrollBar()->setPageStep(std::max(1, room.height() - static_cast<int>(bodyTop())));
    verticalScrollBar()->setSingleStep(24);
    horizontalScrollBar()->setRange(0, beyond(width, room.width()));
    horizontalScrollBar()->setPageStep(room.width());
    horizontalScrollBar()->setSingleStep(24);
}

void LadderView::followEnd()
{
    m_follow = true;
    m_new = 0;
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    placePill();
}

void LadderView::reveal(ladder::Target target)
{
    m_follow = false;
    mark(target);
}

void LadderView::placePill()
{
    m_pill->setVisible(m_new > 0);
    if (m_new == 0)
        return;
    m_pill->setText(tr("%1 new").arg(m_new));
    m_pill->setAccessibleName(tr("%1 new rows, go to the end").arg(m_new));
    m_pill->adjustSize();
    m_pill->move((viewport()->width() - m_pill->width()) / 2,
                 viewport()->height() - m_pill->height() - 12);
}

void LadderView::scrollContentsBy(int dx, int dy)
{
    Q_UNUSED(dx)
    Q_UNUSED(dy)
    if (!m_moving) { // the user's own scrolling decides whether the end is followed
        m_follow = verticalScrollBar()->value() >= verticalScrollBar()->maximum();
        m_scrolled = m_scrolled || !m_marking;
        if (m_follow)
            m_new = 0;
        placePill();
    }
    viewport()->update();
}

void LadderView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    m_moving = true;
    updateScrollBars();
    if (m_follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    m_moving = false;
    placePill();
    Q_EMIT widthChanged();
}

void LadderView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_theme.tokens().colour(Neutral::Background));
    if (!m_scene || m_scene->rows.empty()) {
        paintEmpty(painter);
        return;
    }
    const QPoint offset(horizontalScrollBar()->value(), verticalScrollBar()->value());
    const double top = offset.y(), bottom = top + viewport()->height();
    painter.translate(-offset);
    painter.scale(zoom(), zoom());
    paintSelection(painter);
    m_painter.setSelected(selectedIndex());
    const double left = offset.x() / zoom(), right = (offset.x() + viewport()->width()) / zoom();
    m_painter.paintRows(painter, QRectF(QPointF(left, (top + bodyTop()) / zoom()),
                                        QPointF(right, bottom / zoom())));
    paintMark(painter);
    paintFlash(painter);
    painter.resetTransform();
    painter.setClipRect(0, 0, viewport()->width(), static_cast<int>(bodyTop()));
    painter.fillRect(viewport()->rect(), m_theme.tokens().colour(Neutral::Surface));
    painter.translate(-offset.x(), 0);
    painter.scale(zoom(), zoom());
    m_painter.paintHeader(painter, left, right);
    painter.resetTransform();
    painter.setPen(m_theme.tokens().colour(Neutral::Line));
    painter.drawLine(0, static_cast<int>(bodyTop()) - 1, viewport()->width(),
                     static_cast<int>(bodyTop()) - 1);
}

void LadderView::paintSelection(QPainter &painter)
{
    const int index = selectedIndex();
    if (index < 0)
        return;
    const ladder::SceneRow &row = m_scene->rows[static_cast<std::size_t>(index)];
    const double width = std::max(m_scene->width, layoutWidth());
    painter.fillRect(QRectF(0, row.y, width, row.height),
                     m_theme.tokens().colour(Neutral::Selection));
}

void LadderView::paintMark(QPainter &painter)
{
    const int index = selectedIndex();
    if (index < 0)
        return;
    const ladder::SceneRow &row = m_scene->rows[static_cast<std::size_t>(index)];
    const QColor accent = m_theme.tokens().colour(hasFocus() ? Neutral::Focus : Neutral::Edge);
    painter.fillRect(QRectF(horizontalScrollBar()->value() / zoom(), row.y, 3, row.height), accent);
}

void LadderView::paintFlash(QPainter &painter)
{
    if (!m_flashTimer.isActive())
        return;
    const int index = rowIndexOf(m_flash);
    if (index < 0)
        return;
    const ladder::SceneRow &row = m_scene->rows[static_cast<std::size_t>(index)];
    QColor colour = m_theme.tokens().colour(Neutral::Focus);
    const double left = 1.0 - std::min(1.0, static_cast<double>(m_flashClock.elapsed()) / kFlashMs);
    colour.setAlphaF(static_cast<float>(0.35 * left));
    painter.fillRect(QRectF(0, row.y, std::max(m_scene->width, layoutWidth()), row.height), colour);
}

void LadderView::paintEmpty(QPainter &painter)
{
    painter.setPen(m_theme.tokens().colour(Neutral::Muted));
    painter.setFont(m_theme.font(FontKind::Body));
    painter.drawText(viewport()->rect().adjusted(24, 24, -24, -24),
                     Qt::AlignCenter | Qt::TextWordWrap, m_empty);
}

} // namespace ui
