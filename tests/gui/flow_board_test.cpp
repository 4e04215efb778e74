// SPDX-License-Identifier: Apache-2.0
// The flow board: a line per flow, what happened to it, what can be done, by mouse and keyboard.
#include <gui/gui_support.h>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeView>
#include <QTreeWidget>
#include <ui/focus.h>
#include <ui/panels/flow_board.h>
#include <ui/panels/flow_strip.h>
#include <ui/theme/theme.h>

namespace {

base::FlowReport report(std::uint32_t regId, base::FlowState state)
{
    base::FlowReport out;
    out.aor = "sip:bob@example.test";
    out.regId = regId;
    out.edge = "sip:edge.example.test;transport=tcp";
    out.transport = "TCP";
    out.state = state;
    out.local = base::Endpoint::parse("192.0.2.9:50111").value();
    out.mapped = base::Endpoint::parse("198.51.100.4:40100").value();
    out.remote = base::Endpoint::parse("192.0.2.2:5060").value();
    out.keepAlive = "CRLF";
    return out;
}

desk::AccountInfo bob()
{
    desk::AccountInfo info;
    info.handle = engine::AccountHandle{7};
    info.account.aor = "sip:bob@example.test";
    auto up = report(1, base::FlowState::Up);
    up.reachableSince = info.reachableSince = base::now();
    up.roundTrips = {std::chrono::milliseconds(2), std::chrono::milliseconds(9),
                     std::chrono::microseconds(3400)};
    auto waiting = report(2, base::FlowState::BackingOff);
    waiting.reason = "The edge closed the connection (FIN).";
    waiting.failures = 3;
    waiting.waitBase = std::chrono::seconds(90);
    waiting.waitMost = std::chrono::seconds(720);
    waiting.nextAttempt = base::now() + std::chrono::seconds(500);
    info.flows = {{1, up}, {2, waiting}};
    return info;
}

QString cell(const ui::FlowsModel &model, int row, const char *id, int role = Qt::DisplayRole)
{
    const auto columns = ui::flowColumns();
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (QLatin1String(columns[i].id) == QLatin1String(id))
            return model.data(model.index(row, static_cast<int>(i)), role).toString();
    return QStringLiteral("no such column");
}

class FlowBoardTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void anEdgeThatIsNotReachedYetHasItsName()
    {
        base::FlowReport flow = report(1, base::FlowState::Resolving);
        flow.remote = {};
        QCOMPARE(ui::edgeText(flow), QStringLiteral("edge.example.test"));
        flow.edge = "sip:[2001:db8::1]:5070;transport=tcp";
        QCOMPARE(ui::edgeText(flow), QStringLiteral("[2001:db8::1]:5070"));
        flow.edge.clear();
        QCOMPARE(ui::edgeText(flow), QStringLiteral("–"));
    }

    void everyFlowHasItsLine()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        store.applyAccount(bob());
        const auto &model = board.model();
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(cell(model, 0, "state").endsWith(QLatin1String("UP")));
        QVERIFY(cell(model, 1, "state").endsWith(QLatin1String("BACKING OFF")));
        QCOMPARE(cell(model, 0, "edge"), QStringLiteral("192.0.2.2:5060"));
        QCOMPARE(cell(model, 0, "mapped"), QStringLiteral("198.51.100.4:40100"));
        QCOMPARE(cell(model, 0, "pong"), QStringLiteral("3.4 ms"));
        QVERIFY(cell(model, 0, "pong", Qt::ToolTipRole).contains(QLatin1String("9.0")));
        QCOMPARE(cell(model, 1, "failures"), QStringLiteral("3 / 0"));
        QVERIFY(cell(model, 1, "next", Qt::ToolTipRole).contains(QLatin1String("720 s")));
        QVERIFY(cell(model, 1, "state", Qt::ToolTipRole).contains(QLatin1String("FIN")));
        const auto *reach = board.findChild<QLabel *>(QStringLiteral("reach"));
        QVERIFY2(reach->text().startsWith(QLatin1String("Calls reach sip:bob@example.test since")),
                 qPrintable(reach->text()));
    }

    void whatCanBeDoneIsDoneToTheChosenFlow()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        auto *ping = board.findChild<QPushButton *>(QStringLiteral("flowPing"));
        QVERIFY(!ping->isEnabled());
        store.applyAccount(bob());
        board.show();
        QSignalSpy pings(&board, &ui::FlowBoard::pingWanted);
        QSignalSpy registers(&board, &ui::FlowBoard::reRegisterWanted);
        QSignalSpy drills(&board, &ui::FlowBoard::drillWanted);
        ping->click();
        QCOMPARE(pings.count(), 1);
        QCOMPARE(pings.at(0).at(1).toUInt(), 1U);
        const auto *again = board.findChild<QPushButton *>(QStringLiteral("flowRegister"));
        QCOMPARE(again->text(), QStringLiteral("&Refresh")); // the flow that is up
        auto *list = board.findChild<QTreeView *>(QStringLiteral("flowList"));
        QTest::keyClick(list, Qt::Key_D);
        list->setCurrentIndex(board.model().index(1, 0));
        QCOMPARE(again->text(), QStringLiteral("Re-&register")); // the one that backs off
        QTest::keyClick(list, Qt::Key_R);
        QTest::keyClick(list, Qt::Key_D); // nothing is left to drop
        QCOMPARE(registers.count(), 1);
        QCOMPARE(registers.at(0).at(1).toUInt(), 2U);
        QCOMPARE(drills.count(), 1);
        for (const auto *each : board.findChildren<QPushButton *>())
            QVERIFY(!each->toolTip().isEmpty());
        QVERIFY(!list->accessibleName().isEmpty());
    }

    void aWaitBeyondTheFormulaIsNotExplainedByIt()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        auto info = bob();
        auto &waiting = info.flows[2];
        waiting.failures = 1; // a 404: asked again after the longest wait
        waiting.waitBase = std::chrono::seconds(30);
        waiting.waitMost = std::chrono::seconds(1800);
        store.applyAccount(info);
        const auto tip = cell(board.model(), 1, "next", Qt::ToolTipRole);
        QVERIFY2(tip.contains(QLatin1String("longest wait")) &&
                     !tip.contains(QLatin1Char('=') + QLatin1String(" min")),
                 qPrintable(tip));
    }

    void aCapturedFlowShowsNoMoreThanIsKnown()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        auto seen = std::make_shared<flows::Flow>();
        seen->id = flows::FlowId{3};
        seen->userAgent = base::Endpoint::parse("192.0.2.20:34567").value();
        seen->edge = base::Endpoint::parse("192.0.2.2:5060").value();
        seen->transport = base::Transport::Tcp;
        flows::FlowEvent ping;
        ping.time = base::Instant{5'000'000'000};
        ping.what = flows::Happening::Ping;
        ping.text = "ping";
        seen->events.push_back(ping);
        store.replaceCalls({}, {seen});
        QCOMPARE(board.model().rowCount(), 1);
        QVERIFY(cell(board.model(), 0, "state").startsWith(QLatin1Char('?')));
        QCOMPARE(cell(board.model(), 0, "local"), QStringLiteral("192.0.2.20:34567"));
        QVERIFY(!board.findChild<QPushButton *>(QStringLiteral("flowPing"))->isEnabled());
        QCOMPARE(board.findChild<QTreeWidget *>(QStringLiteral("flowEvents"))->topLevelItemCount(),
                 1);
    }

    void aCapturedFlowThatFailedIsShownAsFailedAndWhy()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        auto seen = std::make_shared<flows::Flow>();
        seen->id = flows::FlowId{3};
        seen->registered = seen->lastSeen = base::Instant{5'000'000'000};
        seen->token = "not-base64";
        flows::FlowEvent registered;
        registered.time = seen->registered;
        registered.what = flows::Happening::Registered;
        seen->events = {registered};
        store.replaceCalls({}, {seen});
        QVERIFY(cell(board.model(), 0, "state").endsWith(QLatin1String("registered")));
        QCOMPARE(cell(board.model(), 0, "token"), QStringLiteral("opaque: not-base64"));
        auto failed = std::make_shared<flows::Flow>(*seen);
        flows::FlowEvent disowned; // told by its edge, so nothing was seen of the flow itself
        disowned.time = base::Instant{6'000'000'000};
        disowned.what = flows::Happening::Disowned;
        disowned.status = 430;
        disowned.text = "its edge has this flow no more";
        failed->events.push_back(disowned);
        failed->token = "AAAAAAAAAAAAAAIKAAACE8QKAAABhqE="; // 23 octets
        store.replaceCalls({}, {failed});
        QVERIFY(cell(board.model(), 0, "state").endsWith(QLatin1String("failed")));
        QVERIFY(cell(board.model(), 0, "state", Qt::ToolTipRole)
                    .contains(QLatin1String("has this flow no more")));
        QVERIFY2(cell(board.model(), 0, "token").startsWith(QLatin1String("TCP 10.0.0.1:")),
                 qPrintable(cell(board.model(), 0, "token")));
        QVERIFY(cell(board.model(), 0, "token", Qt::ToolTipRole)
                    .contains(QLatin1String("another address")));
    }

    void keepAlivesThatFollowEachOtherAreOneLineOfTheTimeLine()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        auto seen = std::make_shared<flows::Flow>();
        seen->id = flows::FlowId{3};
        using flows::Happening;
        std::int64_t second = 0;
        for (const auto what :
             {Happening::Registered, Happening::Ping, Happening::Pong, Happening::Ping,
              Happening::Pong, Happening::Closed, Happening::Registered, Happening::Ping}) {
            flows::FlowEvent event;
            event.time = base::Instant{++second * 1'000'000'000};
            event.what = what;
            event.text = what == Happening::Ping ? "ping" : what == Happening::Pong ? "pong" : "x";
            seen->events.push_back(event);
        }
        store.replaceCalls({}, {seen});
        const auto *events = board.findChild<QTreeWidget *>(QStringLiteral("flowEvents"));
        QCOMPARE(events->topLevelItemCount(), 5);
        QCOMPARE(events->topLevelItem(0)->text(1), QStringLiteral("ping"));
        const auto folded = events->topLevelItem(3)->text(1);
        QVERIFY2(folded.startsWith(QLatin1String("2 pings and 2 pongs since")), qPrintable(folded));
    }

    void manyFlowsAreCountedSortedAndFiltered()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        std::vector<ui::FlowPtr> flows;
        for (std::uint32_t i = 0; i < 12; ++i) {
            auto seen = std::make_shared<flows::Flow>();
            seen->id = flows::FlowId{i + 1};
            const auto port = std::to_string(34567 + i);
            seen->userAgent = base::Endpoint::parse("192.0.2.20:" + port).value();
            seen->edge =
                base::Endpoint::parse("192.0.2." + std::to_string(i < 2 ? 100 : 9) + ":5060")
                    .value();
            seen->transport = base::Transport::Tcp;
            seen->registered = seen->lastSeen = base::Instant{5'000'000'000};
            flows::FlowEvent event;
            event.time = seen->registered;
            event.what = flows::Happening::Registered;
            seen->events = {event};
            if (i == 7) {
                event.time = base::Instant{6'000'000'000};
                event.what = flows::Happening::Closed;
                seen->events.push_back(event);
            }
            flows.push_back(seen);
        }
        store.replaceCalls({}, flows);
        auto &model = board.model();
        const auto *reach = board.findChild<QLabel *>(QStringLiteral("reach"));
        QCOMPARE(reach->text(), QStringLiteral("12 flows: 1 closed, 11 registered."));
        auto *list = board.findChild<QTreeView *>(QStringLiteral("flowList"));
        list->setCurrentIndex(model.index(3, 0));
        const auto chosen = [&] {
            return model.flowAt(list->currentIndex().row())->report.local.text();
        };
        QCOMPARE(chosen(), std::string("192.0.2.20:34570"));
        list->sortByColumn(0, Qt::AscendingOrder); // what fails comes first
        QVERIFY(cell(model, 0, "state").endsWith(QLatin1String("closed")));
        QCOMPARE(chosen(), std::string("192.0.2.20:34570"));
        list->sortByColumn(3, Qt::AscendingOrder); // 9 before 100
        QCOMPARE(cell(model, 0, "edge"), QStringLiteral("192.0.2.9:5060"));
        QCOMPARE(cell(model, 11, "edge"), QStringLiteral("192.0.2.100:5060"));
        auto *filter = board.findChild<QLineEdit *>(QStringLiteral("flowFilter"));
        QVERIFY(!filter->isHidden());
        filter->setText(QStringLiteral("2.100 registered"));
        QCOMPARE(model.rowCount(), 2);
        filter->clear();
        QCOMPARE(model.rowCount(), 12);
    }

    void aFlowOfOursThatStandsNoMoreIsMarkedAsPast()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        auto seen = std::make_shared<flows::Flow>();
        seen->id = flows::FlowId{3};
        seen->ours = true;
        seen->report = report(1, base::FlowState::Up);
        store.replaceCalls({}, {seen});
        QCOMPARE(cell(board.model(), 0, "state"), QStringLiteral("○ was UP"));
        store.applyAccount(bob());
        QVERIFY2(cell(board.model(), 0, "state").endsWith(QStringLiteral("● UP")),
                 "the same flow, as it stands now");
    }

    void aKeyThatCannotActSaysWhyAndTheAccountIsSwitchedOffByOne()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        store.applyAccount(bob());
        board.show();
        auto *list = board.findChild<QTreeView *>(QStringLiteral("flowList"));
        list->setCurrentIndex(board.model().index(1, 0)); // backs off
        QVERIFY(!board.findChild<QPushButton *>(QStringLiteral("flowPing"))->isEnabled());
        QSignalSpy pings(&board, &ui::FlowBoard::pingWanted);
        QSignalSpy told(&board, &ui::FlowBoard::told);
        QTest::keyClick(list, Qt::Key_P);
        QCOMPARE(pings.count(), 0);
        QCOMPARE(told.count(), 1);
        QVERIFY(told.at(0).at(0).toString().contains(QLatin1String("BACKING OFF")));
        QSignalSpy off(&board, &ui::FlowBoard::unregisterWanted);
        QTest::keyClick(list, Qt::Key_U);
        QCOMPARE(off.count(), 1);
    }

    void aFlowThatOnlyItsTokenTellsOfIsListedWithWhatIsKnown()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::FlowBoard board(scenery.store(), focus, theme);
        scenery.say(R"(
0.000 alice>home INVITE call=one offer
0.002 home>edge INVITE tcp call=one "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>"
0.004 edge>home 430 tcp call=one
0.006 home>alice 480 call=one
0.008 alice>home ACK call=one
)");
        QCOMPARE(board.model().rowCount(), 1);
        QVERIFY2(cell(board.model(), 0, "state").endsWith(QLatin1String("failed")),
                 qPrintable(cell(board.model(), 0, "state")));
        QVERIFY(cell(board.model(), 0, "local").startsWith(QLatin1String("192.0.2.20:")));
        QVERIFY(cell(board.model(), 0, "token").startsWith(QLatin1String("TCP 192.0.2.20:")));
        QCOMPARE(cell(board.model(), 0, "registered"), QStringLiteral("–"));
        const auto *list = board.findChild<QTreeView *>(QStringLiteral("flowList"));
        QVERIFY2(!list->isColumnHidden(3) && list->isColumnHidden(9), "edge, registered");
        QVERIFY(!board.findChild<QLabel *>(QStringLiteral("reach"))
                     ->text()
                     .contains(QLatin1String("No flow is known")));
    }

    void everyTestOfAFlowIsReachedByKeys()
    {
        trace::Trace trace;
        ui::Store store(trace);
        ui::Theme theme;
        ui::Focus focus(store);
        ui::FlowBoard board(store, focus, theme);
        store.applyAccount(bob());
        board.show();
        QSignalSpy idle(&board, &ui::FlowBoard::idleWanted);
        auto *list = board.findChild<QTreeView *>(QStringLiteral("flowList"));
        QTest::keyClick(list, Qt::Key_T);
        auto *menu = board.findChild<QMenu *>(QStringLiteral("flowBoardMenu"));
        QVERIFY(menu != nullptr && menu->isVisible());
        QTest::keyClick(menu, Qt::Key_I);
        QCOMPARE(idle.count(), 1);
    }
};

} // namespace

QTEST_MAIN(FlowBoardTest)
#include "flow_board_test.moc"
