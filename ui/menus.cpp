// SPDX-License-Identifier: Apache-2.0
// Menus made from the command table, with the two lists that change: exports and recent files.
#include <QAction>
#include <QActionGroup>
#include <QFileInfo>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <report/format.h>
#include <ui/audio_menu.h>
#include <ui/commands.h>
#include <ui/deeds.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/theme/theme.h>

namespace ui {
namespace {

// Not window.menuBar(): the menus stand in one widget with the bars below them.
QMenuBar &menuBarOf(QMainWindow &window)
{
    auto *bar = window.findChild<QMenuBar *>(QStringLiteral("menuBar"));
    return bar == nullptr ? *window.menuBar() : *bar;
}

QMenu *menuOf(QMainWindow &window, const char *title)
{
    const QString name = QString::fromLatin1(title);
    const auto slash = name.indexOf(QLatin1Char('/'));
    const QString own = slash < 0 ? name : name.mid(slash + 1);
    const QString id = QStringLiteral("menu-") + QString(name).remove(QLatin1Char('&')).toLower();
    if (auto *known = window.findChild<QMenu *>(id))
        return known;
    QMenu *menu = nullptr;
    if (slash < 0) {
        menu = menuBarOf(window).addMenu(QObject::tr(qPrintable(own)));
    } else {
        auto *parent =
            window.findChild<QMenu *>(QStringLiteral("menu-") + name.left(slash).toLower());
        menu = parent == nullptr ? menuBarOf(window).addMenu(own) : parent->addMenu(own);
    }
    menu->setObjectName(id);
    return menu;
}

QList<QKeySequence> keysOf(const Command &command)
{
    QList<QKeySequence> keys;
    for (const QString &one :
         QString::fromLatin1(command.keys).split(QStringLiteral("; "), Qt::SkipEmptyParts))
        keys << QKeySequence::fromString(one, QKeySequence::PortableText);
    return keys;
}

/// An open menu greys what has nothing to act on and says why; the keys work all the time, so that
/// they can say it too.
void greyWhile(QMenu &menu, QAction &action, const Deeds &deeds, Need need)
{
    if (need == Need::Nothing)
        return;
    menu.setToolTipsVisible(true);
    QObject::connect(&menu, &QMenu::aboutToShow, &action, [&action, &deeds, need] {
        const QString lack = lacking(need, deeds.parts());
        action.setEnabled(lack.isEmpty());
        action.setToolTip(lack.isEmpty() ? QString() : plainTip(lack));
    });
    QObject::connect(&menu, &QMenu::aboutToHide, &action, [&action] { action.setEnabled(true); });
}

void addCommand(QMainWindow &window, Deeds &deeds, const Command &command)
{
    QMenu *menu = menuOf(window, command.menu);
    QString text = QObject::tr(command.text);
    if (text.startsWith(QLatin1Char('-'))) {
        menu->addSeparator();
        text.remove(0, 1);
    }
    auto *action = new QAction(text, &window);
    action->setObjectName(QString::fromLatin1(command.id));
    action->setShortcuts(keysOf(command));
    action->setCheckable(command.checkable);
    const auto run = [&deeds, action, &command] {
        const QString lack = lacking(command.need, deeds.parts());
        if (lack.isEmpty())
            command.run(deeds, *action);
        else
            deeds.tell("lack", lack); // a key cannot be greyed
    };
    QObject::connect(action, &QAction::triggered, &deeds, run);
    menu->addAction(action);
    greyWhile(*menu, *action, deeds, command.need);
    window.addAction(action); // its keys work even while the menu bar is hidden
}

void addExports(QMainWindow &window, Deeds &deeds, QMenu *file)
{
    auto *menu = new QMenu(QObject::tr("&Export the call"), file);
    menu->setObjectName(QStringLiteral("menu-export"));
    const auto add = [&](const QString &title, const QString &id) {
        QAction *action = menu->addAction(menuText(title));
        action->setObjectName(QStringLiteral("export.") + id);
        QObject::connect(action, &QAction::triggered, &deeds, [&deeds, id] { deeds.exportAs(id); });
        greyWhile(*menu, *action, deeds, Need::Call);
    };
    for (const report::Format *format : report::formats::all())
        add(QStringLiteral("%1 (%2)").arg(shown(format->title), shown(format->extension).toUpper()),
            shown(format->id));
    add(QObject::tr("Ladder picture (PNG)"), QStringLiteral("png"));
    if (auto *svg = menu->findChild<QAction *>(QStringLiteral("export.svg")))
        svg->setShortcut(QKeySequence(QStringLiteral("Ctrl+S")));
    file->insertMenu(window.findChild<QAction *>(QStringLiteral("file.stop")), menu);
}

void fillRecent(QMenu *menu, Deeds &deeds)
{
    menu->clear();
    int number = 0;
    for (const QString &path : deeds.parts().settings->recentFiles()) {
        QAction *action = menu->addAction(menuText(shown(toStd(QFileInfo(path).fileName()))));
        action->setObjectName(QStringLiteral("recent.%1").arg(++number));
        action->setStatusTip(path);
        QObject::connect(action, &QAction::triggered, &deeds,
                         [&deeds, path] { deeds.openFile(path); });
    }
    menu->setEnabled(number > 0);
}

void groupColours(QMainWindow &window, Deeds &deeds)
{
    auto *group = new QActionGroup(&window);
    group->setObjectName(QStringLiteral("view.colours"));
    const SchemeChoice now = deeds.parts().theme->choice();
    int index = 0;
    for (const char *id : {"view.follow", "view.light", "view.dark"}) {
        auto *action = window.findChild<QAction *>(QString::fromLatin1(id));
        action->setCheckable(true);
        action->setChecked(static_cast<int>(now) == index++);
        group->addAction(action);
    }
}

} // namespace

void buildMenus(QMainWindow &window, Deeds &deeds)
{
    for (const Command &command : commands())
        addCommand(window, deeds, command);
    auto *file = window.findChild<QMenu *>(QStringLiteral("menu-file"));
    addExports(window, deeds, file);
    auto *recent = new QMenu(QObject::tr("&Recent files"), file);
    recent->setObjectName(QStringLiteral("menu-recent"));
    file->insertMenu(window.findChild<QAction *>(QStringLiteral("file.stop")), recent);
    if (auto *stop = window.findChild<QAction *>(QStringLiteral("file.stop")))
        stop->setEnabled(false); // until something is being read
    const auto refill = [recent, &deeds] { fillRecent(recent, deeds); };
    QObject::connect(&deeds, &Deeds::recentChanged, recent, refill);
    refill();
    auto *call = window.findChild<QMenu *>(QStringLiteral("menu-call"));
    call->insertMenu(window.findChild<QAction *>(QStringLiteral("call.record")),
                     new AudioMenu(*deeds.parts().bridge, *deeds.parts().settings, call));
    groupColours(window, deeds);
    if (auto *record = window.findChild<QAction *>(QStringLiteral("file.record")))
        record->setChecked(deeds.parts().settings->flag(QStringLiteral("session/record"), true));
}

} // namespace ui
