// SPDX-License-Identifier: Apache-2.0
#include <ui/theme/desktop_scheme.h>

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <ui/theme/theme.h>

namespace ui {
namespace {

constexpr const char *kService = "org.freedesktop.portal.Desktop";
constexpr const char *kPath = "/org/freedesktop/portal/desktop";
constexpr const char *kInterface = "org.freedesktop.portal.Settings";
constexpr const char *kArea = "org.freedesktop.appearance";
constexpr const char *kKey = "color-scheme";
constexpr unsigned kPrefersDark = 1; // 0: no preference, 2: prefers light

} // namespace

DesktopScheme::DesktopScheme(Theme &theme, QObject *parent) : QObject(parent), m_theme(theme) {}

void DesktopScheme::start()
{
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected())
        return;
    // QtDBus registers the type on its own thread; until then it would refuse the slot in silence.
    qRegisterMetaType<QDBusVariant>();
    bus.connect(QString::fromLatin1(kService), QString::fromLatin1(kPath),
                QString::fromLatin1(kInterface), QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
    auto question =
        QDBusMessage::createMethodCall(QString::fromLatin1(kService), QString::fromLatin1(kPath),
                                       QString::fromLatin1(kInterface), QStringLiteral("Read"));
    question << QString::fromLatin1(kArea) << QString::fromLatin1(kKey);
    auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this,
            [this](QDBusPendingCallWatcher *done) {
                const QDBusPendingReply<QDBusVariant> reply = *done;
                if (!reply.isError())
                    take(reply.value().variant());
                done->deleteLater();
            });
}

void DesktopScheme::settingChanged(const QString &area, const QString &key,
                                   const QDBusVariant &value)
{
    if (area == QLatin1String(kArea) && key == QLatin1String(kKey))
        take(value.variant());
}

void DesktopScheme::take(const QVariant &value)
{
    // Read wraps its answer in one more variant than SettingChanged does.
    QVariant inner = value;
    while (inner.canConvert<QDBusVariant>())
        inner = inner.value<QDBusVariant>().variant();
    m_theme.setDesktopScheme(inner.toUInt() == kPrefersDark ? Scheme::Dark : Scheme::Light);
}

} // namespace ui
