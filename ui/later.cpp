// SPDX-License-Identifier: Apache-2.0
#include <ui/later.h>

#include <QTimer>

namespace ui {

void later(QObject *context, std::chrono::milliseconds delay, std::function<void()> what)
{
    auto *timer = new QTimer(context);
    timer->setSingleShot(true);
    QObject::connect(timer, &QTimer::timeout, timer, &QObject::deleteLater);
    QObject::connect(timer, &QTimer::timeout, context, std::move(what));
    timer->start(delay);
}

} // namespace ui
