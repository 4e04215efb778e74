// SPDX-License-Identifier: Apache-2.0
// The desktop's colour scheme over a real session bus, with a portal of the test's own.
#include <gui/gui_support.h>
#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVariant>
#include <QProcess>
#include <QStandardPaths>
#include <ui/theme/desktop_scheme.h>
#include <ui/theme/theme.h>

namespace {

constexpr const char *kPath = "/org/freedesktop/portal/desktop";

} // namespace

class Portal : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
public:
    uint scheme = 0;
    int asked = 0;
    static void tell(QDBusConnection &bus, uint scheme)
    {
        QDBusMessage message = QDBusMessage::createSignal(
            QString::fromLatin1(kPath), QStringLiteral("org.freedesktop.portal.Settings"),
            QStringLiteral("SettingChanged"));
        message << QStringLiteral("org.freedesktop.appearance") << QStringLiteral("color-scheme")
                << QVariant::fromValue(QDBusVariant(scheme));
        bus.send(message);
    }

public Q_SLOTS:
    QDBusVariant Read(const QString &, const QString &)
    {
        ++asked;
        return QDBusVariant(QVariant::fromValue(QDBusVariant(scheme)));
    }
};

class DesktopTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void theDesktopsChoiceIsAskedForAndFollowed()
    {
        if (QStandardPaths::findExecutable(QStringLiteral("dbus-daemon")).isEmpty())
            QSKIP("there is no dbus-daemon here");
        QProcess daemon;
        daemon.start(QStringLiteral("dbus-daemon"),
                     {QStringLiteral("--session"), QStringLiteral("--nofork"),
                      QStringLiteral("--print-address")});
        QVERIFY(daemon.waitForReadyRead());
        const QByteArray address = daemon.readLine().trimmed();
        qputenv("DBUS_SESSION_BUS_ADDRESS", address); // before anybody asks for the session bus
        {
            QDBusConnection bus = QDBusConnection::connectToBus(QString::fromLatin1(address),
                                                                QStringLiteral("portal"));
            Portal portal;
            portal.scheme = 1;
            QVERIFY(bus.registerObject(QString::fromLatin1(kPath), &portal,
                                       QDBusConnection::ExportAllSlots));
            QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));
            ui::Theme theme;
            theme.applyTo(*qApp);
            ui::DesktopScheme desktop(theme);
            desktop.start();
            QTRY_COMPARE(theme.scheme(), ui::Scheme::Dark);
            QCOMPARE(portal.asked, 1);
            Portal::tell(bus, 2);
            QTRY_COMPARE(theme.scheme(), ui::Scheme::Light);
            Portal::tell(bus, 1);
            QTRY_COMPARE(theme.scheme(), ui::Scheme::Dark);
        }
        QDBusConnection::disconnectFromBus(QStringLiteral("portal"));
        daemon.terminate();
        daemon.waitForFinished();
    }
};

QTEST_MAIN(DesktopTest)
#include "desktop_test.moc"
