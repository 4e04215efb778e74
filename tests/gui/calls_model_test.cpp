// SPDX-License-Identifier: Apache-2.0
// The call list's model: rows appear, change, fold and filter as a view may rely on.
#include <gui/gui_support.h>
#include <QAbstractItemModelTester>
#include <ui/models/calls_model.h>

class CallsModelTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void rowsAppearAndChange()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        scenery.say(gui::kEarlyMedia);
        QCOMPARE(model.rowCount(), 1);
        const QString card = model.index(0, 0).data().toString();
        QVERIFY2(card.contains(QLatin1String("200")) && card.contains(QLatin1String("alice")),
                 qPrintable(card));
        scenery.say(gui::kFlowFailed);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.factsAt(1)->code, 430);
        QCOMPARE(model.factsAt(1)->role, ladder::Role::ClientError);
        QCOMPARE(model.rowOf(model.callAt(1)->call->id), 1);
        QVERIFY(model.factsAt(0)->early);
    }

    void filterKeepsWhatMatches()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        scenery.say(gui::kEarlyMedia);
        scenery.say(gui::kFlowFailed);
        model.setFilter(*session::Filter::parse("code:430"));
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.factsAt(0)->code, 430);
        model.setFilter(*session::Filter::parse("!code:430"));
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.factsAt(0)->code, 200);
        model.setFilter(*session::Filter::parse(""));
        QCOMPARE(model.rowCount(), 2);
    }

    void otherTrafficFoldsIntoACounter()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        scenery.say("0 bob>proxy REGISTER call=reg\n0.01 proxy>bob 200 call=reg\n");
        QCOMPARE(model.rowCount(), 1); // alone it is worth a row
        scenery.say(gui::kEarlyMedia);
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.hiddenOthers(), 1);
        model.setShowOthers(true);
        QCOMPARE(model.rowCount(), 2);
    }

    void aRegistrationThatHasSentNothingSaysHowFarItsFlowIs()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        auto packet = support::Conversation("0 bob>proxy flow failed reg=3\n").packets().front();
        auto event = std::make_shared<base::LocalEvent>(*packet.local);
        event->callId = "reg@example.test";
        packet.local = event;
        scenery.session().inbox().push(packet);
        scenery.say("");
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.factsAt(0)->parties, QStringLiteral("REGISTER bob"));
        const QString failed = model.factsAt(0)->second;
        QVERIFY2(failed.startsWith(QStringLiteral("flow 3 · FAILED, nothing sent yet · ")),
                 qPrintable(failed));
        scenery.say("0.5 bob>proxy REGISTER call=reg\n");
        const QString waits = model.factsAt(0)->second;
        QVERIFY2(waits.startsWith(QStringLiteral("flow 3 · not answered yet · ")),
                 qPrintable(waits));
    }

    void foreignTextStaysText()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        scenery.say("0 alice>bob INVITE call=<b>bold</b>\n");
        QCOMPARE(model.rowCount(), 1);
        const QString tip = model.index(0, 0).data(Qt::ToolTipRole).toString();
        QVERIFY2(!tip.contains(QLatin1String("<b>")), qPrintable(tip));
        QVERIFY2(tip.contains(QLatin1String("&lt;b&gt;bold")), qPrintable(tip));
    }
};

QTEST_MAIN(CallsModelTest)
#include "calls_model_test.moc"
