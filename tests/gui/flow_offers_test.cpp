// SPDX-License-Identifier: Apache-2.0
// A 430 of a call that runs here: what is offered is done by a click, and its outcome is told.
#include <gui/window_support.h>
#include <QPushButton>
#include <ui/panels/bars.h>
#include <ui/panels/explain_panel.h>

class FlowOffersTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void aPingOfOurOwnFlowTellsWhatCameOfIt()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QVERIFY(stage.bridge().startStory("flow-only"));
        const auto offered = [&] {
            auto *ping = stage.find<QPushButton>("offer-ping-flow");
            return ping != nullptr && ping->isVisible() ? ping : nullptr;
        };
        QTRY_VERIFY_WITH_TIMEOUT(offered() != nullptr, 60000);
        QCOMPARE(stage.window().parts().explain->explanation().code, 430);
        QVERIFY(stage.find<QPushButton>("offer-re-register") != nullptr);
        QVERIFY(stage.find<QPushButton>("offer-call-replacing") == nullptr); // no dialog yet
        offered()->click();
        const auto told = [&] {
            return stage.window()
                .parts()
                .notices->sentences()
                .join(QLatin1Char(' '))
                .contains(QLatin1String("the ping"));
        };
        QTRY_VERIFY_WITH_TIMEOUT(told(), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(!stage.bridge().store().story().running, 60000);
    }
};

QTEST_MAIN(FlowOffersTest)
#include "flow_offers_test.moc"
