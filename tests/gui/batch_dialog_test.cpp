// SPDX-License-Identifier: Apache-2.0
// Repeated calls from the window: placed at the rate, told in a table that sorts by numbers.
#include <gui/gui_support.h>
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QLabel>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>
#include <ui/focus.h>
#include <ui/panels/batch_dialog.h>
#include <ui/theme/theme.h>
#include <ui/views/plot_view.h>

namespace {

class BatchDialogTest : public QObject
{
    Q_OBJECT

    gui::Scenery m_scenery;
    ui::Theme m_theme;
    std::unique_ptr<ui::Focus> m_focus;
    std::vector<desk::CallOptions> m_placed;
    std::vector<engine::CallHandle> m_hungUp;
    QPointer<ui::BatchDialog> m_dialog;
    bool m_refuse = false;

    template <class W> W *find(const char *name)
    {
        return m_dialog->findChild<W *>(QString::fromLatin1(name));
    }
    void open(int count)
    {
        desk::CallOptions call;
        call.target = "sip:bob@example.test";
        m_dialog = new ui::BatchDialog(
            m_scenery.store(), *m_focus, m_theme, call,
            {[this](const desk::CallOptions &options) -> base::Result<engine::CallHandle> {
                 if (m_refuse)
                     return base::fail(base::ErrorCode::BadInput, "That number is guarded.");
                 m_placed.push_back(options);
                 return engine::CallHandle{static_cast<std::uint32_t>(m_placed.size())};
             },
             [this](engine::CallHandle each) { m_hungUp.push_back(each); }});
        m_dialog->show();
        find<QSpinBox>("batchCount")->setValue(count);
        find<QDoubleSpinBox>("batchRate")->setValue(desk::kMostBatchRate);
    }
    void end(std::uint32_t handle, int status, std::optional<double> mos = {},
             const std::string &callId = {})
    {
        desk::CallInfo info;
        info.handle = engine::CallHandle{handle};
        info.callId = callId.empty() ? "call-" + std::to_string(handle) : callId;
        info.status = status;
        info.phrase = status == 200 ? "OK" : "Busy Here";
        info.stage = desk::CallInfo::Stage::Ended;
        if (mos) {
            info.media.emplace();
            info.media->quality.emplace();
            info.media->quality->mos = mos;
        }
        m_scenery.store().applyCall(info);
    }

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init()
    {
        gui::failOnWarnings();
        m_focus = std::make_unique<ui::Focus>(m_scenery.store());
        m_placed.clear();
        m_hungUp.clear();
        m_refuse = false;
    }
    void cleanup() { delete m_dialog; }

    void callsBecomeRowsWithTheirFigures()
    {
        m_scenery.say(gui::kEarlyMedia);
        const std::string seen = m_scenery.store().calls().front()->call->callId;
        open(3);
        find<QPushButton>("batchBegin")->click();
        QTRY_COMPARE(m_placed.size(), std::size_t{3});
        QVERIFY(m_placed[0].hangUpAfter.count() > 0);
        QVERIFY2(m_placed[0].cancelAfter.count() > 0, "each call ends by itself");
        end(1, 200, 4.2, seen);
        end(2, 486);
        end(3, 200);
        QTRY_VERIFY(!find<QPushButton>("batchCancel")->isEnabled());
        auto *list = find<QTreeWidget>("batchList");
        QCOMPARE(list->topLevelItemCount(), 3);
        QCOMPARE(list->topLevelItem(0)->text(1), QStringLiteral("200"));
        QTRY_COMPARE(list->topLevelItem(0)->text(2), QStringLiteral("0.412"));
        QCOMPARE(list->topLevelItem(0)->text(3), QStringLiteral("0.420"));
        QCOMPARE(list->topLevelItem(0)->text(4), QStringLiteral("1.800"));
        QVERIFY(list->topLevelItem(0)->text(5).size() > 1);
        QCOMPARE(list->topLevelItem(0)->text(6), QStringLiteral("4.20"));
        QCOMPARE(list->topLevelItem(2)->text(6), QStringLiteral("–"));
        QVERIFY(
            find<QLabel>("batchSummary")->text().contains(QLatin1String("3 placed, 2 answered")));
        QCOMPARE(find<QProgressBar>("batchProgress")->value(), 3);
        QVERIFY(find<QWidget>("batchPlot")->accessibleName().contains(QLatin1String("2 x 200")));

        list->sortByColumn(1, Qt::DescendingOrder);
        QCOMPARE(list->topLevelItem(0)->text(1), QStringLiteral("486"));
        list->sortByColumn(0, Qt::AscendingOrder);
        list->setCurrentItem(list->topLevelItem(0));
        find<QPushButton>("batchLadder")->click();
        QCOMPARE(m_focus->call()->call->callId, seen);
        find<QPushButton>("batchCopy")->click();
        QVERIFY(QApplication::clipboard()->text().contains(QLatin1String("2 x 200")));
    }

    void cancelPlacesNoMoreAndHangsUp()
    {
        open(1000);
        find<QDoubleSpinBox>("batchRate")->setValue(1);
        find<QPushButton>("batchBegin")->click();
        QCOMPARE(m_placed.size(), std::size_t{1});
        find<QPushButton>("batchCancel")->click();
        QCOMPARE(m_hungUp.size(), std::size_t{1});
        end(1, 487);
        QTRY_VERIFY(find<QPushButton>("batchBegin")->isEnabled());
        QCOMPARE(m_placed.size(), std::size_t{1});
    }

    void closingLeavesNothingRinging()
    {
        open(1);
        find<QPushButton>("batchBegin")->click();
        m_dialog->close();
        QCOMPARE(m_hungUp.size(), std::size_t{1});
    }

    void whatCannotBePlacedEndsItWithASentence()
    {
        m_refuse = true;
        open(5);
        find<QPushButton>("batchBegin")->click();
        QTRY_VERIFY(find<QPushButton>("batchBegin")->isEnabled());
        QVERIFY(find<QLabel>("batchSummary")->text().contains(QLatin1String("guarded")));
        QVERIFY(!find<QPushButton>("batchCsv")->isEnabled());
    }

    void tenSortsAfterTwo()
    {
        open(12);
        find<QPushButton>("batchBegin")->click();
        QTRY_COMPARE(m_placed.size(), std::size_t{12});
        for (std::uint32_t handle = 1; handle <= 12; ++handle)
            end(handle, 200);
        QTRY_VERIFY(find<QPushButton>("batchBegin")->isEnabled());
        auto *list = find<QTreeWidget>("batchList");
        QCOMPARE(list->topLevelItem(1)->text(0), QStringLiteral("2"));
        QCOMPARE(list->topLevelItem(11)->text(0), QStringLiteral("12"));
    }
};

} // namespace

QTEST_MAIN(BatchDialogTest)
#include "batch_dialog_test.moc"
