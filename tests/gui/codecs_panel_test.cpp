// SPDX-License-Identifier: Apache-2.0
// Offer and answer as tables: every codec with what became of it, what was not negotiated marked.
#include <gui/gui_support.h>
#include <QLabel>
#include <QTreeWidget>
#include <ui/panels/codecs_panel.h>

class CodecsPanelTest : public QObject
{
    Q_OBJECT

    struct Shown {
        gui::Scenery scenery;
        ui::Focus focus{scenery.store()};
        ui::Theme theme;
        ui::CodecsPanel panel{scenery.store(), focus, theme};
        QTreeWidget *tree = panel.findChild<QTreeWidget *>(QStringLiteral("codecsTree"));

        Shown() { panel.show(); }
    };

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void everyCodecHasALineAndTheAnswersAreCompared()
    {
        Shown shown;
        QVERIFY(!shown.tree->isVisible());
        QVERIFY(shown.panel.findChild<QLabel *>(QStringLiteral("noCodecs"))->isVisible());
        shown.scenery.say(gui::kEarlyMedia);
        QVERIFY(shown.tree->isVisible());
        QCOMPARE(shown.tree->topLevelItemCount(), 2);
        QCOMPARE(shown.tree->topLevelItem(0)->text(0),
                 QStringLiteral("The SDP in 200 means the same as the one in 183."));
        const auto *audio = shown.tree->topLevelItem(1);
        QVERIFY(audio->text(0).contains(QLatin1String("offered by the caller in INVITE")));
        QVERIFY(audio->text(0).contains(QLatin1String("answered in 200")));
        QCOMPARE(audio->childCount(), 2);
        QCOMPARE(audio->child(0)->text(0), QStringLiteral("PCMU/8000"));
        QCOMPARE(audio->child(0)->text(2), QStringLiteral("0"));
        QCOMPARE(audio->child(0)->text(4), QStringLiteral("50 packets as 0"));
        QCOMPARE(audio->child(1)->text(2), QStringLiteral("–"));
    }

    void whatWasNotNegotiatedIsMarkedInWordsAndColour()
    {
        Shown shown;
        shown.scenery.say(R"(
0.00 alice>bob INVITE call=one sdp=0,8
0.20 bob>alice 183 tag=b call=one sdp=8
0.30 bob>alice rtp 60 pt=18
2.00 bob>alice 200 tag=b call=one sdp=8@bob:5200
)");
        const auto *audio = shown.tree->topLevelItem(1);
        const auto *g729 = audio->child(audio->childCount() - 1);
        QVERIFY2(g729->text(4).contains(QLatin1String("not negotiated")),
                 qPrintable(g729->text(4)));
        QCOMPARE(g729->foreground(4).color(),
                 shown.theme.tokens().colour(ladder::Role::ServerError));
        QVERIFY(shown.tree->topLevelItem(0)->text(0).contains(QLatin1String("differs")));
    }

    void aLineLeadsToItsMessage()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        ladder::Target jumped;
        connect(&shown.focus, &ui::Focus::jumped, this,
                [&](ladder::Target target) { jumped = target; });
        Q_EMIT shown.tree->itemClicked(shown.tree->topLevelItem(1), 0);
        QCOMPARE(int(shown.scenery.store().trace().row({jumped.id}).status), 200);
    }
};

QTEST_MAIN(CodecsPanelTest)
#include "codecs_panel_test.moc"
