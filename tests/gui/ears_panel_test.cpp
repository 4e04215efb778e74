// SPDX-License-Identifier: Apache-2.0
// Who would hear what: a line per phone, each change with its reason, a click leads to its row.
#include <gui/gui_support.h>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <ui/panels/ears_panel.h>
#include <ui/replay.h>

class EarsPanelTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void everyPhoneHasALineAndEveryChangeAReason()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::EarsPanel panel(scenery.store(), focus);
        panel.resize(700, 400);
        panel.show();
        const auto *tree = panel.findChild<QTreeWidget *>(QStringLiteral("earsTree"));
        QVERIFY(!tree->isVisible());
        QVERIFY(panel.findChild<QLabel *>(QStringLiteral("noEars"))->isVisible());
        scenery.say(gui::kEarlyMedia);
        QVERIFY(tree->isVisible());
        QCOMPARE(tree->topLevelItemCount(), static_cast<int>(diagnosis::earPolicies().size()));
        for (int i = 0; i < tree->topLevelItemCount(); ++i) {
            const auto *phone = tree->topLevelItem(i);
            QVERIFY(!phone->text(0).isEmpty());
            QCOMPARE(phone->text(2), QStringLiteral("never silent while it waits"));
            QVERIFY2(phone->childCount() > 0, qPrintable(phone->text(0)));
            for (int k = 0; k < phone->childCount(); ++k)
                for (int column = 0; column < 3; ++column)
                    QVERIFY(!phone->child(k)->text(column).isEmpty());
        }
        const auto *ours = tree->topLevelItem(0);
        QVERIFY(ours->text(1).contains(QLatin1String("early media")));
        QVERIFY(ours->text(1).endsWith(QLatin1String("the answered call")));
    }

    void silenceIsToldInSeconds()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::EarsPanel panel(scenery.store(), focus);
        panel.show();
        scenery.say(R"(
  0.000 alice>bob INVITE offer
  0.500 bob>alice 183 tag=b
  6.500 bob>alice 200 tag=b answer
  6.600 alice>bob ACK tag=b
)");
        const auto *tree = panel.findChild<QTreeWidget *>(QStringLiteral("earsTree"));
        QVERIFY(tree->topLevelItemCount() > 0);
        int silent = 0; // of the phones, those that take a bare 183 for nothing to play
        for (int i = 0; i < tree->topLevelItemCount(); ++i) {
            const auto *phone = tree->topLevelItem(i);
            const bool heardNothing = !phone->text(1).contains(QLatin1String("ringback"));
            QCOMPARE(phone->text(2), heardNothing
                                         ? QStringLiteral("6.0 s of silence before the answer")
                                         : QStringLiteral("never silent while it waits"));
            silent += heardNothing ? 1 : 0;
        }
        QVERIFY(silent > 0);
    }

    void aChangeLeadsToItsRow()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::EarsPanel panel(scenery.store(), focus);
        panel.show();
        scenery.say(gui::kEarlyMedia);
        auto *tree = panel.findChild<QTreeWidget *>(QStringLiteral("earsTree"));
        auto *ours = tree->topLevelItem(0);
        auto *answered = ours->child(ours->childCount() - 1);
        ladder::Target jumped;
        connect(&focus, &ui::Focus::jumped, this, [&](ladder::Target target) { jumped = target; });
        Q_EMIT tree->itemClicked(answered, 0);
        QVERIFY(jumped.kind == ladder::TargetKind::Row);
        QCOMPARE(int(scenery.store().trace().row({jumped.id}).status), 200);
    }

    void spacePlaysWhatThePhonesCallerHearsAndMarksWhereItIs()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::EarsPanel panel(scenery.store(), focus);
        panel.show();
        scenery.say(gui::kEarlyMedia);
        auto *tree = panel.findChild<QTreeWidget *>(QStringLiteral("earsTree"));
        auto *play = panel.findChild<QPushButton *>(QStringLiteral("earsPlay"));
        auto &replay = ui::Replay::of(scenery.store());
        tree->setCurrentItem(tree->topLevelItem(1));
        QVERIFY(play->accessibleName().contains(QLatin1String("baresip")));
        tree->setFocus();
        QTest::keyClick(tree, Qt::Key_Space);
        QVERIFY(replay.playing() != nullptr);
        QVERIFY(replay.playing()->ear == diagnosis::EarPolicy::Baresip);
        QCOMPARE(play->text(), QStringLiteral("Stop"));
        const auto *phone = tree->topLevelItem(1);
        QTRY_VERIFY(phone->child(phone->childCount() - 1)->font(0).bold()); // the answer sounds
        QVERIFY(!phone->child(0)->font(0).bold());
        QTest::keyClick(tree, Qt::Key_Space);
        QVERIFY(replay.playing() == nullptr);
        QVERIFY(!phone->child(phone->childCount() - 1)->font(0).bold());
    }

    void nothingIsWorkedOutWhileNobodyLooks()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        ui::EarsPanel panel(scenery.store(), focus);
        scenery.say(gui::kEarlyMedia);
        const auto *tree = panel.findChild<QTreeWidget *>(QStringLiteral("earsTree"));
        QCOMPARE(tree->topLevelItemCount(), 0);
        panel.show();
        QVERIFY(tree->topLevelItemCount() > 0);
    }
};

QTEST_MAIN(EarsPanelTest)
#include "ears_panel_test.moc"
