// SPDX-License-Identifier: Apache-2.0
// What a lab story leaves behind: its bar, and the names it gave.
#include <gui/gui_support.h>
#include <QLabel>
#include <QPushButton>
#include <ui/focus.h>
#include <ui/panels/bars.h>

namespace {

void tell(ui::Store &store, bool running)
{
    desk::StoryState state;
    state.name = "early-media";
    state.title = "183 with early media";
    state.steps = 1;
    state.running = running;
    store.applyStory(state);
}

} // namespace

class StoryBarTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void itStaysWithItsOwnCallsAndGoesWithAnother()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::StoryBar bar(scenery.store(), focus);
        scenery.say("0 carol>home INVITE call=older\n");
        tell(scenery.store(), true);
        QVERIFY(bar.isVisible());
        scenery.say(gui::kEarlyMedia);
        scenery.say(gui::kFlowFailed);
        const auto calls = scenery.store().calls();
        focus.showCall(calls[0]->call.id());
        QVERIFY2(bar.isVisible(), "it runs");
        focus.showCall(calls[2]->call.id());
        tell(scenery.store(), false);
        focus.showCall(calls[1]->call.id());
        QVERIFY2(bar.isVisible(), "another call of the story");
        scenery.say("9 carol>home OPTIONS call=later\n");
        QVERIFY2(bar.isVisible(), "nobody looks at it");
        focus.showCall(scenery.store().calls().back()->call.id());
        QVERIFY(!bar.isVisible());
        tell(scenery.store(), true);
        QVERIFY2(bar.isVisible(), "it plays again");
    }

    void spaceGoesOnAndNeitherStopsNorStartsAStory()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::StoryBar bar(scenery.store(), focus);
        bar.setPace(3);
        const auto hasKeys = [&bar](const char *name) {
            return bar.findChild<QPushButton *>(QLatin1String(name))->hasFocus();
        };
        tell(scenery.store(), true);
        bar.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&bar));
        QVERIFY(hasKeys("storyNext"));
        tell(scenery.store(), false);
        QVERIFY(hasKeys("storyClose"));
        tell(scenery.store(), true);
        QVERIFY(hasKeys("storyNext"));
    }
};

QTEST_MAIN(StoryBarTest)
#include "story_bar_test.moc"
