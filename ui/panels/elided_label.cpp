// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/elided_label.h>

#include <QEvent>
#include <QPainter>
#include <QStyle>
#include <ui/text.h>

namespace ui {

ElidedLabel::ElidedLabel(const char *name, QWidget *parent) : QLabel(parent)
{
    setObjectName(QString::fromLatin1(name));
    setTextFormat(Qt::PlainText);
}

QSize ElidedLabel::minimumSizeHint() const
{
    constexpr int kLeast = 40;
    return {std::min(kLeast, QLabel::minimumSizeHint().width()),
            QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const QRect room = contentsRect();
    const QString fitting = fontMetrics().elidedText(text(), Qt::ElideRight, room.width());
    style()->drawItemText(&painter, room, static_cast<int>(alignment()), palette(), isEnabled(),
                          fitting, foregroundRole());
}

bool ElidedLabel::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const bool whole = fontMetrics().horizontalAdvance(text()) <= contentsRect().width();
        setToolTip(whole ? QString() : plainTip(text()));
    }
    return QLabel::event(event);
}

} // namespace ui
