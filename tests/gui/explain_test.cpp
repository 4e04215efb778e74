// SPDX-License-Identifier: Apache-2.0
// The explanation beside the ladder: evidence leads to its row, the fix asks for its action,
// foreign words stay words.
#include <gui/gui_support.h>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTextBrowser>
#include <ui/panels/explain_panel.h>
#include <ui/panels/ladder_pane.h>
#include <ui/views/ladder_view.h>

class ExplainTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void evidenceLeadsToItsRow()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::LadderPane pane(scenery.store(), focus, theme);
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        pane.resize(900, 600);
        pane.show();
        scenery.say(gui::kFlowFailed);
        QVERIFY(focus.call() != nullptr);
        QCOMPARE(panel.explanation().code, 430); // the most telling row, without a click
        QVERIFY(!panel.explanation().evidence.empty());
        for (std::size_t i = 0; i < panel.explanation().evidence.size(); ++i) {
            const auto evidence = panel.explanation().evidence[i];
            if (!evidence.row.valid())
                continue;
            QVERIFY(panel.follow(static_cast<int>(i) + 1));
            const int index = pane.view().selectedIndex();
            QVERIFY(index >= 0);
            QCOMPARE(index, pane.view().rowIndexOf({ladder::TargetKind::Row, evidence.row.value}));
            break;
        }
        QVERIFY(!panel.follow(999));
    }

    void theTextHasItsFiveBlocks()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        scenery.say(gui::kFlowFailed);
        const QString text =
            panel.findChild<QTextBrowser *>(QStringLiteral("explainText"))->toPlainText();
        for (const char *heading : {"What happened here", "Impact", "How to fix", "Learn"})
            QVERIFY2(text.contains(QLatin1String(heading)), heading);
        QVERIFY(panel.findChild<QLabel *>(QStringLiteral("explainTitle"))
                    ->text()
                    .contains(QLatin1String("Flow Failed")));
    }

    void theFirstFixIsAButton()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        panel.show();
        scenery.say(gui::kFlowFailed);
        auto *fix = panel.findChild<QPushButton *>(QStringLiteral("fix"));
        QVERIFY(fix->isVisible());
        QVERIFY(!fix->text().isEmpty());
        QSignalSpy spy(&panel, &ui::ExplainPanel::fixWanted);
        fix->click();
        QCOMPARE(spy.count(), 1);
        QVERIFY(spy.at(0).at(0).value<diagnosis::Action>() != diagnosis::Action::None);
    }

    void markupInAMessageIsNotMarkup()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        scenery.say("0 alice>bob INVITE offer\n"
                    "0.1 bob>alice 486 \"Server: <img src=http://192.0.2.1/x><b>x</b>\" \"Reason: "
                    "<h1>big</h1>\"\n"
                    "0.2 alice>bob ACK\n");
        const auto *text = panel.findChild<QTextBrowser *>(QStringLiteral("explainText"));
        QVERIFY(!text->toHtml().contains(QLatin1String("<img")));
        for (const QLabel *label : panel.findChildren<QLabel *>())
            QCOMPARE(label->textFormat(), Qt::PlainText);
    }
};

QTEST_MAIN(ExplainTest)
#include "explain_test.moc"
