// SPDX-License-Identifier: Apache-2.0
// The window as a whole: names for everything one can reach, plain text, keys, notices, themes,
// files.
#include <fstream>
#include <gui/own_flow.h>
#include <gui/window_support.h>
#include <QAccessible>
#include <QAction>
#include <QComboBox>
#include <QDialog>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QStackedWidget>
#include <QTabBar>
#include <QTreeView>
#include <ui/keychain.h>
#include <ui/panels/account_dialog.h>
#include <ui/panels/bars.h>
#include <ui/panels/call_list.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/help_sheet.h>
#include <ui/panels/ladder_pane.h>
#include <ui/views/ladder_view.h>

namespace {

QString spokenName(QWidget *widget)
{
    const auto *access = QAccessible::queryAccessibleInterface(widget);
    return access == nullptr ? QString() : access->text(QAccessible::Name);
}

QStringList nameless(QWidget &root)
{
    QStringList out;
    for (QWidget *widget : root.findChildren<QWidget *>()) {
        // Qt keeps an empty tab bar for docks that are not stacked yet; with tabs it has their
        // name.
        const auto *bar = qobject_cast<QTabBar *>(widget);
        if (bar != nullptr && bar->count() == 0)
            continue;
        const bool reachable = (widget->focusPolicy() & Qt::TabFocus) != 0 &&
                               !widget->objectName().startsWith(QLatin1String("qt_"));
        if (reachable && spokenName(widget).isEmpty())
            out << QStringLiteral("%1 (%2)").arg(
                widget->objectName(), QString::fromLatin1(widget->metaObject()->className()));
    }
    return out;
}

} // namespace

class WindowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void everythingReachableHasAName()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QCOMPARE(nameless(stage.window()).join(QLatin1Char(' ')), QString());
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        QCOMPARE(nameless(dialog).join(QLatin1Char(' ')), QString());
        ui::HelpSheet help;
        QCOMPARE(nameless(help).join(QLatin1Char(' ')), QString());
    }

    void everyLabelTakesPlainTextOnly()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.window().deeds().say(QStringLiteral("<b>bold</b>"), true);
        const auto labels = stage.window().findChildren<QLabel *>();
        QVERIFY(labels.size() > 20);
        for (const QLabel *label : labels)
            QVERIFY2(label->textFormat() == Qt::PlainText, qPrintable(label->objectName()));
    }

    void everyActionHasAnIdAndItsOwnKeys()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QMap<QString, QString> keys;
        for (const QAction *action : stage.window().findChildren<QAction *>()) {
            for (const QKeySequence &key : action->shortcuts()) {
                const QString text = key.toString();
                QVERIFY2(
                    !keys.contains(text),
                    qPrintable(text + QLatin1String(" is taken twice: ") + action->objectName()));
                keys[text] = action->objectName();
            }
        }
        for (const char *wanted :
             {"Ctrl+O", "Ctrl+Return", "Ctrl+.", "Ctrl+F", "F3", "F1", "F11", "Ctrl+Shift+C"})
            QVERIFY2(keys.contains(QLatin1String(wanted)), wanted);
    }

    void anEmptyTargetIsToldAndSoIsAnImpossibleOne()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto *notices = stage.window().parts().notices;
        stage.find<QPushButton>("call")->click();
        QTRY_COMPARE(notices->sentences().size(), 1);
        stage.window().parts().dial->setTarget(QStringLiteral("not a uri at all"));
        stage.find<QPushButton>("call")->click();
        QTRY_VERIFY2(notices->sentences().value(0).contains(QLatin1String("SIP URI")),
                     qPrintable(notices->sentences().join(QLatin1Char('\n'))));
        QCOMPARE(notices->sentences().size(), 1); // the first was of another attempt
        notices->add(QStringLiteral("Something else."), false);
        QCOMPARE(notices->sentences().size(), 2);
        notices->dismissNewest();
        QCOMPARE(notices->sentences().size(), 1);
    }

    void aBadFileGivesOneSentence()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto *notices = stage.window().parts().notices;
        stage.window().deeds().openFile(QStringLiteral("/nowhere/at/all.pcap"));
        QTRY_COMPARE(notices->sentences().size(), 1);
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("no.pcap"));
        std::ofstream(path.toStdString()) << "this is a shopping list, not a capture";
        stage.window().deeds().openFile(path);
        QTRY_COMPARE(notices->sentences().size(), 2);
        QVERIFY(notices->sentences().back().size() > 20);
        QVERIFY(stage.window().isVisible());
    }

    void aCaptureOpensIntoListLadderAndExplanation()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QTemporaryDir folder;
        stage.window().deeds().openFile(gui::sceneFile(folder, gui::kFlowFailed));
        auto &calls = stage.window().parts().calls->model();
        QTRY_COMPARE(calls.rowCount(), 1);
        QTRY_COMPARE(stage.find<QStackedWidget>("pages")->currentWidget(),
                     static_cast<QWidget *>(stage.window().parts().ladder));
        QTRY_VERIFY(stage.window().parts().ladder->view().scene() != nullptr);
        QTRY_VERIFY(
            stage.find<QLabel>("explainTitle")->text().contains(QLatin1String("Flow Failed")));
        QVERIFY(stage.find<QMenu>("menu-recent")->isEnabled());
    }

    void filesDroppedOnTheWindowOpenOneAfterAnother()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QTemporaryDir folder;
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(gui::sceneFile(folder, gui::kFlowFailed)),
                      QUrl::fromLocalFile(
                          gui::sceneFile(folder, gui::kEarlyMedia, QStringLiteral("other.pcap")))});
        QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton,
                              Qt::NoModifier);
        QCoreApplication::sendEvent(&stage.window(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&stage.window(), &drop);
        QTRY_COMPARE(stage.window().parts().calls->model().rowCount(), 2);
        QCOMPARE(stage.window().parts().notices->sentences(), QStringList());
    }

    void thePaletteFindsCommandsCallsAndCodes()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QTemporaryDir folder;
        stage.window().deeds().openFile(gui::sceneFile(folder, gui::kFlowFailed));
        QTRY_COMPARE(stage.window().parts().calls->model().rowCount(), 1);
        stage.window().deeds().openPalette();
        auto *palette = stage.find<QDialog>("palette");
        QVERIFY(palette != nullptr);
        QCOMPARE(nameless(*palette).join(QLatin1Char(' ')), QString());
        auto *field = palette->findChild<QLineEdit *>(QStringLiteral("paletteField"));
        const auto *list = palette->findChild<QListWidget *>(QStringLiteral("paletteList"));
        field->setText(QStringLiteral("430"));
        QVERIFY(list->item(0)->text().contains(QLatin1String("Flow Failed")));
        field->setText(QStringLiteral("alice"));
        QVERIFY(list->count() >= 1 && list->item(0)->text().contains(QLatin1String("alice")));
        field->setText(QStringLiteral("present"));
        QVERIFY(list->item(0)->text().contains(QLatin1String("Presentation")));
        for (const char *meant : {"settings", "5626", "lab", "theme", "manual", "about", "499"}) {
            field->setText(QLatin1String(meant));
            QVERIFY2(!list->item(0)->text().contains(QLatin1String("Nothing here")), meant);
        }
        field->setText(QStringLiteral("no such thing"));
        QCOMPARE(list->count(), 1);
        QVERIFY(list->item(0)->text().contains(QLatin1String("Nothing here")));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(palette->isVisible()); // that line is nothing to choose
        field->setText(QStringLiteral("dark"));
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(stage.theme().scheme(), ui::Scheme::Dark);
    }

    void aCodeOfThePaletteIsExplained()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.window().deeds().openPalette();
        auto *palette = stage.find<QDialog>("palette");
        auto *field = palette->findChild<QLineEdit *>(QStringLiteral("paletteField"));
        field->setText(QStringLiteral("430"));
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(stage.find<QLabel>("explainTitle")->text(), QStringLiteral("Flow Failed"));
    }

    void theKeysOfTheNextPanelGoRoundAndThePanelHasAFrame()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QTemporaryDir folder;
        stage.window().deeds().openFile(gui::sceneFile(folder, gui::kFlowFailed));
        QTRY_COMPARE(stage.window().parts().calls->model().rowCount(), 1);
        stage.window().activateWindow();
        QTRY_VERIFY(stage.window().isActiveWindow());
        const auto *mark = stage.find<QWidget>("focusMark");
        QSet<QRect> frames;
        for (int i = 0; i < 5; ++i) {
            QTest::keyClick(&stage.window(), Qt::Key_F6);
            QVERIFY(mark->isVisible());
            frames << mark->geometry();
        }
        QVERIFY2(frames.size() >= 4, qPrintable(QString::number(frames.size())));
        QTest::mouseClick(stage.window().parts().calls->view()->viewport(), Qt::LeftButton);
        QVERIFY2(!mark->isVisible(), "who points sees where");
    }

    void theWindowFitsTheScreen()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        const ui::MainWindow fresh(stage.bridge(), stage.theme(), stage.settings());
        const QSize room = fresh.screen()->availableGeometry().size();
        QVERIFY2(fresh.width() <= room.width() && fresh.height() <= room.height(),
                 qPrintable(QStringLiteral("%1x%2 on a screen of %3x%4")
                                .arg(fresh.width())
                                .arg(fresh.height())
                                .arg(room.width())
                                .arg(room.height())));
    }

    void theThemeChangesByItsMenu()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.find<QAction>("view.dark")->trigger();
        QCOMPARE(stage.theme().scheme(), ui::Scheme::Dark);
        QCOMPARE(stage.window().palette().color(QPalette::Window),
                 stage.theme().tokens().colour(ui::Neutral::Surface));
        stage.find<QAction>("view.light")->trigger();
        QCOMPARE(stage.theme().scheme(), ui::Scheme::Light);
    }

    void anAccountThatCannotBeIsRefusedInPlace()
    {
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        dialog.show();
        dialog.findChild<QLineEdit *>(QStringLiteral("accountAor"))->setText(QStringLiteral("bob"));
        dialog.accept();
        QVERIFY(dialog.isVisible());
        const auto *problem = dialog.findChild<QLabel *>(QStringLiteral("accountProblem"));
        QVERIFY(problem->isVisible() && problem->text().contains(QLatin1String("SIP URI")));
    }

    void anAccountUsedBeforeIsProposed()
    {
        ui::SavedAccount saved;
        saved.account.aor = "sip:bob@example.test";
        saved.account.proxies = {"sip:edge.example.test;lr"};
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.settings().saveAccount(saved);
        const auto proposed = [&stage] {
            stage.window().deeds().addAccount();
            auto *dialog = stage.find<QDialog>("accountDialog");
            const QString aor =
                dialog->findChild<QLineEdit *>(QStringLiteral("accountAor"))->text();
            delete dialog;
            return aor;
        };
        QCOMPARE(proposed(), QStringLiteral("sip:bob@example.test"));
        gui::apply(stage.bridge().store(), gui::upFlow());
        QCOMPARE(proposed(), QString()); // he is here: it is another one that is wanted
        stage.settings().removeAccount("sip:bob@example.test");
    }

    void aRefusalIsNoNewsOnceItsAccountIsGone()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto &store = stage.bridge().store();
        auto refused = gui::upFlow();
        refused.state = base::FlowState::Rejected;
        refused.reason = "The registration was refused with 403 Forbidden.";
        gui::apply(store, refused);
        const auto *notices = stage.window().parts().notices;
        QVERIFY(notices->sentences().join(QLatin1Char(' ')).contains(QLatin1String("403")));
        store.forgetAccount(gui::kAccount);
        QCOMPARE(notices->sentences(), QStringList());
    }

    void passwordsAreNeverWritten()
    {
        ui::Settings settings;
        ui::SavedAccount saved;
        saved.account.aor = "sip:bob@example.test";
        saved.account.proxies = {"sip:edge.example.test;lr"};
        saved.account.credentials = {"bob", "planted-secret"};
        settings.saveAccount(saved);
        const auto known = settings.accounts();
        QCOMPARE(known.size(), std::size_t{1});
        QCOMPARE(known.front().account.credentials.user, std::string("bob"));
        QVERIFY(known.front().account.credentials.password.empty());
    }
};

QTEST_MAIN(WindowTest)
#include "window_test.moc"
