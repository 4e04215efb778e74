// SPDX-License-Identifier: Apache-2.0
// The ladder as a widget: mouse, keys, following the end, what it paints and what a screen reader
// hears.
#include <gui/gui_support.h>
#include <ladder/layout.h>
#include <QAccessible>
#include <QScrollBar>
#include <QSignalSpy>
#include <ui/views/ladder_access.h>
#include <ui/views/ladder_view.h>

namespace {

std::string longCall(int optionsPairs)
{
    std::string text = "0 alice>bob INVITE offer\n0.1 bob>alice 183 tag=x answer\n0.2 "
                       "bob>alice 200 tag=x answer\n"
                       "0.21 alice>bob ACK tag=x\n";
    for (int i = 0; i < optionsPairs; ++i)
        text += fmt::format("{0}.0 alice>bob INFO tag=x cseq={1}\n{0}.1 bob>alice 200\n", i + 1,
                            i + 10);
    return text;
}

std::shared_ptr<const ladder::Scene> sceneOf(gui::Scenery &scenery, double width = 900)
{
    const auto view = scenery.store().calls().back();
    ladder::Options options;
    options.viewWidth = width;
    return std::make_shared<const ladder::Scene>(
        ladder::layout(scenery.store().evidence(*view), view->findings, options));
}

bool showsColour(const QImage &image, const QColor &colour)
{
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixelColor(x, y) == colour)
                return true;
        }
    }
    return false;
}

} // namespace

class LadderViewTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void clickSelectsTheRowUnderIt()
    {
        gui::Scenery scenery;
        scenery.say(gui::kEarlyMedia);
        ui::Theme theme;
        ui::LadderView view(theme);
        view.resize(900, 600);
        view.show();
        view.setScene(sceneOf(scenery), true, false);
        QSignalSpy spy(&view, &ui::LadderView::selectionChanged);
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.rowRect(2).center());
        QCOMPARE(spy.count(), 1);
        QCOMPARE(view.selectedIndex(), 2);
        QVERIFY(view.targetAt({5, 5}).kind != ladder::TargetKind::Row); // the header is no row
    }

    void keysMoveTheSelection()
    {
        gui::Scenery scenery;
        scenery.say(longCall(40));
        ui::Theme theme;
        ui::LadderView view(theme);
        view.resize(900, 400);
        view.show();
        const auto scene = sceneOf(scenery);
        view.setScene(scene, true, false);
        const int last = static_cast<int>(scene->rows.size()) - 1;
        QTest::keyClick(&view, Qt::Key_Home);
        QCOMPARE(view.selectedIndex(), 0);
        QTest::keyClick(&view, Qt::Key_Down);
        QTest::keyClick(&view, Qt::Key_J);
        QCOMPARE(view.selectedIndex(), 2);
        QTest::keyClick(&view, Qt::Key_K);
        QTest::keyClick(&view, Qt::Key_Up);
        QCOMPARE(view.selectedIndex(), 0);
        QTest::keyClick(&view, Qt::Key_PageDown);
        QVERIFY(view.selectedIndex() > 2);
        QTest::keyClick(&view, Qt::Key_End);
        QCOMPARE(view.selectedIndex(), last);
        QVERIFY(view.viewport()->rect().contains(view.rowRect(last).center())); // it is in sight
        QTest::keyClick(&view, Qt::Key_PageUp);
        QVERIFY(view.selectedIndex() < last);
        QSignalSpy opened(&view, &ui::LadderView::activated);
        QTest::keyClick(&view, Qt::Key_Return);
        QCOMPARE(opened.count(), 1);
        QSignalSpy typed(&view, &ui::LadderView::keyTyped);
        QTest::keyClick(&view, 't');
        QCOMPARE(typed.count(), 1);
    }

    void rowsOfAFileThatIsReadAreNoNews()
    {
        gui::Scenery scenery;
        scenery.say(longCall(30));
        ui::Theme theme;
        ui::LadderView view(theme);
        view.resize(900, 300);
        view.show();
        view.setScene(sceneOf(scenery), true, false);
        view.mark(view.scene()->rows.back().target); // the window's own choice
        scenery.say("100.0 alice>bob INFO tag=x cseq=500\n100.1 bob>alice 200\n");
        view.setScene(sceneOf(scenery), false, false);
        QCOMPARE(view.newRows(), std::size_t{0});
        QVERIFY(view.viewport()->findChild<QPushButton *>(QStringLiteral("newRows"))->isHidden());
    }

    void followsTheEndUntilScrolledUp()
    {
        gui::Scenery scenery;
        scenery.say(longCall(30));
        ui::Theme theme;
        ui::LadderView view(theme);
        view.resize(900, 300);
        view.show();
        view.setScene(sceneOf(scenery), true, true);
        QCOMPARE(view.verticalScrollBar()->value(), view.verticalScrollBar()->maximum());
        const auto *pill = view.viewport()->findChild<QPushButton *>(QStringLiteral("newRows"));
        QVERIFY(pill != nullptr && pill->isHidden());
        view.verticalScrollBar()->setValue(0);
        QVERIFY(!view.isFollowing());
        scenery.say("100.0 alice>bob INFO tag=x cseq=500\n100.1 bob>alice 200\n");
        view.setScene(sceneOf(scenery), false, true);
        QCOMPARE(view.verticalScrollBar()->value(), 0); // the reader stays
        QVERIFY(view.newRows() >= 2);
        QVERIFY(!pill->isHidden());
        QVERIFY(pill->text().contains(QString::number(view.newRows())));
        QTest::mouseClick(view.viewport()->findChild<QPushButton *>(QStringLiteral("newRows")),
                          Qt::LeftButton);
        QCOMPARE(view.verticalScrollBar()->value(), view.verticalScrollBar()->maximum());
        QVERIFY(pill->isHidden());
    }

    void paintsRolesInTheThemesColours()
    {
        gui::Scenery scenery;
        scenery.say(gui::kFlowFailed);
        ui::Theme theme;
        ui::LadderView view(theme);
        view.resize(900, 500);
        view.setScene(sceneOf(scenery), true, false);
        for (const auto choice : {ui::SchemeChoice::Light, ui::SchemeChoice::Dark}) {
            theme.choose(choice);
            const QImage image = view.viewport()->grab().toImage();
            QVERIFY(showsColour(image, theme.tokens().colour(ladder::Role::ClientError)));
            QVERIFY(showsColour(image, theme.tokens().colour(ladder::Role::Request)));
            QCOMPARE(image.pixelColor(image.width() - 1, image.height() - 1),
                     theme.tokens().colour(ui::Neutral::Background));
        }
    }

    void rowsSpeak()
    {
        QAccessible::installFactory(ui::ladderAccess);
        gui::Scenery scenery;
        scenery.say(gui::kFlowFailed);
        ui::Theme theme;
        ui::LadderView view(theme);
        const auto scene = sceneOf(scenery);
        view.setScene(scene, true, false);
        auto *access = QAccessible::queryAccessibleInterface(&view);
        QVERIFY(access != nullptr);
        QCOMPARE(access->childCount(), static_cast<int>(scene->rows.size()));
        bool spoke = false;
        for (int i = 0; i < access->childCount(); ++i) {
            QAccessibleInterface *row = access->child(i);
            QVERIFY(row != nullptr && row->role() == QAccessible::ListItem);
            QVERIFY(!row->text(QAccessible::Name).isEmpty());
            spoke = spoke || row->text(QAccessible::Name).contains(QLatin1String("430"));
            QCOMPARE(access->indexOfChild(row), i);
        }
        QVERIFY(spoke);
        QVERIFY(access->child(access->childCount()) == nullptr);
    }
};

QTEST_MAIN(LadderViewTest)
#include "ladder_view_test.moc"
