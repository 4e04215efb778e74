// SPDX-License-Identifier: Apache-2.0
// Both schemes stay legible, and a change of scheme arrives everywhere at once.
#include <cmath>
#include <gui/gui_support.h>
#include <QApplication>
#include <QDBusVariant>
#include <QSignalSpy>
#include <ui/theme/desktop_scheme.h>
#include <ui/theme/theme.h>

namespace {

double linear(double value)
{
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor &colour)
{
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

double contrast(const QColor &a, const QColor &b) // WCAG 2
{
    const double high = std::max(luminance(a), luminance(b)),
                 low = std::min(luminance(a), luminance(b));
    return (high + 0.05) / (low + 0.05);
}

} // namespace

class ThemeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void wordsAreLegible()
    {
        using ladder::Role;
        using ui::Neutral;
        for (const auto scheme : {ui::Scheme::Light, ui::Scheme::Dark}) {
            const ui::Tokens &t = ui::tokens(scheme);
            for (const auto under : {Neutral::Background, Neutral::Surface, Neutral::Selection}) {
                for (const auto role :
                     {Role::Request, Role::Provisional, Role::Success, Role::Redirect,
                      Role::ClientError, Role::ServerError, Role::GlobalError, Role::Muted,
                      Role::Local, Role::FindingError, Role::FindingWarning, Role::FindingInfo}) {
                    const double ratio = contrast(t.colour(role), t.colour(under));
                    QVERIFY2(ratio >= 4.5, qPrintable(QStringLiteral("role %1 on %2: %3")
                                                          .arg(int(role))
                                                          .arg(int(under))
                                                          .arg(ratio)));
                }
                QVERIFY(contrast(t.colour(Neutral::Text), t.colour(under)) >= 7);
                QVERIFY(contrast(t.colour(Neutral::Focus), t.colour(under)) >= 4.5);
            }
            for (const auto role : {Role::Provisional, Role::Success, Role::Redirect,
                                    Role::ClientError, Role::ServerError})
                QVERIFY(contrast(t.colour(role), t.tint(role)) >= 4.5);
            QVERIFY(contrast(t.colour(Neutral::Focus), t.onSolid()) >= 4.5);
            QVERIFY(contrast(t.colour(Neutral::Edge), t.colour(Neutral::Background)) >= 3);
        }
    }

    void theSchemeChangesLive()
    {
        ui::Theme theme;
        theme.applyTo(*qApp);
        QSignalSpy spy(&theme, &ui::Theme::changed);
        theme.choose(ui::SchemeChoice::Dark);
        QCOMPARE(spy.count(), 1);
        QCOMPARE(qApp->palette().color(QPalette::Base),
                 ui::tokens(ui::Scheme::Dark).colour(ui::Neutral::Background));
        QVERIFY(!qApp->styleSheet().contains(QLatin1Char('@'))); // every token was replaced
        theme.choose(ui::SchemeChoice::Light);
        QCOMPARE(qApp->palette().color(QPalette::Base),
                 ui::tokens(ui::Scheme::Light).colour(ui::Neutral::Background));
    }

    void theDesktopIsFollowedUntilChosenOtherwise()
    {
        ui::Theme theme;
        ui::DesktopScheme desktop(theme);
        const auto tell = [&](uint value) {
            desktop.settingChanged(QStringLiteral("org.freedesktop.appearance"),
                                   QStringLiteral("color-scheme"), QDBusVariant(value));
        };
        tell(1);
        QCOMPARE(theme.scheme(), ui::Scheme::Dark);
        tell(0);
        QCOMPARE(theme.scheme(), ui::Scheme::Light);
        theme.choose(ui::SchemeChoice::Light);
        tell(1);
        QCOMPARE(theme.scheme(), ui::Scheme::Light);
        theme.choose(ui::SchemeChoice::Follow);
        QCOMPARE(theme.scheme(), ui::Scheme::Dark);
    }
};

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
