// SPDX-License-Identifier: Apache-2.0
// Mouse, keys, selection and tooltips of the ladder.
#include <ui/views/ladder_view.h>

#include <algorithm>
#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QStyle>
#include <QToolTip>
#include <ui/text.h>

namespace ui {

int LadderView::rowIndexOf(ladder::Target target) const
{
    if (!m_scene || target.kind == ladder::TargetKind::None)
        return -1;
    const ladder::SceneRow *row = m_scene->rowOf(target);
    return row == nullptr ? -1 : static_cast<int>(row - m_scene->rows.data());
}

void LadderView::selectIndex(int row)
{
    if (!m_scene || m_scene->rows.empty())
        return;
    const int last = static_cast<int>(m_scene->rows.size()) - 1;
    select(m_scene->rows[static_cast<std::size_t>(std::clamp(row, 0, last))].target);
}

void LadderView::select(ladder::Target target)
{
    const int row = rowIndexOf(target);
    if (row >= 0)
        showRow(row);
    if (target == m_selected)
        return;
    m_selected = target;
    viewport()->update();
    Q_EMIT selectionChanged(target);
    if (row >= 0 && QAccessible::isActive()) {
        QAccessibleEvent event(this, QAccessible::Focus);
        event.setChild(row);
        QAccessible::updateAccessibility(&event);
    }
}

void LadderView::mark(ladder::Target target, bool reveal)
{
    m_selected = target;
    const int row = rowIndexOf(target);
    m_marking = true;
    if (reveal && row >= 0 && !(m_follow && sceneHeight() > viewport()->height()))
        showRow(row);
    m_marking = false;
    viewport()->update();
}

void LadderView::flash(ladder::Target target)
{
    select(target);
    m_flash = target;
    m_flashClock.start();
    // Zero: the desktop asked for no motion.
    if (style()->styleHint(QStyle::SH_Widget_Animation_Duration, nullptr, this) > 0)
        m_flashTimer.start();
    viewport()->update();
}

void LadderView::showRow(int row)
{
    const ladder::SceneRow &place = m_scene->rows[static_cast<std::size_t>(row)];
    QScrollBar *bar = verticalScrollBar();
    const double above = place.y * zoom(), below = (place.y + place.height) * zoom();
    const double top = bar->value() + bodyTop(), bottom = bar->value() + viewport()->height();
    if (above < top)
        bar->setValue(static_cast<int>(above - bodyTop()));
    else if (below > bottom)
        bar->setValue(static_cast<int>(below) - viewport()->height() + 1);
}

QRect LadderView::rowRect(int row) const
{
    if (!m_scene || row < 0 || static_cast<std::size_t>(row) >= m_scene->rows.size())
        return {};
    const ladder::SceneRow &place = m_scene->rows[static_cast<std::size_t>(row)];
    return {0, static_cast<int>(place.y * zoom()) - verticalScrollBar()->value(),
            viewport()->width(), static_cast<int>(place.height * zoom())};
}

ladder::Target LadderView::targetAt(const QPoint &position) const
{
    if (!m_scene)
        return {};
    const double x = (position.x() + horizontalScrollBar()->value()) / zoom();
    if (position.y() < bodyTop()) // the header does not scroll away
        return m_scene->hit(x, position.y() / zoom());
    return m_scene->hit(x, (position.y() + verticalScrollBar()->value()) / zoom());
}

void LadderView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const ladder::Target target = targetAt(event->position().toPoint());
    if (target.kind == ladder::TargetKind::Dialog)
        Q_EMIT dialogChosen(target.id);
    else if (rowIndexOf(target) >= 0)
        select(target);
}

void LadderView::mouseMoveEvent(QMouseEvent *event)
{
    const auto kind = targetAt(event->position().toPoint()).kind;
    viewport()->setCursor(kind == ladder::TargetKind::Dialog ? Qt::PointingHandCursor
                                                             : Qt::ArrowCursor);
}

void LadderView::mouseReleaseEvent(QMouseEvent *event)
{
    event->accept();
}

void LadderView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const ladder::Target target = targetAt(event->position().toPoint());
    if (rowIndexOf(target) >= 0)
        Q_EMIT activated(target);
}

bool LadderView::moveByKey(int key, const QString &text)
{
    const int now = selectedIndex();
    const int last = m_scene ? static_cast<int>(m_scene->rows.size()) - 1 : -1;
    const int pitch = qRound(40 * zoom());
    const int page = std::max(1, (viewport()->height() - static_cast<int>(bodyTop())) / pitch);
    if (last < 0)
        return false;
    if (key == Qt::Key_Up || text == QLatin1String("k"))
        selectIndex(now < 0 ? last : now - 1);
    else if (key == Qt::Key_Down || text == QLatin1String("j"))
        selectIndex(now < 0 ? 0 : now + 1);
    else if (key == Qt::Key_Home)
        selectIndex(0);
    else if (key == Qt::Key_End) {
        selectIndex(last);
        followEnd();
    } else if (key == Qt::Key_PageUp)
        selectIndex(now - page);
    else if (key == Qt::Key_PageDown)
        selectIndex(now + page);
    else
        return false;
    return true;
}

void LadderView::keyPressEvent(QKeyEvent *event)
{
    const bool plain =
        (event->modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) == Qt::NoModifier;
    if (plain && moveByKey(event->key(), event->text()))
        return;
    if (plain && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) {
        Q_EMIT activated(m_selected);
        return;
    }
    if (plain && !event->text().isEmpty() && event->text().at(0).isPrint()) {
        Q_EMIT keyTyped(event->text());
        return;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

bool LadderView::viewportEvent(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QAbstractScrollArea::viewportEvent(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    QString tip;
    Q_EMIT hovered(targetAt(help->pos()), &tip);
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), plainTip(tip), viewport());
    return true;
}

} // namespace ui
