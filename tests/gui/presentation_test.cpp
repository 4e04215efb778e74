// SPDX-License-Identifier: Apache-2.0
// Presentation: on a small projector the ladder keeps the room, and what stood before comes back.
#include <gui/window_support.h>
#include <QAction>
#include <QDockWidget>
#include <ui/panels/call_list.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/ladder_pane.h>
#include <ui/views/ladder_view.h>

class PresentationTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void theLadderHasMostOfASmallProjectorAndEverythingComesBack()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        const QTemporaryDir folder;
        stage.window().deeds().openFile(gui::sceneFile(folder, gui::kFlowFailed));
        const ui::Parts &parts = stage.window().parts();
        QTRY_VERIFY(parts.callsDock->isVisible());
        QVERIFY(parts.earlyDock->isVisible() || parts.flowsDock->isVisible());
        const bool dial = parts.dial->isVisible();
        auto *present = stage.find<QAction>("view.present");
        present->trigger();
        QTRY_VERIFY(!parts.callsDock->isVisible());
        QVERIFY(!parts.dial->isVisible() && !parts.earlyDock->isVisible());
        QVERIFY(parts.explainDock->isVisible());
        QCOMPARE(stage.theme().zoom(), 1.5);
        const int window = stage.window().width();
        QTRY_VERIFY2(parts.ladder->width() * 100 >= window * 55,
                     qPrintable(QStringLiteral("%1 of %2").arg(parts.ladder->width()).arg(window)));
        present->trigger();
        QTRY_VERIFY(parts.callsDock->isVisible());
        QCOMPARE(parts.dial->isVisible(), dial);
        QVERIFY(parts.earlyDock->isVisible() || parts.flowsDock->isVisible());
        QCOMPARE(stage.theme().zoom(), 1.0);
    }

    void aCallThatComesDuringItIsShownTheSameWay()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        const ui::Parts &parts = stage.window().parts();
        auto *present = stage.find<QAction>("view.present");
        present->trigger(); // still on the welcome page
        const QTemporaryDir folder;
        stage.window().deeds().openFile(gui::sceneFile(folder, gui::kFlowFailed));
        QTRY_VERIFY(parts.explainDock->isVisible() && !parts.callsDock->isVisible());
        QVERIFY(!parts.dial->isVisible());
        present->trigger();
        QTRY_VERIFY(parts.callsDock->isVisible());
    }
};

QTEST_MAIN(PresentationTest)
#include "presentation_test.moc"
