// SPDX-License-Identifier: Apache-2.0
// The newcomer's first click: the 183 story plays, its rows grow, early media arrives, the
// explanation speaks of it.
#include <gui/window_support.h>
#include <QLabel>
#include <QPushButton>
#include <ui/panels/ladder_pane.h>
#include <ui/views/ladder_view.h>

namespace {

bool ladderShows(gui::Stage &stage, const char *label)
{
    const auto *scene = stage.window().parts().ladder->view().scene();
    if (scene == nullptr)
        return false;
    return std::any_of(scene->rows.begin(), scene->rows.end(), [&](const auto &row) {
        return row.spoken.find(label) != std::string::npos;
    });
}

} // namespace

class StoryTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void theFirstButtonPlaysTheEarlyMediaStory()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto *first = stage.find<QPushButton>("playFirstStory");
        QVERIFY(first != nullptr && first->isEnabled());
        first->click();
        QTRY_VERIFY_WITH_TIMEOUT(ladderShows(stage, "183"), 20000);
        QTRY_VERIFY_WITH_TIMEOUT(
            stage.find<QLabel>("earlyMediaFigures")->text().contains(QLatin1String("PCM")), 20000);
        QTRY_VERIFY_WITH_TIMEOUT(
            stage.find<QLabel>("explainTitle")->text().contains(QLatin1String("Session Progress")),
            20000);
        QVERIFY(stage.find<QWidget>("story")->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(ladderShows(stage, "200"), 40000);
        QTRY_VERIFY_WITH_TIMEOUT(!stage.bridge().store().story().running, 60000);
        QVERIFY2(stage.bridge().store().story().error.empty(),
                 stage.bridge().store().story().error.c_str());
    }
};

QTEST_MAIN(StoryTest)
#include "story_test.moc"
