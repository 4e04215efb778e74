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
#include <ui/panels/offer_buttons.h>
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

    void anEighteenXTellsWhatIsHeard()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        scenery.say(gui::kEarlyMedia);
        const auto &dialog = focus.call()->call->earlyDialogs.at(0);
        focus.showRow(dialog.provisionals.at(0));
        QCOMPARE(panel.explanation().code, 183);
        QVERIFY(panel.explanation().verdict.has_value());
        const auto *text = panel.findChild<QTextBrowser *>(QStringLiteral("explainText"));
        for (const char *part : {"What the caller hears", "SDP: in the 183", "RTP: 50 packets",
                                 "Payload type: 0 (PCMU)", "Allowed: yes"})
            QVERIFY2(text->toPlainText().contains(QLatin1String(part)), part);
        // Somebody listens meanwhile; what is heard comes of itself.
        QTRY_VERIFY_WITH_TIMEOUT(text->toPlainText().contains(QLatin1String("% sure")), 30000);
        focus.showRow(focus.call()->call->invite);
        QVERIFY(!panel.explanation().verdict.has_value());
        QVERIFY(!text->toPlainText().contains(QLatin1String("What the caller hears")));
    }

    void aRefusedRegistrationOpensOnItsRefusal()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        scenery.say("0 alice>edge REGISTER tcp \"Supported: path, outbound\" \"Contact: "
                    "<sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>"
                    "\\\"\"\n0.1 edge>alice 439 tcp tag=r\n");
        QVERIFY(focus.call() != nullptr);
        QCOMPARE(panel.explanation().code, 439); // not the REGISTER that asked for it
    }

    void whatCannotBeDoneSaysWhy()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::ExplainPanel panel(scenery.store(), focus, theme);
        panel.show();
        scenery.say(gui::kFlowFailed);
        const auto *text = panel.findChild<QTextBrowser *>(QStringLiteral("explainText"));
        QVERIFY(text->toPlainText().contains(QLatin1String("What can be done from here")));
        QVERIFY(
            text->toPlainText().contains(QLatin1String("Nothing: this call was read from a file")));
        QVERIFY(!panel.findChild<QWidget *>(QStringLiteral("offers"))->isVisible());
    }

    void whatCanBeDoneIsAButton()
    {
        using diagnosis::Action;
        ui::OfferButtons buttons;
        buttons.setOffers({{Action::PingFlow, true, "Ping flow 1.", flows::FlowId{3}},
                           {Action::CallOverOtherFlow, false, "Call: only one flow.", {}},
                           {Action::HangUp, true, "Stop: hang up.", {}}});
        buttons.show();
        const auto shown = buttons.findChildren<QPushButton *>();
        QCOMPARE(shown.size(), 2);
        diagnosis::Offer taken;
        connect(&buttons, &ui::OfferButtons::wanted, this,
                [&](const diagnosis::Offer &offer) { taken = offer; });
        buttons.findChild<QPushButton *>(QStringLiteral("offer-ping-flow"))->click();
        QVERIFY(taken.action == Action::PingFlow);
        QVERIFY(taken.flow == flows::FlowId{3});
        buttons.setOffers({{Action::HangUp, false, "Stop: over.", {}}});
        QVERIFY(!buttons.isVisible());
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
