// SPDX-License-Identifier: Apache-2.0
// Panels on their own: the account dialog, the flow strip, the incoming bar, the call list, the
// files.
#include <gui/gui_support.h>
#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTreeView>
#include <QTreeWidget>
#include <ui/focus.h>
#include <ui/keychain.h>
#include <ui/panels/account_dialog.h>
#include <ui/panels/bars.h>
#include <ui/panels/call_list.h>
#include <ui/panels/clock_bar.h>
#include <ui/panels/files_panel.h>
#include <ui/panels/flow_strip.h>
#include <ui/panels/status_line.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/theme/theme.h>

namespace {

desk::CallInfo ringing(std::uint32_t handle)
{
    desk::CallInfo call;
    call.handle = {handle};
    call.incoming = true;
    call.stage = desk::CallInfo::Stage::Ringing;
    call.from = "\"Alice A\" <sip:alice@example.test;transport=tcp>;tag=77x";
    return call;
}

base::FlowReport flow(base::FlowState state, const std::string &reason = {})
{
    base::FlowReport report;
    report.aor = "sip:bob@example.test";
    report.regId = 1;
    report.edge = "sip:edge.example.test;lr";
    report.transport = "TCP";
    report.state = state;
    report.reason = reason;
    return report;
}

ui::SavedAccount savedBob()
{
    ui::SavedAccount saved;
    saved.account.aor = "sip:bob@example.test";
    saved.account.proxies = {"sip:a.example.test;lr", "sip:b.example.test;lr"};
    saved.account.credentials.user = "bob";
    return saved;
}

void applyImport(ui::Store &store, const session::ImportState &import)
{
    session::Update update;
    update.import = import;
    store.applyUpdates({std::make_shared<const session::Update>(update)});
}

} // namespace

class PanelsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void theAccountDialogIsFilledInTopDown()
    {
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        auto *at = dialog.findChild<QWidget *>(QStringLiteral("accountAor"));
        at->setFocus();
        for (const char *next :
             {"accountProxies", "accountTransport", "accountUser", "accountPassword"}) {
            QTest::keyClick(at, Qt::Key_Tab);
            at = dialog.focusWidget();
            QCOMPARE(at->objectName(), QLatin1String(next));
        }
    }

    void aWrongAddressLeavesRoomForEveryField()
    {
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        dialog.show();
        const auto *proxies = dialog.findChild<QWidget *>(QStringLiteral("accountProxies"));
        const int before = proxies->height();
        dialog.accept();
        QTRY_VERIFY(dialog.findChild<QLabel *>(QStringLiteral("accountProblem"))->isVisible());
        QTRY_COMPARE(proxies->height(), before);
    }

    void aRefusedAccountIsAskedForItsPasswordAlone()
    {
        ui::Settings settings;
        settings.saveAccount(savedBob());
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        dialog.askAgain("sip:bob@example.test");
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        QCOMPARE(dialog.account().account.proxies.size(), std::size_t{2});
        QCOMPARE(dialog.focusWidget()->objectName(), QStringLiteral("accountPassword"));
        settings.removeAccount("sip:bob@example.test");
    }

    void whatAnAccountSaysOfItsFlowsIsKept()
    {
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        QCOMPARE(dialog.account().account.expires, engine::Account{}.expires);
        dialog.load(savedBob());
        for (const char *name : {"accountKeepAlive", "accountGruu", "accountPlain"}) {
            auto *box = dialog.findChild<QCheckBox *>(QString::fromLatin1(name));
            QVERIFY(!box->isChecked());
            box->click();
        }
        dialog.findChild<QSpinBox *>(QStringLiteral("accountExpires"))->setValue(90);
        settings.saveAccount(dialog.account());
        ui::AccountDialog again(settings, keychain);
        again.askAgain("sip:bob@example.test");
        const engine::Account kept = again.account().account;
        QVERIFY(kept.keepAlive && kept.gruu && kept.plainAfter439);
        QCOMPARE(kept.expires, base::Duration(std::chrono::seconds(90)));
        settings.removeAccount("sip:bob@example.test");
    }

    void aFlowThatRecoveredAtOnceStillShowsThatItFailed()
    {
        ui::Theme theme;
        ui::FlowChip chip(theme);
        chip.setReport(flow(base::FlowState::Up), base::now());
        QVERIFY(!chip.accessibleName().contains(QLatin1String("failed")));
        chip.setReport(flow(base::FlowState::Failed, "The edge closed the connection."),
                       base::now());
        QVERIFY2(chip.accessibleName().contains(QLatin1String("closed the connection")),
                 qPrintable(chip.accessibleName()));
        chip.setReport(flow(base::FlowState::Up), base::now() + std::chrono::seconds(5));
        QVERIFY2(chip.accessibleName().contains(QLatin1String("failed 5 s ago")),
                 qPrintable(chip.accessibleName()));
        QVERIFY(chip.toolTip().contains(QLatin1String("1 failure")));
    }

    void anIncomingCallIsDecidedOnce()
    {
        gui::Scenery scenery;
        ui::IncomingBar bar(scenery.store());
        QSignalSpy answered(&bar, &ui::IncomingBar::answered);
        scenery.store().applyCall(ringing(3));
        QVERIFY(bar.isVisible());
        QCOMPARE(bar.findChild<QLabel *>(QStringLiteral("incomingText"))->text(),
                 QStringLiteral("Incoming call from Alice A (alice@example.test)"));
        bar.findChild<QPushButton *>(QStringLiteral("answer"))->click();
        QVERIFY(!bar.isVisible());
        scenery.store().applyCall(ringing(3)); // until the ACK it goes on ringing
        QVERIFY(!bar.isVisible());
        bar.answer();
        QCOMPARE(answered.count(), 1);
        scenery.store().applyCall(ringing(4));
        QVERIFY(bar.isVisible());
    }

    void theListFollowsWhatTheWindowShows()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::CallList list(scenery.store(), focus, theme);
        scenery.say(gui::kEarlyMedia);
        QTRY_COMPARE(list.view()->currentIndex().row(), 0);
        scenery.say(gui::kFlowFailed); // our own: the window goes there
        QTRY_COMPARE(list.view()->currentIndex().row(), 1);
        QCOMPARE(list.model().callAt(1)->call->id, focus.call()->call->id);
    }

    void legsOfOneCallAreSteppedThrough()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        scenery.say(
            "0 alice>bob INVITE call=a\n1 bob>carol INVITE call=b\n2 gw>home INVITE call=c\n");
        std::vector<session::CallView> views;
        for (const ui::CallPtr &view : scenery.session().calls())
            views.emplace_back(*view).legs = {};
        QCOMPARE(views.size(), std::size_t{3});
        const auto join = [&](std::size_t at, std::size_t to) {
            legs::Join out;
            out.call = views[to].call->id;
            out.reasons = {"The same number was called."};
            auto legs = views[at].legs.list();
            legs.push_back(out);
            views[at].legs = std::move(legs);
        };
        join(0, 2);
        join(2, 0);
        session::Update update;
        for (const auto &view : views)
            update.calls.push_back(std::make_shared<const session::CallView>(view));
        scenery.store().applyUpdates({std::make_shared<const session::Update>(update)});
        focus.showCall(views[0].call->id);
        QVERIFY(focus.stepLeg() != nullptr);
        QCOMPARE(focus.call()->call->id, views[2].call->id);
        const legs::Join *back = focus.stepLeg();
        QVERIFY(back != nullptr && back->reasons.size() == 1);
        QCOMPARE(focus.call()->call->id, views[0].call->id);
        focus.showCall(views[1].call->id);
        QVERIFY(focus.stepLeg() == nullptr);
    }

    void theCardSaysWhatWasFoundInFewWords()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        scenery.say(gui::kFlowFailed);
        const auto &findings = model.callAt(0)->findings;
        QVERIFY(!findings.empty());
        const QString second = model.factsAt(0)->second;
        QVERIFY2(second.size() < 60 && !second.contains(QLatin1Char('[')), qPrintable(second));
        const QString tip = model.index(0, 0).data(Qt::ToolTipRole).toString();
        QVERIFY(tip.contains(ui::shown(findings[0].text).left(20).toHtmlEscaped()));
    }

    void aLongListFiltersWithoutStoppingTheWindow()
    {
        gui::Scenery scenery;
        ui::CallsModel model(scenery.store());
        std::string talk;
        for (int i = 0; i < 2100; ++i)
            talk += std::to_string(i) + " alice>bob INVITE call=c" + std::to_string(i) + "\n";
        scenery.say(talk);
        QCOMPARE(model.rowCount(), 2100);
        model.setFilter(*session::Filter::parse("c2099"));
        QVERIFY(model.busy());
        QCOMPARE(model.rowCount(), 2100); // what was there stays until the answer comes
        QTRY_VERIFY(!model.busy());
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.total(), 2100);
        model.setFilter(*session::Filter::parse("c20"));
        model.setFilter(*session::Filter::parse("")); // the newer wish wins
        QCOMPARE(model.rowCount(), 2100);
    }

    void theCountsSayHowManyMatch()
    {
        gui::Scenery scenery;
        ui::Theme theme;
        ui::Focus focus(scenery.store());
        ui::CallList list(scenery.store(), focus, theme);
        const auto *counts = list.findChild<QLabel *>(QStringLiteral("callCounts"));
        QCOMPARE(counts->text(), QStringLiteral("No calls yet"));
        scenery.say("0 bob>proxy REGISTER call=reg\n0.01 proxy>bob 200 call=reg\n");
        QCOMPARE(counts->text(), QStringLiteral("1 other"));
        scenery.say(gui::kEarlyMedia);
        scenery.say(gui::kFlowFailed);
        QCOMPARE(counts->text(), QStringLiteral("2 calls"));
        auto *filter = list.findChild<QLineEdit *>(QStringLiteral("filter"));
        filter->setText(QStringLiteral("code:430"));
        QCOMPARE(counts->text(), QStringLiteral("1 of 2"));
        filter->setText(QStringLiteral("nobody"));
        QCOMPARE(counts->text(), QStringLiteral("None of 2 matches"));
    }

    void filesTellWhatCouldNotBeRead()
    {
        gui::Scenery scenery;
        ui::FilesPanel panel(scenery.store());
        const auto *list = panel.findChild<QTreeWidget *>(QStringLiteral("files"));
        QVERIFY(list->isHidden());
        session::ImportState import;
        import.path = "/tmp/one.pcap";
        import.running = true;
        import.progress.packets = 12804;
        applyImport(scenery.store(), import);
        QCOMPARE(list->topLevelItemCount(), 1);
        QVERIFY(list->topLevelItem(0)->text(0).contains(QLatin1String("being read")));
        import.running = false;
        import.flaws = {"Packet 7 is cut.", "Its end is missing."};
        applyImport(scenery.store(), import);
        applyImport(scenery.store(), import); // later updates carry the same
        QCOMPARE(list->topLevelItemCount(), 1);
        QCOMPARE(list->topLevelItem(0)->childCount(), 2);
        import.path = "/tmp/two.pcap";
        import.flaws.clear();
        import.running = true;
        applyImport(scenery.store(), import);
        QCOMPARE(list->topLevelItemCount(), 2);
        QCOMPARE(list->topLevelItem(0)->childCount(), 2);
    }

    void theClockOfASecondFileIsToldAndCanBeSaidBetter()
    {
        gui::Scenery scenery;
        ui::FilesPanel panel(scenery.store());
        auto *bar = panel.findChild<QWidget *>(QStringLiteral("clockBar"));
        QStringList asked;
        panel.clock().setReadAgain([&](const QStringList &arguments) { asked = arguments; });
        session::ImportState import;
        import.path = "/tmp/one.pcap";
        import.number = 1;
        applyImport(scenery.store(), import);
        QVERIFY(bar->isHidden());
        import.path = "/tmp/two.pcap";
        import.number = 2;
        import.clock.offset = std::chrono::milliseconds(1234);
        import.clock.messages = 57;
        import.clock.bothWays = import.clock.applied = true;
        applyImport(scenery.store(), import);
        QVERIFY(!bar->isHidden());
        const auto *told = panel.findChild<QLabel *>(QStringLiteral("clockTold"));
        QVERIFY(told->text().contains(QLatin1String("1.234")));
        QVERIFY(told->text().contains(QLatin1String("57 messages")));
        auto *offset = panel.findChild<QDoubleSpinBox *>(QStringLiteral("clockOffset"));
        QCOMPARE(offset->value(), 1234.0);
        offset->setValue(-20.5);
        applyImport(scenery.store(), import); // leaves what was typed
        panel.findChild<QPushButton *>(QStringLiteral("clockApply"))->click();
        QCOMPARE(asked,
                 (QStringList{QStringLiteral("/tmp/one.pcap"), QStringLiteral("/tmp/two.pcap"),
                              QStringLiteral("--clock-offset"),
                              QStringLiteral("/tmp/two.pcap=-20.500000ms")}));
        panel.findChild<QPushButton *>(QStringLiteral("clockEstimate"))->click();
        QCOMPARE(asked.size(), 2);
    }

    void readingShowsHowFarAndHowFast()
    {
        gui::Scenery scenery;
        ui::StatusLine line(scenery.store());
        session::ImportState import;
        import.path = "/tmp/big.pcapng";
        import.running = true;
        import.progress = {410, 1000, 2100000};
        applyImport(scenery.store(), import);
        const QString state = line.findChild<QLabel *>(QStringLiteral("statusState"))->text();
        QVERIFY2(state.contains(QLatin1String("big.pcapng")) &&
                     state.contains(QLatin1String("41 %")) &&
                     state.contains(QLatin1String("2.1 M packets")),
                 qPrintable(state));
        QSignalSpy cancelled(&line, &ui::StatusLine::cancelWanted);
        auto *stop = line.findChild<QPushButton *>(QStringLiteral("importCancel"));
        QVERIFY(stop->isVisibleTo(&line));
        stop->click();
        QCOMPARE(cancelled.count(), 1);
        import.running = false;
        import.outcome.cancelled = true;
        applyImport(scenery.store(), import);
        QVERIFY(!stop->isVisibleTo(&line));
        QVERIFY(line.findChild<QLabel *>(QStringLiteral("statusState"))
                    ->text()
                    .contains(QLatin1String("stopped by hand")));
    }

    void quantitiesAreReadAtAGlance()
    {
        QCOMPARE(ui::quantity(999), QStringLiteral("999"));
        QCOMPARE(ui::quantity(12804), QString::fromUtf8("12\u202F804"));
        QCOMPARE(ui::quantity(2100000), QStringLiteral("2.1 M"));
    }
};

QTEST_MAIN(PanelsTest)
#include "panels_test.moc"
