// SPDX-License-Identifier: Apache-2.0
// A call that is opened is read from its first request on, unless somebody asked for a row of it.
#include <gui/gui_support.h>
#include <QScrollBar>
#include <ui/export/exporter.h>
#include <ui/focus.h>
#include <ui/panels/ladder_pane.h>
#include <ui/theme/theme.h>
#include <ui/views/ladder_view.h>

class LadderPaneTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void aCallOpensAtItsFirstRequest()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::LadderPane pane(scenery.store(), focus, theme);
        pane.resize(700, 260); // a few rows
        pane.show();
        QVERIFY(QTest::qWaitForWindowExposed(&pane));
        scenery.say(gui::kEarlyMedia);
        const auto &call = *scenery.store().calls().front()->call;
        focus.showCall(call.id);
        const auto *bar = pane.view().verticalScrollBar();
        QVERIFY2(bar->maximum() > 0, "not all of it fits");
        QCoreApplication::processEvents();
        QCOMPARE(bar->value(), 0);
        QVERIFY2(focus.row() != call.invite, "another row tells of it");
        diagnosis::EvidenceRef last;
        last.row = call.rows.back().row;
        focus.jump(last);
        QVERIFY2(bar->value() > 0, "the row that was asked for is in sight");
    }

    void aPictureIsAsWideAsItsNamesNeedAndSaysWhatItIs()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::LadderPane pane(scenery.store(), focus, theme);
        pane.resize(300, 260);
        QVERIFY(pane.wholeScene() == nullptr);
        scenery.say(gui::kFlowFailed);
        const auto view = scenery.store().calls().front();
        focus.showCall(view->call.id());
        const auto whole = pane.wholeScene();
        QVERIFY(whole != nullptr && whole->width > pane.scene()->width);
        const QStringList heading = ui::headingOf(*view);
        QVERIFY2(heading.front().contains(QLatin1String("430 Flow Failed")),
                 qPrintable(heading.front()));
        QVERIFY(heading.back().contains(QString::fromStdString(view->call->callId)));
        const auto bare = ui::picture(*whole, theme, 1),
                   headed = ui::picture(*whole, theme, 1, heading);
        QVERIFY(headed.height() > bare.height() + 30);
        QCOMPARE(headed.width(), bare.width());
    }
};

QTEST_MAIN(LadderPaneTest)
#include "ladder_pane_test.moc"
