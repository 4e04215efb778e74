// SPDX-License-Identifier: Apache-2.0
#include <ui/focus_mark.h>

#include <algorithm>
#include <array>
#include <QApplication>
#include <QDockWidget>
#include <QEvent>
#include <QPainter>

namespace ui {
namespace {

constexpr int kWidth = 2;

/// The panel a widget lies in; nullptr: in none.
QWidget *panelOf(QWidget *widget)
{
    static constexpr std::array kPanels{"ladderPane", "dialBar", "flowStrip", "welcome",
                                        "story",      "notices", "incoming"};
    for (; widget != nullptr && !widget->isWindow(); widget = widget->parentWidget()) {
        const bool named = std::any_of(kPanels.begin(), kPanels.end(), [&](const char *name) {
            return widget->objectName() == QLatin1String(name);
        });
        if (named)
            return widget;
        if (auto *dock = qobject_cast<QDockWidget *>(widget))
            return dock->isFloating() ? nullptr : dock->widget();
    }
    return nullptr;
}

} // namespace

FocusMark::FocusMark(QWidget *window, Theme &theme) : QWidget(window), m_theme(theme)
{
    setObjectName(QStringLiteral("focusMark"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    hide();
    qApp->installEventFilter(this);
    connect(qApp, &QApplication::focusChanged, this,
            [this](QWidget *, QWidget *now) { follow(now); });
}

void FocusMark::follow(QWidget *focused)
{
    const bool here = focused != nullptr && focused->window() == parentWidget();
    m_panel = here && m_byKeys ? panelOf(focused) : nullptr;
    setVisible(m_panel != nullptr);
    place();
}

void FocusMark::place()
{
    if (!m_panel)
        return;
    const QRect area(m_panel->mapTo(parentWidget(), QPoint(0, 0)), m_panel->size());
    setVisible(m_panel->isVisible());
    setGeometry(area);
    const QRect inner = rect().adjusted(kWidth, kWidth, -kWidth, -kWidth);
    setMask(QRegion(rect()).subtracted(inner)); // what changes inside is not painted twice
    raise();
}

bool FocusMark::eventFilter(QObject *watched, QEvent *event)
{
    switch (event->type()) {
    case QEvent::KeyPress:
    case QEvent::ShortcutOverride:
        m_byKeys = true;
        break;
    case QEvent::MouseButtonPress:
        m_byKeys = false;
        hide();
        break;
    case QEvent::Resize:
    case QEvent::Move:
    case QEvent::Show:
    case QEvent::Hide:
        if (m_panel &&
            (watched == m_panel || watched == m_panel->parentWidget() || watched == parentWidget()))
            QMetaObject::invokeMethod(this, &FocusMark::place, Qt::QueuedConnection);
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void FocusMark::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.tokens().colour(Neutral::Focus));
}

} // namespace ui
