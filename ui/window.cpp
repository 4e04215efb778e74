// SPDX-License-Identifier: Apache-2.0
#include <ui/window.h>

#include <cstdio>
#include <desk/call_text.h>
#include <QAbstractEventDispatcher>
#include <QAccessible>
#include <QApplication>
#include <QDockWidget>
#include <QIcon>
#include <ui/audio_menu.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/bridge/quit_signals.h>
#include <ui/deeds.h>
#include <ui/later.h>
#include <ui/main_window.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/network_dialog.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/theme/desktop_scheme.h>
#include <ui/theme/theme.h>
#include <ui/views/ladder_access.h>

namespace ui {
namespace {

void chooseScheme(Theme &theme, Settings &settings, const std::string &wanted)
{
    const QString name =
        wanted.empty() ? settings.text(QStringLiteral("view/scheme")) : shown(wanted);
    if (name == QLatin1String("light"))
        theme.choose(SchemeChoice::Light);
    else if (name == QLatin1String("dark"))
        theme.choose(SchemeChoice::Dark);
}

void keepScheme(const Theme &theme, Settings &settings)
{
    static constexpr const char *kNames[] = {"", "light", "dark"};
    settings.setText(QStringLiteral("view/scheme"),
                     QString::fromLatin1(kNames[static_cast<int>(theme.choice())]));
}

void begin(MainWindow &window, const StartOptions &options)
{
    window.deeds().setClocks(options.clocks);
    for (const std::string &file : options.files)
        window.deeds().openFile(QString::fromStdString(file));
    if (!options.story.empty())
        window.deeds().playStory(QString::fromStdString(options.story));
    if (!options.callTarget.empty()) {
        window.parts().dial->setTarget(QString::fromStdString(options.callTarget));
        window.parts().dial->call();
    }
}

// Sees the window's first paint, then the event loop going to sleep for the first time.
class Milestones : public QObject
{
public:
    Milestones(QWidget &window, const std::function<void(std::string_view)> &tell)
        : m_window(window), m_tell(tell)
    {
        window.installEventFilter(this);
    }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Paint) {
            m_window.removeEventFilter(this);
            later(this, {}, [this] { mapped(); });
        }
        return QObject::eventFilter(watched, event);
    }

private:
    void mapped()
    {
        m_tell("mapped");
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, this,
                [this] {
                    QAbstractEventDispatcher::instance()->disconnect(this);
                    m_tell("idle");
                });
    }

    QWidget &m_window;
    const std::function<void(std::string_view)> &m_tell;
};

void scheduleScreenshot(MainWindow &window, const StartOptions &options)
{
    later(&window, options.screenshotAfter, [&window, &options] {
        const QString panel = QString::fromStdString(options.raise) + QLatin1String("Dock");
        if (auto *dock = window.findChild<QDockWidget *>(panel))
            dock->raise();
        later(&window, std::chrono::milliseconds(100), [&window, &options] {
            window.grab().save(QString::fromStdString(options.screenshot), "PNG");
            window.close();
        });
    });
}

/// The one that is kept, unless another was asked for; one that cannot be is no reason not to
/// start.
void takeDnsServer(const Settings &settings, engine::Options &options)
{
    if (!options.dnsServer.empty())
        return;
    options.dnsServer = toStd(settings.text(QLatin1String(NetworkDialog::kDnsSetting)));
    engine::Options alone;
    alone.dnsServer = options.dnsServer;
    if (!engine::checkOptions(alone))
        options.dnsServer.clear();
}

} // namespace

std::string qtVersion()
{
    return qVersion();
}

int runWindow(int argc, char **argv, StartOptions options)
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("earshot"));
    QApplication::setApplicationDisplayName(QStringLiteral("Earshot"));
    application.setProperty("versions", QString::fromStdString(options.versions).trimmed());
    QApplication::setDesktopFileName(QStringLiteral("org.earshot.earshot"));
    QAccessible::installFactory(ladderAccess);
    Settings settings;
    if (!settings.flag(QStringLiteral("session/record"), true))
        options.desk.recording = {};
    if (options.desk.media.device.empty())
        options.desk.media.device = toStd(settings.text(QLatin1String(AudioMenu::kSetting)));
    if (options.desk.media.portFirst == 0) // what is kept is looked at when it is entered
        static_cast<void>(desk::readPorts(
            toStd(settings.text(QLatin1String(NetworkDialog::kPortsSetting))), options.desk.media));
    takeDnsServer(settings, options.desk.engine);
    auto bridge = DeskBridge::open(options.desk);
    if (!bridge) {
        std::fprintf(stderr, "earshot: %s\n", bridge.error().sentence.c_str());
        return 1;
    }
    Theme theme;
    chooseScheme(theme, settings, options.scheme);
    theme.applyTo(application);
    DesktopScheme desktop(theme);
    desktop.start();
    MainWindow window(**bridge, theme, settings);
    if (options.width > 0 && options.height > 0)
        window.resize(options.width, options.height);
    else
        window.restoreGeometry(settings.bytes(QStringLiteral("window/geometry")));
    const QuitSignals signals(window);
    std::unique_ptr<Milestones> milestones;
    if (options.milestone)
        milestones = std::make_unique<Milestones>(window, options.milestone);
    window.show();
    later(&window, {}, [&] { begin(window, options); });
    if (!options.screenshot.empty())
        scheduleScreenshot(window, options);
    const int code = QApplication::exec();
    if (options.scheme.empty())
        keepScheme(theme, settings);
    return code;
}

} // namespace ui
