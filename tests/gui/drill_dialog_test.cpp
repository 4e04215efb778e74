// SPDX-License-Identifier: Apache-2.0
// A drill asks before it breaks something, and shows the limits it measures against.
#include <gui/gui_support.h>
#include <gui/own_flow.h>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeWidget>
#include <ui/panels/drill_dialog.h>
#include <ui/theme/theme.h>

namespace {

using namespace std::chrono_literals;
using gui::apply;

class DrillDialogTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init()
    {
        gui::failOnWarnings();
        m_trace = std::make_unique<trace::Trace>();
        m_store = std::make_unique<ui::Store>(*m_trace);
        apply(*m_store, gui::upFlow());
        m_dialog = new ui::DrillDialog(*m_store, m_theme, {gui::kAccount, 1}, engine::Drill::Cut);
        m_dialog->show();
        m_begin = m_dialog->findChild<QPushButton *>(QStringLiteral("drillBegin"));
        m_verdict = m_dialog->findChild<QLabel *>(QStringLiteral("drillVerdict"));
        m_list = m_dialog->findChild<QTreeWidget *>(QStringLiteral("drillList"));
    }
    void cleanup() { delete m_dialog; }

    void nothingIsBrokenUntoldOrByEnter()
    {
        const auto *text = m_dialog->findChild<QLabel *>(QStringLiteral("drillText"));
        QVERIFY2(text->text().contains(QLatin1String("flow 1 of sip:bob@example.test")),
                 qPrintable(text->text()));
        QSignalSpy begun(m_dialog, &ui::DrillDialog::agreed);
        QTest::keyClick(m_dialog, Qt::Key_Return);
        QCOMPARE(begun.count(), 0);
        QTRY_VERIFY(m_dialog.isNull());
    }

    void aFlowThatComesBackInTimePasses()
    {
        QSignalSpy begun(m_dialog, &ui::DrillDialog::agreed);
        m_begin->click();
        QCOMPARE(begun.count(), 1);
        QCOMPARE(begun.at(0).at(1).toUInt(), 1U);
        QVERIFY(!m_begin->isEnabled());
        QVERIFY(m_list->isVisible());
        QCOMPARE(m_list->topLevelItem(0)->text(3), QStringLiteral("not seen"));
        auto report = gui::upFlow();
        report.losses = 1;
        for (const auto state : {base::FlowState::Failed, base::FlowState::Registering,
                                 base::FlowState::Provisional, base::FlowState::Up}) {
            report.state = state;
            report.since = base::now();
            apply(*m_store, report);
        }
        QVERIFY2(m_verdict->text().startsWith(QLatin1String("PASS: UP again")),
                 qPrintable(m_verdict->text()));
        for (int i = 0; i < m_list->topLevelItemCount(); ++i)
            QCOMPARE(m_list->topLevelItem(i)->text(3), QStringLiteral("PASS"));
        m_dialog->findChild<QPushButton *>(QStringLiteral("drillCopy"))->click();
        QVERIFY(QApplication::clipboard()->text().contains(QLatin1String("Drill \"cut\"")));
        QVERIFY(!m_begin->isEnabled()); // one sheet, one drill
    }

    void aFlowRefusedForGoodFails()
    {
        m_begin->click();
        auto report = gui::upFlow();
        report.losses = 1;
        for (const auto state : {base::FlowState::Failed, base::FlowState::Rejected}) {
            report.state = state;
            report.since = base::now();
            report.reason = "403 Forbidden";
            apply(*m_store, report);
        }
        QCOMPARE(m_verdict->text(), QStringLiteral("FAIL: 403 Forbidden"));
    }

    void whatIsNotUpCannotBeBroken()
    {
        auto report = gui::upFlow();
        report.state = base::FlowState::BackingOff;
        apply(*m_store, report);
        QVERIFY(!m_begin->isEnabled());
        QVERIFY(m_verdict->text().contains(QLatin1String("nothing to break")));
        apply(*m_store, gui::upFlow());
        QVERIFY(m_begin->isEnabled());
        QVERIFY(m_verdict->isHidden());
    }

    void anAccountThatIsRemovedEndsTheDrill()
    {
        m_begin->click();
        m_store->forgetAccount(gui::kAccount);
        QVERIFY2(m_verdict->text().contains(QLatin1String("account was removed")),
                 qPrintable(m_verdict->text()));
    }

private:
    ui::Theme m_theme;
    std::unique_ptr<trace::Trace> m_trace;
    std::unique_ptr<ui::Store> m_store;
    QPointer<ui::DrillDialog> m_dialog;
    QPushButton *m_begin = nullptr;
    QLabel *m_verdict = nullptr;
    QTreeWidget *m_list = nullptr;
};

} // namespace

QTEST_MAIN(DrillDialogTest)
#include "drill_dialog_test.moc"
