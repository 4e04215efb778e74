// SPDX-License-Identifier: Apache-2.0
// The search for the silence that a flow survives, and the call to our own address.
#include <gui/gui_support.h>
#include <gui/own_flow.h>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeWidget>
#include <ui/panels/idle_dialog.h>
#include <ui/panels/self_call_dialog.h>
#include <ui/theme/theme.h>

namespace {

using namespace std::chrono_literals;

struct Parts {
    explicit Parts(QDialog *dialog)
        : begin(dialog->findChild<QPushButton *>(dialog->objectName() + QLatin1String("Begin"))),
          verdict(dialog->findChild<QLabel *>(dialog->objectName() + QLatin1String("Verdict"))),
          list(dialog->findChild<QTreeWidget *>(dialog->objectName() + QLatin1String("List")))
    {
    }
    QPushButton *begin;
    QLabel *verdict;
    QTreeWidget *list;
};

desk::CallInfo call(std::uint32_t handle, const char *callId, bool incoming)
{
    desk::CallInfo out;
    out.handle = engine::CallHandle{handle};
    out.callId = callId;
    out.incoming = incoming;
    out.from = "sip:bob@example.test";
    out.stage = incoming ? desk::CallInfo::Stage::Ringing : desk::CallInfo::Stage::Calling;
    return out;
}

class FlowMeasureTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init()
    {
        gui::failOnWarnings();
        m_trace = std::make_unique<trace::Trace>();
        m_store = std::make_unique<ui::Store>(*m_trace);
        gui::apply(*m_store, gui::upFlow());
    }
    void cleanup() { delete m_dialog; }

    void theBracketNarrowsStepByStep()
    {
        auto *dialog = new ui::IdleDialog(*m_store, m_theme, {gui::kAccount, 1}, {1s, 8s});
        m_dialog = dialog;
        dialog->show();
        const Parts parts(dialog);
        QSignalSpy silences(dialog, &ui::IdleDialog::leaveAloneWanted);
        QTest::keyClick(dialog, Qt::Key_Tab);
        QCOMPARE(silences.count(), 0);
        parts.begin->click();
        QCOMPARE(silences.count(), 1);
        QCOMPARE(silences.at(0).at(2).value<base::Duration>(), base::Duration(1s));
        QVERIFY(!parts.begin->isEnabled());
        auto report = gui::upFlow();
        report.lastPing = base::now() + 1s; // as if the silence were over
        report.lastPong = report.lastPing + 5ms;
        gui::apply(*m_store, report);
        QCOMPARE(parts.list->topLevelItemCount(), 1);
        QCOMPARE(parts.list->topLevelItem(0)->text(2), QStringLiteral("answered"));
        QCOMPARE(parts.list->topLevelItem(0)->text(4), QStringLiteral("?"));
        QTRY_COMPARE(silences.count(), 2);
        QCOMPARE(silences.at(1).at(2).value<base::Duration>(), base::Duration(2s));
        dialog->close(); // gives it up: the keep-alives go on
        QCOMPARE(silences.count(), 3);
        QCOMPARE(silences.at(2).at(2).value<base::Duration>(), base::Duration(0));
    }

    void whatIsRegisteredIsReachedOrNot()
    {
        std::vector<engine::CallHandle> hungUp;
        auto *dialog =
            new ui::SelfCallDialog(*m_store, m_theme, {gui::kAccount, 1},
                                   {[](const desk::CallOptions &) { return engine::CallHandle{3}; },
                                    [&](engine::CallHandle each) { hungUp.push_back(each); }});
        m_dialog = dialog;
        dialog->show();
        const Parts parts(dialog);
        parts.begin->click();
        m_store->applyCall(call(3, "own", false));
        auto stranger = call(4, "other", true);
        stranger.from = "sip:mallory@example.test";
        m_store->applyCall(stranger);
        QVERIFY2(parts.verdict->text().startsWith(QLatin1String("Waiting")),
                 qPrintable(parts.verdict->text()));
        m_store->applyCall(call(5, "own", true));
        QVERIFY2(parts.verdict->text().startsWith(QLatin1String("PASS: reachable")),
                 qPrintable(parts.verdict->text()));
        QCOMPARE(hungUp.size(), 1U);
        QCOMPARE(hungUp.front().value, 3U);
    }

    void aCallThatNobodyGetsIsNoPass()
    {
        auto *dialog =
            new ui::SelfCallDialog(*m_store, m_theme, {gui::kAccount, 1},
                                   {[](const desk::CallOptions &) { return engine::CallHandle{3}; },
                                    [](engine::CallHandle) {}});
        m_dialog = dialog;
        const Parts parts(dialog);
        parts.begin->click();
        auto own = call(3, "own", false);
        own.stage = desk::CallInfo::Stage::Failed;
        own.status = 480;
        own.phrase = "Temporarily Unavailable";
        m_store->applyCall(own);
        QVERIFY2(parts.verdict->text().startsWith(
                     QLatin1String("FAIL: registered but not reachable: our own call was refused "
                                   "with 480")),
                 qPrintable(parts.verdict->text()));
    }

    void aFlowThatIsNotUpIsNotMeasured()
    {
        auto report = gui::upFlow();
        report.state = base::FlowState::BackingOff;
        gui::apply(*m_store, report);
        m_dialog = new ui::IdleDialog(*m_store, m_theme, {gui::kAccount, 1});
        const Parts parts(m_dialog);
        QVERIFY(!parts.begin->isEnabled());
        QVERIFY(parts.verdict->text().contains(QLatin1String("not up")));
    }

private:
    ui::Theme m_theme;
    std::unique_ptr<trace::Trace> m_trace;
    std::unique_ptr<ui::Store> m_store;
    QPointer<QDialog> m_dialog;
};

} // namespace

QTEST_MAIN(FlowMeasureTest)
#include "flow_measure_test.moc"
