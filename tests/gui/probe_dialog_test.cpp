// SPDX-License-Identifier: Apache-2.0
// Probes sent from the window: what leaves, what the rows say, and the word that raw bytes need.
#include <gui/gui_support.h>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>
#include <ui/focus.h>
#include <ui/panels/probe_dialog.h>
#include <ui/theme/theme.h>

namespace {

class ProbeDialogTest : public QObject
{
    Q_OBJECT

    gui::Scenery m_scenery;
    ui::Theme m_theme;
    std::unique_ptr<ui::Focus> m_focus;
    std::vector<engine::ProbeRequest> m_sent;
    QPointer<ui::ProbeDialog> m_dialog;

    void open(desk::ProbeKind kind)
    {
        engine::ProbeRequest like;
        like.target = "sip:bob@example.test";
        m_dialog = new ui::ProbeDialog(
            m_scenery.store(), *m_focus, m_theme, kind, like,
            [this](const engine::ProbeRequest &request) -> base::Result<engine::ProbeHandle> {
                if (request.target.empty())
                    return base::fail(base::ErrorCode::BadInput, "Whom to probe?");
                m_sent.push_back(request);
                return engine::ProbeHandle{static_cast<std::uint32_t>(m_sent.size())};
            });
        m_dialog->show();
    }
    template <class W> W *find(const char *name)
    {
        return m_dialog->findChild<W *>(QString::fromLatin1(name));
    }
    void answer(std::uint32_t probe, int status, const char *callId = "")
    {
        engine::ProbeEvent event;
        event.probe = engine::ProbeHandle{probe};
        event.status = status;
        event.phrase = status == 483 ? "Too Many Hops" : "OK";
        event.roundTrip = std::chrono::milliseconds(12);
        event.remote = *base::Endpoint::parse("192.0.2.1:5060");
        event.server = "proxy/1";
        event.via = "SIP/2.0/UDP 192.0.2.9:5060;received=198.51.100.7";
        event.callId = callId;
        m_scenery.store().applyProbe(event);
    }

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init()
    {
        gui::failOnWarnings();
        m_focus = std::make_unique<ui::Focus>(m_scenery.store());
        m_sent.clear();
    }
    void cleanup() { delete m_dialog; }

    void hopsBecomeRowsThatOpenTheirLadder()
    {
        m_scenery.say(gui::kEarlyMedia); // stands for what the probe left in the ladder
        open(desk::ProbeKind::Trace);
        find<QPushButton>("probeBegin")->click();
        QCOMPARE(m_sent.size(), std::size_t{1});
        QCOMPARE(m_sent[0].maxForwards, 0);
        answer(1, 483);
        QTRY_COMPARE(m_sent.size(), std::size_t{2});
        QCOMPARE(m_sent[1].maxForwards, 1);
        const std::string callId = m_scenery.store().calls().front()->call->callId;
        answer(2, 200, callId.c_str());
        auto *list = find<QTreeWidget>("probeList");
        QCOMPARE(list->topLevelItemCount(), 2);
        QCOMPARE(list->topLevelItem(0)->text(1), QStringLiteral("483 Too Many Hops"));
        QCOMPARE(list->topLevelItem(0)->text(3), QStringLiteral("192.0.2.1:5060"));
        QVERIFY(list->topLevelItem(0)->text(5).contains(QLatin1String("received=198.51.100.7")));
        QVERIFY(find<QLabel>("probeVerdict")->text().contains(QLatin1String("hop 2")));
        QVERIFY(!find<QPushButton>("probeCancel")->isEnabled());
        list->setCurrentItem(list->topLevelItem(1));
        find<QPushButton>("probeLadder")->click();
        QVERIFY(m_focus->call() != nullptr);
        QCOMPARE(m_focus->call()->call->callId, callId);
        find<QPushButton>("probeCopy")->click();
        QVERIFY(QApplication::clipboard()->text().contains(QLatin1String("483 Too Many Hops")));
    }

    void cancelSendsNothingMore()
    {
        open(desk::ProbeKind::Options);
        find<QSpinBox>("probeCount")->setValue(50);
        find<QPushButton>("probeBegin")->click();
        QCOMPARE(m_sent.size(), std::size_t{1});
        find<QPushButton>("probeCancel")->click();
        answer(1, 200);
        QVERIFY(find<QPushButton>("probeBegin")->isEnabled());
        QVERIFY(!find<QPushButton>("probeCancel")->isEnabled());
        QVERIFY(find<QLabel>("probeVerdict")->text().contains(QLatin1String("1 sent, 1 answered")));
        QCOMPARE(m_sent.size(), std::size_t{1});
    }

    void bytesNeedAWordEachTime()
    {
        open(desk::ProbeKind::Raw);
        auto *begin = find<QPushButton>("probeBegin");
        find<QPlainTextEdit>("probeBytes")->setPlainText(QStringLiteral("INVITE broken\n\\x00"));
        QVERIFY2(!begin->isEnabled(), "nobody agreed yet");
        QVERIFY(find<QLabel>("probeWarning")->text().contains(QLatin1String("16 bytes")));
        find<QCheckBox>("probeConsent")->setChecked(true);
        QVERIFY(begin->isEnabled());
        begin->click();
        QCOMPARE(m_sent.size(), std::size_t{1});
        QCOMPARE(m_sent[0].raw, std::string("INVITE broken\r\n\0", 16));
        QVERIFY(!find<QCheckBox>("probeConsent")->isChecked());
        find<QPushButton>("probeCancel")->click();
        QVERIFY2(!begin->isEnabled(), "the next bytes need another word");
        find<QPlainTextEdit>("probeBytes")->setPlainText(QStringLiteral("\\q"));
        find<QCheckBox>("probeConsent")->setChecked(true);
        begin->click();
        QCOMPARE(m_sent.size(), std::size_t{1});
        QVERIFY(find<QLabel>("probeVerdict")->text().contains(QLatin1String("is no byte")));
    }

    void whatCannotBeSentIsSaid()
    {
        open(desk::ProbeKind::Options);
        find<QLineEdit>("probeTarget")->clear();
        find<QPushButton>("probeBegin")->click();
        QVERIFY(m_sent.empty());
        QVERIFY(find<QTreeWidget>("probeList")
                    ->topLevelItem(0)
                    ->text(1)
                    .contains(QLatin1String("Whom to probe?")));
    }
};

} // namespace

QTEST_MAIN(ProbeDialogTest)
#include "probe_dialog_test.moc"
