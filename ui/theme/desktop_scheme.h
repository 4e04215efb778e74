// SPDX-License-Identifier: Apache-2.0
// Asks the desktop portal whether the user prefers dark, and hears of changes. UI thread; never
// waits for the answer.
#pragma once

#include <QObject>
#include <QVariant>

class QDBusVariant;

namespace ui {

class Theme;

class DesktopScheme : public QObject
{
    Q_OBJECT
public:
    explicit DesktopScheme(Theme &theme, QObject *parent = nullptr);
    /// Sends the question; without a session bus nothing happens and light stays.
    void start();

public Q_SLOTS:
    void settingChanged(const QString &area, const QString &key, const QDBusVariant &value);

private:
    void take(const QVariant &value);

    Theme &m_theme;
};

} // namespace ui
